"""`IoTHubRegistryManager`: identities, twins, queries."""

from __future__ import annotations

import base64

import pytest
from azure.iot.hub import IoTHubRegistryManager
from azure.iot.hub.models import ExportImportDevice
from msrest.exceptions import HttpOperationError

from support.hub import error_of, twin


def keys(device):
    pair = device.authentication.symmetric_key
    return pair.primary_key, pair.secondary_key


def test_life_cycle(hub, name):
    device_id = name()
    made = hub.registry.create_device_with_sas(device_id, "", "", "enabled", status_reason="new")
    assert (made.device_id, made.status, made.status_reason) == (device_id, "enabled", "new")
    assert (made.connection_state, made.authentication.type) == ("Disconnected", "sas")
    assert made.connection_state_updated_time.year == 1
    assert made.capabilities.iot_edge is False and made.cloud_to_device_message_count == 0
    primary, secondary = keys(made)
    assert primary != secondary
    assert all(16 <= len(base64.b64decode(key, validate=True)) <= 64 for key in (primary, secondary))

    got = hub.registry.get_device(device_id)
    assert got.as_dict() == made.as_dict()

    # Empty keys in an update mean those the device has.
    changed = hub.registry.update_device_with_sas(device_id, made.etag, "", "", "disabled", status_reason="spare")
    assert (changed.status, changed.status_reason, keys(changed)) == ("disabled", "spare", (primary, secondary))
    assert changed.generation_id == made.generation_id and changed.etag != made.etag
    assert changed.status_updated_time.year > 2000
    # Left out, the reason goes.
    changed = hub.registry.update_device_with_sas(device_id, None, "", "", "enabled")
    assert (changed.status, changed.status_reason) == ("enabled", None)

    new = base64.b64encode(b"n" * 32).decode(), base64.b64encode(b"m" * 32).decode()
    assert keys(hub.registry.update_device_with_sas(device_id, None, *new, "enabled")) == new
    assert keys(hub.registry.get_device(device_id)) == new

    hub.registry.delete_device(device_id)
    with pytest.raises(HttpOperationError) as error:
        hub.registry.get_device(device_id)
    assert error_of(error)[:2] == (404, "DeviceNotFound")

    again = hub.registry.create_device_with_sas(device_id, *new, "enabled")
    assert again.generation_id != made.generation_id and keys(again) == new


def test_bulk(hub, name):
    first, second = name(), name()
    made = hub.registry.bulk_create_or_update_devices([
        ExportImportDevice(id=first, import_mode="create", status="enabled", tags={"site": "x"}),
        ExportImportDevice(id=second, import_mode="createOrUpdate", status="disabled", status_reason="spare"),
    ])
    assert (made.is_successful, made.errors, made.warnings) == (True, [], [])
    assert hub.registry.get_twin(first).tags == {"site": "x"}
    assert hub.registry.get_device(second).status_reason == "spare"

    etag = hub.registry.get_twin(first).etag
    again = hub.registry.bulk_create_or_update_devices([
        ExportImportDevice(id=first, import_mode="updateTwinIfMatchETag", twin_etag=etag, tags={"floor": 2}),
        ExportImportDevice(id=second, import_mode="delete"),
    ])
    assert again.is_successful
    assert hub.registry.get_twin(first).tags == {"site": "x", "floor": 2}

    answer = hub.raw("POST", "/devices", json=[
        {"id": first, "importMode": "create"},
        {"id": second, "importMode": "create"},
    ])
    assert (answer.status_code, answer.headers["IotHubErrorCode"]) == (400, "BulkRegistryOperationFailure")
    assert [(error["deviceId"], error["errorCode"]) for error in answer.json()["errors"]] == [
        (first, "DeviceAlreadyExists")
    ]
    assert hub.registry.get_device(second).status == "enabled"


def test_statistics(hub, name):
    before = hub.registry.get_device_registry_statistics()
    hub.add(name())
    after = hub.registry.get_device_registry_statistics()
    assert after.total_device_count == before.total_device_count + 1
    assert after.enabled_device_count + after.disabled_device_count == after.total_device_count
    assert hub.registry.get_service_statistics().connected_device_count >= 0


