"""Fifty devices of both clients, some of them in trouble, and jobs over all of them."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time

import pytest

from support.devices import AsyncDevice, SyncDevice, echo, failing, silent
from support.hub import check_statistics
from support.wait import until

CONNECTED = 25  # of each client
FAILING = 3
ABSENT = 2
# Registered, and connected in the middle of a job.
LATE = 1

WHERE = "tags.building = '43' AND tags.floor = 3"


class Fleet:
    def __init__(self, server, loop):
        self.server, self.hub, self.loop = server, server.hub, loop
        self.keys, self.online = {}, {}
        self.absent, self.late, self.failing, self.silent = [], [], [], []

    def build(self):
        names = []
        for kind in ("sync", "aio"):
            connected = [f"fleet-{kind}-{number:02}" for number in range(CONNECTED)]
            self.failing += connected[:FAILING]
            self.silent.append(connected[FAILING])
            absent = [f"fleet-{kind}-absent-{number}" for number in range(ABSENT)]
            late = [f"fleet-{kind}-late-{number}" for number in range(LATE)]
            self.absent += absent
            self.late += late
            names += [(kind, device_id) for device_id in connected + absent + late]
            self.online.update(dict.fromkeys(connected))

        def register(entry):
            kind, device_id = entry
            return device_id, self.hub.add(device_id, {"building": "43", "floor": 3, "client": kind}, {"start": 1})

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            self.keys.update(pool.map(register, names))
        # Neither selected nor called by any job here.
        self.hub.add("fleet-next-door", {"building": "43", "floor": 4}, {"start": 1})

        for device_id in self.online:
            self.online[device_id] = self.make(device_id)
        sync = [device for device in self.online.values() if device.kind == "sync"]
        aio = [device for device in self.online.values() if device.kind == "aio"]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(SyncDevice.start, sync))

        async def together():
            await asyncio.gather(*(device.started() for device in aio))

        self.loop.run(together())

    def make(self, device_id):
        answer = failing if device_id in self.failing else silent if device_id in self.silent else echo
        arguments = (self.server, device_id, self.keys[device_id])
        if "-sync-" in device_id:
            return SyncDevice(*arguments, answer=answer, reports=True)
        return AsyncDevice(self.loop, *arguments, answer=answer, reports=True)

    def bring_online(self, device_id):
        self.online[device_id] = self.make(device_id).start()

    def stop(self):
        made = [device for device in self.online.values() if device is not None]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda device: device.stop(), made))


@pytest.fixture(scope="module")
def fleet(main, loop):
    made = Fleet(main, loop)
    try:
        made.build()
        yield made
    finally:
        made.stop()


def test_all_are_there(fleet):
    assert len(fleet.online) == 2 * CONNECTED
    for device in fleet.online.values():
        twin = device.twin()
        assert twin == {"desired": {"start": 1, "$version": 2}, "reported": {"$version": 1}}
    connected = fleet.hub.rows(f"SELECT deviceId FROM devices WHERE {WHERE} AND connectionState = 'Connected'")
    assert {row["deviceId"] for row in connected} == set(fleet.online)


def test_twin_job(fleet):
    """The change reaches every twin, every device that is there, and comes back in the reported section."""
    job = fleet.hub.twin_job(WHERE, tags={"wave": 1}, desired={"telemetrySeconds": 30, "start": None})
    assert job.status == "queued" and job.type == "scheduleUpdateTwin" and job.query_condition == WHERE
    job, rows = fleet.hub.ended(job.job_id)
    assert job.status == "completed" and job.end_time >= job.start_time
    assert set(rows) == set(fleet.keys), "devices that are not connected too"
    assert all(row["status"] == "completed" and row["outcome"] == {} and "error" not in row for row in rows.values())
    assert all(row["jobType"] == "scheduleUpdateTwin" for row in rows.values())
    counts = job.device_job_statistics
    assert (counts.device_count, counts.succeeded_count, counts.failed_count) == (len(fleet.keys), len(fleet.keys), 0)

    for device in fleet.online.values():
        patch = device.patch("telemetrySeconds", 30)
        assert patch["start"] is None and patch["$version"] == 3
    until(
        lambda: fleet.hub.rows(
            "SELECT COUNT() AS n FROM devices WHERE properties.reported.telemetrySeconds = 30"
        ) == [{"n": len(fleet.online)}],
        "every connected device reports what it was told",
    )
    for device_id in fleet.absent:
        twin = fleet.hub.registry.get_twin(device_id)
        assert twin.tags["wave"] == 1 and twin.properties.desired["telemetrySeconds"] == 30
        assert twin.properties.desired["$version"] == 3
    assert fleet.hub.registry.get_twin("fleet-next-door").properties.desired["$version"] == 2


def test_method_job(fleet):
    """Answers, wrong answers, none, a device that comes late and some that never do; polled to the end."""
    hub = fleet.hub
    devices = dict(fleet.online)
    before = {device_id: len(device.calls) for device_id, device in devices.items()}
    begun = time.time()
    # Room enough for the late ones on a busy machine: the absent ones hold the job until then.
    job = hub.method_job(WHERE, "reboot", {"delay": 1}, response=5, seconds=20)
    job_id = job.job_id

    # What goes wrong here keeps nobody else: another job runs through meanwhile.
    _, others = hub.ended(hub.method_job("deviceId = 'fleet-sync-10'", "ping").job_id)
    assert others["fleet-sync-10"]["outcome"]["deviceMethodResponse"]["status"] == 200

    progress = []

    def waiting_for_the_late():
        job, rows = hub.job(job_id), hub.job_rows(job_id)
        if job.device_job_statistics:
            counts = job.device_job_statistics
            progress.append(counts.succeeded_count + counts.failed_count)
            assert job.status == "running" and job.end_time is None
        return sum(row["status"] == "completed" for row in rows.values()) == 2 * CONNECTED - len(fleet.silent)

    until(waiting_for_the_late, "all devices that are there answered")
    rows = hub.job_rows(job_id)
    assert {device_id for device_id, row in rows.items() if row["status"] == "pending"} == {*fleet.absent, *fleet.late}
    for device_id in fleet.late:
        fleet.bring_online(device_id)

    job, rows = hub.ended(job_id, seconds=60)
    assert progress == sorted(progress), "what has ended stays so"
    assert job.status == "completed" and set(rows) == set(fleet.keys)
    ended_in_time = (job.end_time - job.start_time).total_seconds()
    assert 19 <= ended_in_time, "the absent ones were waited for until the deadline"
    for device_id, row in rows.items():
        assert row["jobType"] == "scheduleDeviceMethod" and row["jobId"] == job_id
        if device_id in fleet.absent:
            assert row["status"] == "failed" and row["outcome"] == {}
            assert row["error"]["code"] == "JobRunPreconditionFailed" and row["error"]["description"]
        elif device_id in fleet.silent:
            assert (row["status"], row["error"]["code"], row["outcome"]) == ("failed", "GatewayTimeout", {})
        elif device_id in fleet.failing:
            # The device's own error is an answer.
            answer = row["outcome"]["deviceMethodResponse"]
            assert row["status"] == "completed" and answer["status"] == 500
            assert answer["payload"] == {"error": "reboot does not work here"}
        else:
            answer = row["outcome"]["deviceMethodResponse"]
            assert row["status"] == "completed" and "error" not in row
            assert answer == {"status": 200, "payload": {"name": "reboot", "payload": {"delay": 1}}}
    failed = len(fleet.absent) + len(fleet.silent)
    assert job.device_job_statistics.failed_count == failed
    assert job.device_job_statistics.succeeded_count == len(fleet.keys) - failed

    # Nobody was called twice.
    for device_id, device in fleet.online.items():
        calls = [call for call in device.calls.all()[before.get(device_id, 0):] if call[1] == "reboot"]
        assert len(calls) == 1 and calls[0][0] >= begun - 1, device_id


def test_rows_of_a_job(fleet):
    """The same rows by the SDK's query and its pages, by bare HTTP, and by conditions on them."""
    hub = fleet.hub
    job_id = hub.method_job(f"{WHERE} AND connectionState = 'Connected'", "count", response=5).job_id
    job, rows = hub.ended(job_id)
    text = f"SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '{job_id}'"

    seen, continuation = [], None
    while True:
        page = hub.query(text, continuation, 20)
        assert page.type == "DeviceJob"
        seen += page.items
        continuation = page.continuation_token
        if continuation is None:
            break
    # The SDK takes every row for a twin: these two members survive.
    assert {item.device_id: item.status for item in seen} == {
        device_id: row["status"] for device_id, row in rows.items()
    }
    assert hub.job_rows(job_id, page=7) == rows

    completed = hub.rows(f"{text} AND devices.jobs.status = 'completed'")
    assert {row["deviceId"] for row in completed} == {
        device_id for device_id, row in rows.items() if row["status"] == "completed"
    }
    one = hub.rows(f"{text} AND devices.jobs.deviceId = '{fleet.silent[0]}'")
    assert [row["error"]["code"] for row in one] == ["GatewayTimeout"]
    for row in rows.values():
        assert row["startTimeUtc"] <= row["createdDateTimeUtc"] <= row["lastUpdatedDateTimeUtc"] <= row["endTimeUtc"]
        assert all(value is not None for value in row.values())
    check_statistics(job, rows)


def test_reported_by_all(fleet):
    """Every device writes for itself, and all of it can be queried."""
    devices = list(fleet.online.values())
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda device: device.report({"self": {"id": device.id}}), devices))
    rows = fleet.hub.rows("SELECT * FROM devices WHERE IS_DEFINED(properties.reported.self.id)", page=20)
    assert {row["properties"]["reported"]["self"]["id"] for row in rows} == set(fleet.online)
    assert devices[0].twin()["reported"]["self"] == {"id": devices[0].id}
