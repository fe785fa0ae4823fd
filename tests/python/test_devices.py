"""Single devices of both clients: twin, telemetry, connections that come and go."""

from __future__ import annotations

import asyncio
import base64
import time

import pytest
from azure.iot.device import exceptions
from azure.iot.device.aio import IoTHubDeviceClient
from azure.iot.hub.sastoken import SasToken

from support import spy
from support.devices import kinds, message
from support.wait import until


@kinds
def test_twin_and_telemetry(hub, devices, name, kind):
    device = devices(kind, name())
    device.connect()
    assert hub.connected(device.id)
    assert device.twin() == {"desired": {"$version": 1}, "reported": {"$version": 1}}
    device.report({"firmware": {"version": "1.2", "old": True}, "list": [1, {"a": "ü"}]})
    device.report({"firmware": {"old": None}})
    assert hub.reported(device.id) == {"firmware": {"version": "1.2"}, "list": [1, {"a": "ü"}]}
    assert device.twin()["reported"]["$version"] == 3
    # A refused patch comes back as an error and changes nothing.
    with pytest.raises(exceptions.ClientError) as error:
        device.report({"a.b": 1})
    assert str(error.value.__cause__) == "twin operation returned status 400"
    assert device.twin()["reported"]["$version"] == 3

    device.listen()
    for number in range(3):
        version = hub.desire(device.id, {"number": number})
        assert device.patch("number", number) == {"number": number, "$version": version}
    # Returning from it means that the PUBACK came.
    device.send(message('{"temperature": 21.3}', alert="yes", place="a/b c&d=é"))
    device.send("x" * 262_000)
    until(lambda: hub.registry.get_device(device.id).last_activity_time.year > 2000, "the activity is seen")


@kinds
def test_websocket(hub, devices, name, kind):
    device = devices(kind, name(), websockets=True)
    device.start()
    assert hub.connected(device.id)
    assert hub.call(device.id, "m", {"a": 1}) == (200, {"name": "m", "payload": {"a": 1}})
    device.report({"firmware": "1.2"})
    assert hub.reported(device.id) == {"firmware": "1.2"}
    version = hub.desire(device.id, {"number": 7})
    assert device.patch("number", 7)["$version"] == version
    device.send("x" * 250_000)
    device.disconnect()
    until(lambda: not hub.connected(device.id), "it is gone")


@kinds
def test_many_messages(devices, name, kind):
    device = devices(kind, name())
    device.connect()
    if kind == "aio":
        async def all_at_once():
            await asyncio.gather(*(device.client.send_message(f'{{"n": {n}}}') for n in range(50)))

        device._loop.run(all_at_once())
    else:
        for number in range(50):
            device.send(f'{{"n": {number}}}')


@kinds
def test_twin_race_at_start(hub, devices, name, kind):
    """Without a connect() of its own the client reads the twin before it has subscribed to anything."""
    for _ in range(3):
        device = devices(kind, name())
        device.listen()
        assert device.twin()["desired"] == {"$version": 1}
        version = hub.desire(device.id, {"a": 1})
        assert device.patch("a", 1)["$version"] == version
        assert hub.call(device.id, "m")[0] == 200


def test_asyncio_as_in_an_application(main, hub, name):
    """Everything in one coroutine, in the way of the SDK's own samples."""
    device_id = name()
    text = main.device_string(device_id, hub.add(device_id, desired={"a": 1}))

    async def application():
        client = IoTHubDeviceClient.create_from_connection_string(text, server_verification_cert=main.ca)
        try:
            patches = asyncio.Queue()
            inside = asyncio.get_running_loop()
            client.on_twin_desired_properties_patch_received = lambda patch: inside.call_soon_threadsafe(
                patches.put_nowait, patch
            )
            await client.connect()
            twin, _, _ = await asyncio.gather(
                client.get_twin(), client.patch_twin_reported_properties({"up": True}), client.send_message("hello")
            )
            await inside.run_in_executor(None, hub.desire, device_id, {"a": 2})
            seen = await asyncio.wait_for(patches.get(), 30)
            while seen["a"] != 2:
                seen = await asyncio.wait_for(patches.get(), 30)
            return twin, seen
        finally:
            await client.shutdown()

    twin, seen = asyncio.run(application())
    assert twin["desired"] == {"a": 1, "$version": 2} and seen == {"a": 2, "$version": 3}
    assert hub.reported(device_id) == {"up": True}


