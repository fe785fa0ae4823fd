"""Direct methods: `invoke_device_method` to both device clients."""

from __future__ import annotations

import json
import threading

import pytest
from msrest.exceptions import HttpOperationError

from support.devices import failing, kinds, silent
from support.hub import error_of


def fails(hub, *arguments, **named):
    """Status, code and number of the error; methods nest the number in the text."""
    with pytest.raises(HttpOperationError) as error:
        hub.call(*arguments, **named)
    status, code, message = error_of(error)
    return status, code, json.loads(message)["errorCode"]


@kinds
def test_answers(hub, devices, name, kind):
    device = devices(kind, name()).start()
    for payload in ({"delay": [1, 2.5, None, "ü"]}, [1, 2], "text", 7, True):
        assert hub.call(device.id, "reboot", payload) == (200, {"name": "reboot", "payload": payload})
    # The SDK sends an empty text for none.
    assert hub.call(device.id, "reboot") == (200, {"name": "reboot", "payload": ""})
    # None at all reaches a device as null.
    answer = hub.raw("POST", f"/twins/{device.id}/methods", json={"methodName": "bare"})
    assert answer.json() == {"status": 200, "payload": {"name": "bare", "payload": None}}
    assert hub.call(device.id, "thermostat1*get.Max-Min_Report", {})[1]["name"] == "thermostat1*get.Max-Min_Report"
    large = {"text": "x" * 100_000}
    assert hub.call(device.id, "large", large)[1]["payload"] == large


@kinds
def test_the_devices_own_error_is_a_success(hub, devices, name, kind):
    device = devices(kind, name(), answer=failing).start()
    assert hub.call(device.id, "reboot") == (500, {"error": "reboot does not work here"})
    device.answer = lambda *_: (404, None)
    assert hub.call(device.id, "reboot") == (404, None)


@kinds
def test_many_at_once(hub, devices, name, kind):
    device = devices(kind, name()).start()
    answers = {}

    def call(number):
        answers[number] = hub.call(device.id, "count", {"number": number})

    callers = [threading.Thread(target=call, args=(number,)) for number in range(12)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert {number: answer[1]["payload"]["number"] for number, answer in answers.items()} == {n: n for n in range(12)}


def test_nobody_there(hub, devices, name):
    assert fails(hub, name("absent"), "reboot") == (404, "DeviceNotFound", 404001)
    offline = name()
    hub.add(offline)
    assert fails(hub, offline, "reboot") == (404, "DeviceNotOnline", 404103)
    # Connected, but takes no methods.
    deaf = devices("sync", name())
    deaf.connect()
    assert hub.connected(deaf.id)
    assert fails(hub, deaf.id, "reboot") == (404, "DeviceNotOnline", 404103)


@kinds
def test_no_answer(hub, devices, name, kind):
    device = devices(kind, name(), answer=silent).start()
    assert fails(hub, device.id, "reboot", response=5) == (504, "GatewayTimeout", 504101)
    assert len(device.calls) == 1


def test_gone_in_the_middle(hub, devices, name):
    device = devices("sync", name(), answer=silent).start()
    failure = []
    caller = threading.Thread(target=lambda: failure.append(fails(hub, device.id, "reboot", response=60)))
    caller.start()
    device.calls.wait()
    device.disconnect()
    caller.join(30)
    (status, code, number), = failure
    assert status == 404
    # The lists of codes have one for just this; device-protocol §2.6 says "device not online". Both are told apart
    # from a timeout, which is what matters to the caller.
    assert (code, number) == ("DeviceNotOnline", 404103)


def test_waits_for_a_device(hub, devices, name):
    device = devices("aio", name())
    answers = []
    caller = threading.Thread(target=lambda: answers.append(hub.call(device.id, "late", 1, response=60, connect=60)))
    caller.start()
    device.start()
    caller.join(60)
    assert answers == [(200, {"name": "late", "payload": 1})]


@pytest.mark.parametrize(
    "wrong",
    [
        {"methodName": "m", "responseTimeoutInSeconds": 4},
        {"methodName": "m", "responseTimeoutInSeconds": 301},
        {"methodName": "m", "connectTimeoutInSeconds": 301},
        {"methodName": "m", "connectTimeoutInSeconds": 20, "responseTimeoutInSeconds": 10},
        {"methodName": "a b"},
        {"methodName": "a/b"},
        {"methodName": "a+b"},
        {"methodName": ""},
        {},
        {"methodName": "m", "payload": "x" * 131_072},
    ],
    ids=lambda wrong: str(wrong)[:60],
)
def test_refused(hub, name, wrong):
    device_id = name()
    hub.add(device_id)
    answer = hub.raw("POST", f"/twins/{device_id}/methods", json=wrong)
    assert answer.status_code in (400, 413), answer.text
    assert "ErrorCode" in answer.json()["Message"] or "errorCode" in answer.json()["Message"]
