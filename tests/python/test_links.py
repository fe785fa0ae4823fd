"""Links that break and servers that end: devices that subscribe to nothing again still hear everything."""

from __future__ import annotations

import datetime

import pytest

from support import address, spy
from support.devices import kinds, silent
from support.hub import check_statistics
from support.wait import until

KINDS = ("sync", "aio")


@pytest.fixture(scope="module")
def link(servers):
    """A server, and the address of a forwarder in front of it."""
    front = address.take()
    made = servers("--host-name", front.host)
    made.front = front
    return made


@pytest.fixture
def forwarder(link, forwarders):
    return forwarders(link.front, lambda: link.mqtts)


def hears_everything(hub, device, number):
    """A call, a desired patch and a twin read, in both directions."""
    assert hub.call(device.id, "m", number)[1]["payload"] == number
    version = hub.desire(device.id, {"live": number})
    assert device.patch("live", number)["$version"] == version
    device.report({"seen": number})
    assert hub.reported(device.id)["seen"] == number
    assert device.twin()["desired"]["live"] == number


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@kinds
def test_dropped_link(link, forwarder, devices, name, kind, reset):
    hub = link.hub
    device = devices(kind, name("link"), at=link, through=forwarder.host).start()
    hears_everything(hub, device, 0)
    with spy.subscriptions() as seen:
        for number in (1, 2):
            forwarder.cut(reset, stay_down=True)
            until(lambda: not device.client.connected, "the device notices")
            until(lambda: not hub.connected(device.id), "the server notices")
            # Nothing is kept for who is not there: the client reads its twin when it is back.
            version = hub.desire(device.id, {"missed": number})
            forwarder.restore()
            assert device.patch("missed", number)["$version"] == version
            until(lambda: hub.connected(device.id), "the device is back")
            hears_everything(hub, device, number)
    assert seen == [], "the SDK relies on the stored session"


def test_link_lost_during_a_job(link, forwarder, devices, name):
    """A call that went out is not made again; a device that was not called yet is called when it is back."""
    hub = link.hub
    called = devices("sync", name("link"), at=link, through=forwarder.host, answer=silent).start()
    waiting = devices("aio", name("link"), at=link, through=forwarder.host)
    job_id = hub.method_job(f"deviceId IN ['{called.id}', '{waiting.id}']", "m", response=60).job_id
    called.calls.wait()
    forwarder.cut()

    def lost():
        row = hub.job_rows(job_id)[called.id]
        return row if row["status"] == "failed" else None

    assert until(lost, "the lost call is recorded")["error"]["code"] == "DeviceNotOnline"
    waiting.start()
    job, rows = hub.ended(job_id)
    assert rows[waiting.id]["status"] == "completed" and job.status == "completed"
    assert len(called.calls) == 1


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_restart(link, devices, name, how):
    """After it methods and desired patches arrive as before, on every device and without a new subscription."""
    hub = link.hub
    made = [devices(kind, name("restart"), at=link).start() for kind in KINDS * 2]
    for device in made:
        hears_everything(hub, device, 0)
    with spy.subscriptions() as seen:
        getattr(link, how)()
        for device in made:
            until(lambda: not device.client.connected, "the device notices")
        link.start()
        for device in made:
            until(lambda: hub.connected(device.id), "the device is back")
            hears_everything(hub, device, 1)
    assert seen == []


def test_jobs_survive_a_kill(link, devices, name):
    """Jobs go on where they were: what has ended stays, what waits goes on, what was out is said to be unknown."""
    hub = link.hub
    done = devices("sync", name("job"), at=link).start()
    out = devices("aio", name("job"), at=link, answer=silent).start()
    later = devices("sync", name("job"), at=link)
    ids = (done.id, out.id, later.id)
    condition = " OR ".join(f"deviceId = '{device_id}'" for device_id in ids)
    method_job = hub.method_job(condition, "m", response=60).job_id
    out.calls.wait()
    until(lambda: hub.job_rows(method_job)[done.id]["status"] == "completed", "the quick one answered")
    before = hub.job_rows(method_job)[done.id]
    twin_job = hub.twin_job(condition, {"wave": 7}, {"wave": 7})

    link.kill()
    link.start()

    job, rows = hub.ended(twin_job.job_id)
    assert job.status == "completed" and {row["status"] for row in rows.values()} == {"completed"}
    for device_id in ids:
        twin = hub.registry.get_twin(device_id)
        assert twin.tags == {"wave": 7}
        assert (twin.properties.desired["wave"], twin.properties.desired["$version"]) == (7, 2), "once"

    job, rows = hub.job(method_job), hub.job_rows(method_job)
    check_statistics(job, rows)
    assert job.status == "running" and rows[done.id] == before
    assert (rows[out.id]["status"], rows[out.id]["error"]["code"]) == ("failed", "OutcomeUnknown")
    assert rows[later.id]["status"] == "pending"
    later.start()
    job, rows = hub.ended(method_job)
    assert job.status == "completed" and rows[later.id]["status"] == "completed"
    assert (len(done.calls), len(out.calls), len(later.calls)) == (1, 1, 1)


def test_stop_during_a_call(link, devices, name):
    """The server waits for calls that are out, as long as it was told to, and then says that it does not know."""
    hub = link.hub
    out = devices("sync", name("job"), at=link, answer=silent).start()
    job_id = hub.method_job(f"deviceId = '{out.id}'", "m", response=60).job_id
    out.calls.wait()
    link.stop()
    link.start()
    job, rows = hub.ended(job_id)
    row = rows[out.id]
    assert (row["status"], row["error"]["code"], row["outcome"]) == ("failed", "OutcomeUnknown", {})
    assert job.status == "completed" and len(out.calls) == 1


def test_near_future_job_across_a_restart(link, devices, name):
    """Its time may come while no server runs."""
    hub = link.hub
    device = devices("sync", name("future"), at=link).start()
    start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    job_id = hub.method_job(f"deviceId = '{device.id}'", "soon", start=start).job_id
    link.stop()
    link.start()
    job, rows = hub.ended(job_id)
    assert rows[device.id]["status"] == "completed" and job.start_time == start
    (called, method, _), = device.calls.all()
    assert method == "soon" and called >= start.timestamp()