@kinds
def test_connect_close_connect(hub, devices, name, kind):
    """One client object subscribes once, however often it connects."""
    device = devices(kind, name())
    device.start()
    device.twin()
    with spy.subscriptions() as seen:
        for number in range(3):
            device.disconnect()
            until(lambda: not hub.connected(device.id), "the device has gone")
            hub.desire(device.id, {"missed": number})
            device.connect()
            assert hub.connected(device.id)
            # The client reads its twin again by itself, and the session is what it was.
            device.patch("missed", number)
            assert hub.call(device.id, "m", number)[1]["payload"] == number
            hub.desire(device.id, {"live": number})
            device.patch("live", number)
            assert device.twin()["desired"]["live"] == number
    assert seen == []


@kinds
def test_a_second_client_object(hub, devices, name, kind):
    """The newer one takes over; the older one does not come back when told not to."""
    device_id = name()
    key = hub.add(device_id)
    first = devices(kind, device_id, key, connection_retry=False).start()
    second = devices(kind, device_id, key, connection_retry=False).start()
    until(lambda: not first.client.connected, "the first one is closed")
    assert hub.call(device_id, "m")[0] == 200
    assert (len(first.calls), len(second.calls)) == (0, 1)


@kinds
def test_token_renewal(hub, devices, name, kind):
    """The SDK renews two minutes before the end, by a new connection and without subscribing again."""
    device = devices(kind, name(), sastoken_ttl=123)
    states = []
    device.client.on_connection_state_change = lambda: states.append(device.client.connected)
    device.start()
    device.twin()
    with spy.subscriptions() as seen:
        until(lambda: states.count(True) >= 2, "a new connection with a new token")
        until(lambda: hub.connected(device.id), "the new connection is seen")
        assert hub.call(device.id, "m")[0] == 200
        hub.desire(device.id, {"a": 1})
        device.patch("a", 1)
    assert seen == []


@kinds
def test_token_runs_out(hub, devices, name, kind):
    """Where nothing renews the token, the server ends the connection when the token ends."""
    device_id = name()
    key = hub.add(device_id)
    device = devices(kind, device_id, key, connection_retry=False)
    # The client's own renewal is off: its token is a short one by the same key.
    pipeline = device.client._mqtt_pipeline._pipeline
    host = device._string.partition(";")[0].partition("=")[2]
    token = SasToken(f"{host}/devices/{device_id}", key, ttl=3)
    pipeline.nucleus.pipeline_configuration.sastoken = token
    device.start()
    until(lambda: not device.client.connected, "the connection ends")
    assert time.time() >= token.expiry_time - 1
    until(lambda: not hub.connected(device_id), "the device is seen as gone")
    with pytest.raises(exceptions.CredentialError):
        device.connect()


@kinds
def test_wrong_credentials(hub, devices, name, kind):
    device_id = name()
    hub.add(device_id)
    wrong = base64.b64encode(b"w" * 32).decode()
    for which in (device_id, name("unknown")):
        with pytest.raises(exceptions.CredentialError):
            devices(kind, which, wrong, connection_retry=False).connect()


@kinds
def test_another_ca_is_not_trusted(hub, devices, name, kind):
    """The SDK checks the certificate: what passes here passes because the server shows the right one."""
    with pytest.raises(exceptions.ClientError, match="TLS"):
        devices(kind, name(), hub.add(name()), server_verification_cert=None, connection_retry=False).connect()


@kinds
def test_disabled(hub, devices, name, kind):
    """A disabled device is thrown out and comes back by itself once enabled, with its subscriptions."""
    device = devices(kind, name()).start()
    assert hub.call(device.id, "before")[0] == 200
    hub.registry.update_device_with_sas(device.id, None, "", "", "disabled")
    until(lambda: not device.client.connected, "the connection ends")
    until(lambda: not hub.connected(device.id), "the device is seen as gone")
    # An object of its own: a refused connect() of the first one would end its retries.
    with pytest.raises(exceptions.ConnectionFailedError):
        devices(kind, device.id, hub.key(device.id), connection_retry=False).connect()
    hub.registry.update_device_with_sas(device.id, None, "", "", "enabled")
    with spy.subscriptions() as seen:
        until(lambda: hub.connected(device.id), "the device is back")
        assert hub.call(device.id, "after")[0] == 200
    assert seen == []
    assert [call[1] for call in device.calls.all()] == ["before", "after"]


@kinds
def test_ids_with_odd_characters(hub, devices, kind):
    """Ids are raw in user name and topics, and literal text everywhere."""
    device = devices(kind, f"odd-{kind}.a:b%20_*?!(),=@$'").start()
    assert hub.call(device.id, "m", {"x": 1})[1]["payload"] == {"x": 1}
    hub.desire(device.id, {"a": 1})
    device.patch("a", 1)
    device.send("telemetry")
    device.report({"b": 2})
    assert hub.reported(device.id) == {"b": 2}
