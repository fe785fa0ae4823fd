"""The device side: both clients of `azure-iot-device`, with one face for the tests."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from azure.iot.device import IoTHubDeviceClient, Message, MethodResponse
from azure.iot.device.aio import IoTHubDeviceClient as AsyncDeviceClient

from .wait import DEADLINE, Record

kinds = pytest.mark.parametrize("kind", ["sync", "aio"])

# The SDK's own interval is ten seconds.
_OPTIONS = {"connection_retry_interval": 1}


def echo(name, payload):
    """Answers with what it was asked."""
    return 200, {"name": name, "payload": payload}


def failing(name, payload):
    return 500, {"error": f"{name} does not work here"}


def silent(name, payload):
    """Takes the call and never answers it."""
    return None


class _Device:
    def __init__(self, server, device_id, key, answer=echo, through=None, reports=False, **options):
        self.id = device_id
        self.answer = answer
        self.reports = reports
        self.calls = Record(f"a call on {device_id}")
        self.patches = Record(f"a desired patch on {device_id}")
        self._string = server.device_string(device_id, key, through)
        self._options = {**_OPTIONS, "server_verification_cert": server.ca, **options}

    def patch(self, name, value, since=0):
        """Waits for a desired patch in which `name` has `value`."""
        return self.patches.wait(lambda patch: patch.get(name) == value, since=since)

    def _called(self, request):
        self.calls.add((time.time(), request.name, request.payload))
        answer = self.answer(request.name, request.payload)
        return answer and MethodResponse.create_from_method_request(request, *answer)


def _plain(patch):
    return {name: value for name, value in patch.items() if not name.startswith("$")}


class SyncDevice(_Device):
    """`azure.iot.device.IoTHubDeviceClient`."""

    kind = "sync"

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.client = IoTHubDeviceClient.create_from_connection_string(self._string, **self._options)

    def listen(self):
        """Takes methods and desired patches; connects if need be."""
        self.client.on_method_request_received = self._on_method
        self.client.on_twin_desired_properties_patch_received = self._on_patch
        return self

    def start(self):
        self.client.connect()
        return self.listen()

    def _on_method(self, request):
        response = self._called(request)
        if response:
            self.client.send_method_response(response)

    def _on_patch(self, patch):
        self.patches.add(patch)
        if self.reports and _plain(patch):
            self.client.patch_twin_reported_properties(_plain(patch))

    def connect(self):
        self.client.connect()

    def disconnect(self):
        self.client.disconnect()

    def twin(self):
        return self.client.get_twin()

    def report(self, patch):
        self.client.patch_twin_reported_properties(patch)

    def send(self, message):
        self.client.send_message(message)

    def stop(self):
        # When the connection ends at the same moment, the SDK throws away the very item by which it tells its
        # handler thread to stop, and then waits for that thread for ever. The device is gone all the same.
        ending = threading.Thread(target=self.client.shutdown, daemon=True)
        ending.start()
        ending.join(10)


class Loop:
    """An event loop on a thread of its own: the asyncio devices of the tests live there."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine, seconds=DEADLINE * 2):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)


class AsyncDevice(_Device):
    """`azure.iot.device.aio.IoTHubDeviceClient`."""

    kind = "aio"

    def __init__(self, loop, *arguments, **options):
        super().__init__(*arguments, **options)
        self._loop = loop
        self.client = loop.run(self._make())

    async def _make(self):
        return AsyncDeviceClient.create_from_connection_string(self._string, **self._options)

    async def listening(self):
        self.client.on_method_request_received = self._on_method
        self.client.on_twin_desired_properties_patch_received = self._on_patch

    async def started(self):
        await self.client.connect()
        await self.listening()

    def listen(self):
        self._loop.run(self.listening())
        return self

    def start(self):
        self._loop.run(self.started())
        return self

    async def _on_method(self, request):
        response = self._called(request)
        if response:
            await self.client.send_method_response(response)

    async def _on_patch(self, patch):
        self.patches.add(patch)
        if self.reports and _plain(patch):
            await self.client.patch_twin_reported_properties(_plain(patch))

    def connect(self):
        self._loop.run(self.client.connect())

    def disconnect(self):
        self._loop.run(self.client.disconnect())

    def twin(self):
        return self._loop.run(self.client.get_twin())

    def report(self, patch):
        self._loop.run(self.client.patch_twin_reported_properties(patch))

    def send(self, message):
        self._loop.run(self.client.send_message(message))

    def stop(self):
        self._loop.run(self.client.shutdown())


def message(text, **properties):
    """Telemetry with system and application properties."""
    made = Message(text, content_encoding="utf-8", content_type="application/json")
    made.custom_properties.update(properties)
    return made