def test_errors(hub, name):
    device_id = name()
    hub.add(device_id)
    with pytest.raises(HttpOperationError) as error:
        hub.registry.create_device_with_sas(device_id, "", "", "enabled")
    assert error_of(error)[:2] == (409, "DeviceAlreadyExists")
    assert str(error.value) == "Operation returned an invalid status code 'Conflict'"

    for etag in ("bm90LWl0", '"bm90LWl0"'):
        with pytest.raises(HttpOperationError) as error:
            hub.registry.update_device_with_sas(device_id, etag, "", "", "enabled")
        assert error_of(error)[:2] == (412, "PreconditionFailed")
        with pytest.raises(HttpOperationError) as error:
            hub.registry.delete_device(device_id, etag)
        assert error_of(error)[0] == 412
    for call in (
        lambda: hub.registry.update_device_with_sas("absent", None, "", "", "enabled"),
        lambda: hub.registry.delete_device("absent"),
        lambda: hub.registry.get_twin("absent"),
        lambda: hub.registry.update_twin("absent", twin(tags={"a": 1})),
    ):
        with pytest.raises(HttpOperationError) as error:
            call()
        status, code, message = error_of(error)
        assert (status, code) == (404, "DeviceNotFound") and message.startswith("ErrorCode:DeviceNotFound;")
    for bad in ("a b", "a/b", "é", "x" * 129):
        with pytest.raises(HttpOperationError) as error:
            hub.registry.create_device_with_sas(bad, "", "", "enabled")
        assert error_of(error)[0] in (400, 404), bad
    with pytest.raises(HttpOperationError) as error:
        hub.registry.create_device_with_sas(name(), "c2hvcnQ=", "c2hvcnQ=", "enabled")
    assert error_of(error)[:2] == (400, "ArgumentInvalid")


@pytest.mark.parametrize("device_id", ["A-z.0_9:x", "p%20q", "a+b#c", "it's(1)", "=@;$*?!,", "x" * 128])
def test_ids_are_literal_text(hub, device_id):
    hub.registry.create_device_with_sas(device_id, "", "", "enabled")
    assert hub.registry.get_device(device_id).device_id == device_id
    assert hub.registry.get_twin(device_id).device_id == device_id
    with pytest.raises(HttpOperationError):
        hub.registry.get_device(device_id.swapcase() if device_id.swapcase() != device_id else device_id + "x")
    hub.registry.delete_device(device_id)


def test_list(hub, name):
    made = {name("list") for _ in range(5)}
    for device_id in made:
        hub.add(device_id)
    listed = hub.registry.get_devices()
    assert made <= {device.device_id for device in listed}
    assert all(device.etag and device.authentication.symmetric_key.primary_key for device in listed)
    assert len(hub.registry.get_devices(2)) == 2
    # The npm SDK writes the slash.
    assert made <= {device["deviceId"] for device in hub.raw("GET", "/devices/").json()}


def test_what_is_not_served_says_so(hub):
    with pytest.raises(HttpOperationError) as error:
        hub.registry.get_modules("any")
    assert error_of(error)[:2] == (404, "FeatureNotSupported")


def test_other_keys_are_refused(hub):
    head, _, _ = hub.connection_string.partition("SharedAccessKey=")
    wrong = base64.b64encode(b"x" * 32).decode()
    stranger = IoTHubRegistryManager.from_connection_string(f"{head}SharedAccessKey={wrong}")
    with pytest.raises(HttpOperationError) as error:
        stranger.get_devices()
    assert error_of(error)[:2] == (401, "IotHubUnauthorizedAccess")


def test_twin(hub, name):
    device_id = name()
    device = hub.registry.create_device_with_sas(device_id, "", "", "enabled")
    fresh = hub.registry.get_twin(device_id)
    assert (fresh.device_id, fresh.version, fresh.device_etag) == (device_id, 2, device.etag)
    assert fresh.tags is None and fresh.status == "enabled" and fresh.authentication_type == "sas"
    for section in (fresh.properties.desired, fresh.properties.reported):
        assert section["$version"] == 1 and set(section) == {"$metadata", "$version"}

    first = hub.registry.update_twin(
        device_id, twin({"building": "43", "floor": 3}, {"a": {"b": 1, "c": 2}, "d": [1, {"e": "x"}]}), fresh.etag
    )
    assert first.tags == {"building": "43", "floor": 3} and first.etag != fresh.etag
    desired = first.properties.desired
    assert desired["a"] == {"b": 1, "c": 2} and desired["d"] == [1, {"e": "x"}] and desired["$version"] == 2
    leaf = desired["$metadata"]["a"]["b"]
    assert leaf["$lastUpdatedVersion"] == 2 and leaf["$lastUpdated"].endswith("Z")

    # A patch merges and null removes; what was not named keeps its times.
    second = hub.registry.update_twin(device_id, twin({"floor": None, "ring": 1}, {"a": {"c": None}}), first.etag)
    assert second.tags == {"building": "43", "ring": 1} and second.properties.desired["a"] == {"b": 1}
    assert second.properties.desired["$metadata"]["a"]["b"] == leaf
    assert second.version > first.version

    for stale in (first.etag, fresh.etag):
        for change in (hub.registry.update_twin, hub.registry.replace_twin):
            with pytest.raises(HttpOperationError) as error:
                change(device_id, twin({"lost": True}), stale)
            assert error_of(error)[:2] == (412, "PreconditionFailed")
    assert hub.registry.get_twin(device_id).tags == {"building": "43", "ring": 1}

    # A replacement drops what it does not name.
    third = hub.registry.replace_twin(device_id, twin({"site": "x"}, {"only": True}), second.etag)
    assert third.tags == {"site": "x"}
    assert {key for key in third.properties.desired if not key.startswith("$")} == {"only"}
    assert third.properties.desired["$version"] == 4

    # A twin that was read can be written back as a whole.
    whole = hub.registry.get_twin(device_id)
    whole.tags["site"] = "y"
    assert hub.registry.update_twin(device_id, whole, whole.etag).tags == {"site": "y"}


