"""Devices that know an ID scope and a key and nothing else: the provisioning client, then the hub that it names."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac

import pytest
from azure.iot.device import IoTHubDeviceClient, MethodResponse, ProvisioningDeviceClient, exceptions
from azure.iot.device.aio import ProvisioningDeviceClient as AsyncProvisioningDeviceClient

from support.wait import Record, until

MODEL = "dtmi:com:example:Thermostat;1"


def derived(key, device_id):
    """As the documentation's samples compute it."""
    digest = hmac.new(base64.b64decode(key), device_id.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


@pytest.fixture
def central(main):
    return main.central()


@pytest.fixture
def scope(main):
    return main.id_scope()


def registration(main, scope, device_id, key, kind=ProvisioningDeviceClient):
    return kind.create_from_symmetric_key(
        provisioning_host=main.host, registration_id=device_id, id_scope=scope, symmetric_key=key,
        server_verification_cert=main.ca,
    )


def connected(main, state, key, **options):
    """A device on the hub that it was assigned."""
    client = IoTHubDeviceClient.create_from_symmetric_key(
        symmetric_key=key, hostname=state.assigned_hub, device_id=state.device_id, server_verification_cert=main.ca,
        **options,
    )
    client.connect()
    return client


@pytest.mark.parametrize("which", [0, 1])
def test_a_new_device(main, hub, central, scope, name, which):
    device_id = name("provisioned")
    key = derived(central.group_keys()[which], device_id)
    client = registration(main, scope, device_id, key)
    client.provisioning_payload = {"modelId": MODEL}
    result = client.register()
    assert result.status == "assigned"
    state = result.registration_state
    assert (state.assigned_hub, state.device_id, state.sub_status) == (main.host, device_id, "initialAssignment")

    device = connected(main, state, key, product_info="test")
    try:
        assert hub.connected(device_id)
        device.patch_twin_reported_properties({"firmware": "1.0"})
        until(lambda: hub.reported(device_id) == {"firmware": "1.0"}, "the report is seen")
        # Registering again changes nothing and leaves the connection alone.
        again = registration(main, scope, device_id, key).register()
        assert again.registration_state.assigned_hub == state.assigned_hub
        assert device.get_twin()["reported"]["firmware"] == "1.0"
    finally:
        device.shutdown()
    # What the application shows are the keys that work.
    told = central.credentials(device_id)
    assert told["idScope"] == scope
    assert told["symmetricKey"] == dict(
        zip(("primaryKey", "secondaryKey"), (derived(each, device_id) for each in central.group_keys()))
    )


def test_the_asynchronous_client(main, central, scope, name):
    device_id = name("provisioned")
    key = derived(central.group_keys()[0], device_id)

    async def application():
        client = registration(main, scope, device_id, key, AsyncProvisioningDeviceClient)
        return await client.register()

    assert asyncio.run(application()).status == "assigned"


def test_straight_with_the_key_of_the_credentials(main, hub, central, name):
    device_id = name("direct")
    hub.add(device_id)
    key = central.credentials(device_id)["symmetricKey"]["secondaryKey"]
    text = main.device_string(device_id, key)
    device = IoTHubDeviceClient.create_from_connection_string(text, server_verification_cert=main.ca)
    try:
        device.connect()
        assert hub.connected(device_id)
    finally:
        device.shutdown()


def test_an_enrollment_of_its_own(main, hub, central, scope, name):
    device_id = name("enrolled")
    hub.add(device_id)
    own = base64.b64encode(bytes(range(32))).decode()
    keys = {"primaryKey": own, "secondaryKey": base64.b64encode(bytes(32)).decode()}
    central.put(f"/devices/{device_id}/attestation", {"type": "symmetricKey", "symmetricKey": keys})
    result = registration(main, scope, device_id, own).register()
    assert result.status == "assigned"
    connected(main, result.registration_state, own).shutdown()
    with pytest.raises(exceptions.CredentialError):
        registration(main, scope, device_id, derived(central.group_keys()[0], device_id)).register()


def test_refused(main, hub, central, scope, name):
    master, device_id = central.group_keys()[0], name("refused")
    good = derived(master, device_id)
    for key, at in ((master, scope), (derived(master, "other"), scope), (good, "0ne00000000")):
        with pytest.raises(exceptions.CredentialError):
            registration(main, at, device_id, key).register()
    registration(main, scope, device_id, good).register()
    device = hub.registry.get_device(device_id)
    hub.registry.update_device_with_sas(device_id, device.etag, *central.credentials(device_id)["symmetricKey"].values(),
                                        "disabled")
    # The client knows no such status and says so.
    with pytest.raises(exceptions.ClientError):
        registration(main, scope, device_id, good).register()


def test_jobs_reach_a_provisioned_device(main, hub, central, scope, name):
    """A twin job and a method job, by the hub's contract."""
    device_id = name("working")
    key = derived(central.group_keys()[0], device_id)
    state = registration(main, scope, device_id, key).register().registration_state
    device = connected(main, state, key)
    patches = Record("a desired patch")
    try:
        device.on_twin_desired_properties_patch_received = patches.add

        def answer(request):
            device.send_method_response(MethodResponse.create_from_method_request(request, 200, {"got": request.payload}))

        device.on_method_request_received = answer
        condition = f"deviceId = '{device_id}'"
        job = hub.twin_job(condition, desired={"interval": 7})
        assert hub.ended(job.job_id)[1][device_id]["status"] == "completed"
        patches.wait(lambda patch: patch.get("interval") == 7)
        job = hub.method_job(condition, "reboot", {"delay": 1})
        row = hub.ended(job.job_id)[1][device_id]
        assert row["status"] == "completed", row
        assert row["outcome"]["deviceMethodResponse"] == {"status": 200, "payload": {"got": {"delay": 1}}}
    finally:
        device.shutdown()
