"""Jobs of IoT Central on devices that run the unmodified SDK: provisioned, given their template by the model that they
announce, then a property job and a command job."""

from __future__ import annotations

import pytest
from azure.iot.device import IoTHubDeviceClient, MethodResponse, ProvisioningDeviceClient

from support.wait import Record, until
from test_provisioning import derived

MODEL = "dtmi:com:example:Cooler;1"
TEMPLATE = "dtmi:modelDefinition:example:cooler"

CONTENTS = [
    {"@type": "Property", "name": "targetTemperature", "schema": "double", "writable": True},
    {"@type": ["Property", "Cloud"], "name": "CustomerName", "schema": "string"},
    {
        "@type": "Command",
        "name": "getMaxMinReport",
        "request": {"@type": "CommandPayload", "name": "since", "schema": "dateTime"},
    },
    {
        "@type": "Component",
        "name": "fan",
        "schema": {
            "@id": "dtmi:com:example:Fan;1",
            "@type": "Interface",
            "contents": [
                {"@type": "Property", "name": "speed", "schema": "integer", "writable": True},
                {"@type": "Command", "name": "stop"},
            ],
        },
    },
]


@pytest.fixture
def central(main):
    return main.central()


@pytest.fixture
def group(central, name):
    """A group of the devices of one template, both of their own."""
    template = f"{TEMPLATE}{name('')}"
    model = {"@id": f"{MODEL[:-2]}{name('')};1".replace("-", "x"), "@type": "Interface", "contents": CONTENTS}
    body = {"@type": ["ModelDefinition", "DeviceModel"], "displayName": "Cooler", "capabilityModel": model}
    central.put(f"/deviceTemplates/{template}", body)
    group = name("group")
    central.put(f"/deviceGroups/{group}", {"displayName": group, "filter": f'SELECT * FROM devices WHERE $template = "{template}"'})
    return group, template, model["@id"]


def provisioned(main, central, device_id, model):
    """A device that was provisioned, on the hub that it was assigned; it answers every method."""
    key = derived(central.group_keys()[0], device_id)
    client = ProvisioningDeviceClient.create_from_symmetric_key(
        provisioning_host=main.host, registration_id=device_id, id_scope=main.id_scope(), symmetric_key=key,
        server_verification_cert=main.ca,
    )
    client.provisioning_payload = {"modelId": model}
    state = client.register().registration_state
    device = IoTHubDeviceClient.create_from_symmetric_key(
        symmetric_key=key, hostname=state.assigned_hub, device_id=state.device_id, server_verification_cert=main.ca,
        # So this SDK announces a model.
        product_info=model,
    )
    device.connect()

    def answer(request):
        payload = {"name": request.name, "got": request.payload}
        device.send_method_response(MethodResponse.create_from_method_request(request, 200, payload))

    device.on_method_request_received = answer
    return device


def run(central, job_id, group, data, **more):
    """Makes a job as the how-to of 2021 writes it, and waits for its end."""
    answer = central.ask("PUT", f"/jobs/{job_id}", "preview", json={"displayName": "Job", "group": group, "data": data, **more})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "pending"
    return ended(central, job_id)


def ended(central, job_id):
    until(lambda: central.get(f"/jobs/{job_id}")["status"] not in ("pending", "running"), f"job {job_id} has ended")
    rows = central.get(f"/jobs/{job_id}/devices")["value"]
    return central.get(f"/jobs/{job_id}"), {row["id"]: row["status"] for row in rows}


def test_a_property_job_and_a_command_job(main, hub, central, group, name):
    group, template, model = group
    device_id = name("cooler")
    device = provisioned(main, central, device_id, model)
    patches = Record("a desired patch")
    device.on_twin_desired_properties_patch_received = patches.add
    try:
        assert central.get(f"/devices/{device_id}")["template"] == template
        data = [
            {"type": "PropertyJobData", "target": template, "path": "targetTemperature", "value": "56.5"},
            {"type": "PropertyJobData", "target": template, "path": "fan.speed", "value": 40},
        ]
        job, rows = run(central, name("job"), group, data, batch={"type": "percentage", "value": 25})
        assert (job["status"], rows) == ("complete", {device_id: "completed"})
        # The job shows what was sent, in the spelling of the version that asks; the device gets it typed, at once.
        assert [(entry["type"], entry["value"]) for entry in job["data"]] == [("property", "56.5"), ("property", 40)]
        patches.wait(lambda patch: patch.get("targetTemperature") == 56.5 and patch.get("fan") == {"__t": "c", "speed": 40})

        since = "2021-06-15T05:00:00.000Z"
        commands = [
            {"type": "CommandJobData", "target": template, "path": "getMaxMinReport", "value": since},
            {"type": "CommandJobData", "target": template, "path": "fan.stop"},
        ]
        job_id = name("job")
        job, rows = run(central, job_id, group, commands, cancellationThreshold={"type": "percentage", "value": 10, "batch": False})
        assert (job["status"], rows) == ("complete", {device_id: "completed"})
        assert job["progress"] == {"total": 1, "pending": 0, "completed": 1, "failed": 0}
        # The hub's face shows the same job, with the device's last answer.
        row = hub.ended(job_id)[1][device_id]
        assert row["outcome"]["deviceMethodResponse"]["payload"] == {"name": "fan*stop", "got": None}

        cloud = [{"type": "CloudPropertyJobData", "target": template, "path": "CustomerName", "value": "Contoso"}]
        job, _ = run(central, name("job"), group, cloud)
        assert job["status"] == "complete"
        assert central.get(f"/devices/{device_id}/properties")["CustomerName"] == "Contoso"
    finally:
        device.shutdown()


def test_absent_devices_fail_at_once_and_are_run_again(main, central, group, name):
    group, template, model = group
    device_id = name("cooler")
    provisioned(main, central, device_id, model).shutdown()
    until(lambda: not main.hub.connected(device_id), "the device is gone")
    job_id, again = name("job"), name("rerun")
    data = [{"type": "command", "target": template, "path": "fan.stop"}]
    job, rows = run(central, job_id, group, data)
    assert (job["status"], rows) == ("complete", {device_id: "failed"})
    device = provisioned(main, central, device_id, model)
    try:
        answer = central.ask("PUT", f"/jobs/{job_id}/rerun/{again}")
        assert answer.status_code == 200, answer.text
        job, rows = ended(central, again)
        assert (job["status"], job["group"], rows) == ("complete", group, {device_id: "completed"})
    finally:
        device.shutdown()