@pytest.mark.parametrize(
    "bad",
    [
        {"a.b": 1},
        {"$a": 1},
        {"a b": 1},
        {"list": [1, None]},
        {"text": "x" * 4097},
        {"number": 2**52},
        {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {}}}}}}}}}}}},
        {f"k{number}": "x" * 4000 for number in range(9)},
    ],
    ids=["dot", "dollar", "blank", "null in a list", "long text", "large number", "deep", "large"],
)
def test_twin_limits(hub, name, bad):
    device_id = name()
    hub.add(device_id)
    with pytest.raises(HttpOperationError) as error:
        hub.registry.update_twin(device_id, twin(desired=bad))
    assert error_of(error)[:2] == (400, "ArgumentInvalid")
    assert hub.registry.get_twin(device_id).version == 2


def test_query_pages(hub, name):
    site = name("site")
    made = [name("page") for _ in range(7)]
    for number, device_id in enumerate(made):
        hub.add(device_id, {"site": site, "number": number})
    text = f"SELECT * FROM devices WHERE tags.site = '{site}'"
    seen, continuation, pages = [], None, 0
    while True:
        page = hub.query(text, continuation, 3)
        assert page.type == "Twin" and len(page.items) <= 3
        seen += [item.device_id for item in page.items]
        pages += 1
        continuation = page.continuation_token
        if continuation is None:
            break
    assert sorted(seen) == sorted(made) and pages == 3
    # A last page that is full is the last one nevertheless.
    assert hub.query(text, None, 7).continuation_token is None
    assert [row["deviceId"] for row in hub.rows(text, page=2)] == seen

    token = hub.query(text, None, 3).continuation_token
    for other, continuation in ((text + " AND tags.number > 1", token), (text, token[:-2] + "AA"), (text, "x")):
        with pytest.raises(HttpOperationError) as error:
            hub.query(other, continuation, 3)
        assert error_of(error)[:2] == (400, "ArgumentInvalid")


def test_query_contract(hub, name):
    site = name("site")
    hub.add(name(), {"site": site, "floor": 3}, {"mode": "on"})
    where = f"WHERE tags.site = '{site}'"
    result = hub.query(f"SELECT * FROM devices {where} AND properties.desired.mode = 'on'")
    assert [item.tags["floor"] for item in result.items] == [3] and result.continuation_token is None

    assert hub.query(f"SELECT deviceId FROM devices {where}").type == "Raw"
    answer = hub.raw("POST", "/devices/query", json={"query": f"SELECT COUNT() AS n FROM devices {where}"})
    assert answer.json() == [{"n": 1}] and answer.headers["x-ms-item-type"] == "Raw"
    empty = hub.raw("POST", "/devices/query", json={"query": "SELECT * FROM devices WHERE deviceId = 'none'"})
    assert empty.json() == [] and empty.headers["x-ms-item-type"] == "Twin"
    assert "x-ms-continuation" not in empty.headers

    with pytest.raises(HttpOperationError) as error:
        hub.query("SELECT * FROM devices WHERE tags.site =")
    status, code, message = error_of(error)
    assert (status, code) == (400, "ArgumentInvalid")
    assert "1:40 " in message, message
    assert str(error.value) == "Operation returned an invalid status code 'Bad Request'"
    for size in ("0", "-1", "many"):
        body = {"query": "SELECT * FROM devices"}
        answer = hub.raw("POST", "/devices/query", {"x-ms-max-item-count": size}, json=body)
        assert answer.status_code == 400
