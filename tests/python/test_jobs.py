"""`IoTHubJobManager`: creating, reading, listing and cancelling jobs."""

from __future__ import annotations

import datetime
import json
import time

import pytest
from azure.iot.hub.models import CloudToDeviceMethod, JobRequest, Twin, TwinProperties
from msrest.exceptions import DeserializationError, HttpOperationError

from support.devices import kinds, silent
from support.hub import error_of
from support.wait import until

UTC = datetime.timezone.utc


def now(seconds=0):
    return datetime.datetime.now(UTC) + datetime.timedelta(seconds=seconds)


def nothing_null(value):
    if isinstance(value, dict):
        assert all(nothing_null(each) for each in value.values()), value
    return value is not None


def test_the_answer_is_the_whole_job(hub, name):
    device_id, job_id = name(), name("whole")
    hub.add(device_id)
    condition = f"deviceId IN ['{device_id}']"
    start = now()
    made = hub.twin_job(condition, {"ring": 1, "old": None}, {"a": {"b": 1}}, job_id, start, seconds=120)
    assert (made.job_id, made.type, made.status) == (job_id, "scheduleUpdateTwin", "queued")
    assert made.query_condition == condition and made.max_execution_time_in_seconds == 120
    assert made.start_time == start and abs((made.created_time - start).total_seconds()) < 30
    assert made.end_time is None and made.failure_reason is None
    assert made.update_twin.tags == {"ring": 1, "old": None}
    assert made.update_twin.properties.desired == {"a": {"b": 1}} and made.update_twin.etag == "*"

    job, rows = hub.ended(job_id)
    assert (job.status, job.created_time, job.start_time) == ("completed", made.created_time, start)
    assert job.end_time >= start and [row["status"] for row in rows.values()] == ["completed"]
    got = hub.raw("GET", f"/jobs/v2/{job_id}").json()
    patch = got.pop("updateTwin")
    assert patch["tags"] == {"ring": 1, "old": None}
    assert nothing_null(got) and "cloudToDeviceMethod" not in got
    assert got["startTime"].endswith("Z") and len(got["endTime"]) == len("2026-03-01T02:00:00.1187341Z")


def test_method_as_sent(hub, name):
    device_id = name()
    hub.add(device_id)
    method = CloudToDeviceMethod(
        method_name="reboot", payload={"x": [1, None]}, response_timeout_in_seconds=30, connect_timeout_in_seconds=20
    )
    job_id = name("method")
    request = JobRequest(type="scheduleDeviceMethod", cloud_to_device_method=method, query_condition="tags.no = 1")
    made = hub.jobs.create_scheduled_job(job_id, request)
    assert made.job_id == job_id and made.max_execution_time_in_seconds == 3600
    assert made.cloud_to_device_method.as_dict() == method.as_dict()
    # It has no payload: the SDK's "None" is left out of a job, and no null comes back.
    bare = hub.raw("GET", f"/jobs/v2/{hub.method_job('tags.no = 1', 'bare').job_id}").json()
    assert "payload" not in bare["cloudToDeviceMethod"] and "updateTwin" not in bare
    assert nothing_null(bare)


def test_nobody_matches(hub):
    job, rows = hub.ended(hub.twin_job("tags.building = 'none such'", {"a": 1}).job_id)
    assert (job.status, job.device_job_statistics.device_count, rows) == ("completed", 0, {})


@pytest.mark.parametrize("kind_of_job", ["scheduleDirectRequest", "scheduledDeviceMethod", "scheduleTwinUpdate",
                                         "scheduledUpdateTwin", "SCHEDULEUPDATETWIN"])
def test_type_names(hub, name, kind_of_job):
    device_id = name()
    hub.add(device_id)
    job_id = name("type")
    is_method = "twin" not in kind_of_job.lower()
    what = {"cloudToDeviceMethod": {"methodName": "m"}} if is_method else {"updateTwin": {"tags": {"a": 1}}}
    body = {"jobId": job_id, "type": kind_of_job, "queryCondition": "deviceId = 'none'", "startTime": None, **what}
    answer = hub.raw("PUT", f"/jobs/v2/{job_id}", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["type"] == ("scheduleDeviceMethod" if is_method else "scheduleUpdateTwin")


@kinds
def test_list_of_ids_and_odd_uri(hub, devices, name, kind):
    first, second = devices(kind, name()).start(), devices(kind, name()).start()
    job, rows = hub.ended(hub.method_job(f"deviceId IN ['{first.id}', '{second.id}']", "go").job_id)
    assert set(rows) == {first.id, second.id} and job.status == "completed"
    # The documentation's URI: that device only.
    job_id = name("odd")
    body = {"type": "scheduleDirectRequest", "cloudToDeviceMethod": {"methodName": "odd"}}
    assert hub.raw("PUT", f"/jobs/v2/{first.id}/methods/{job_id}", json=body).status_code == 200
    _, rows = hub.ended(job_id)
    assert list(rows) == [first.id] and first.calls.wait(lambda call: call[1] == "odd")
    assert len(second.calls) == 1


def refused(hub, job_id, **fields):
    with pytest.raises(HttpOperationError) as error:
        hub.jobs.create_scheduled_job(job_id, JobRequest(job_id=job_id, **fields))
    assert hub.job(job_id).status == "unknown", "nothing is stored"
    return error_of(error)


def test_refused(hub, name):
    tags = Twin(etag="*", tags={"a": 1})
    twin_job = {"type": "scheduleUpdateTwin", "update_twin": tags}
    for condition in ("tags.a =", "SELECT * FROM devices", "'a'", "1 + 2", "deviceId IN ['a]"):
        status, code, message = refused(hub, name("bad"), query_condition=condition, **twin_job)
        assert (status, code) == (400, "ArgumentInvalid"), condition
        assert any(character.isdigit() for character in message), message
    assert refused(hub, name("bad"), query_condition=None, **twin_job)[:2] == (400, "ArgumentNull")
    assert refused(hub, name("bad"), query_condition=" ", **twin_job)[:2] == (400, "ArgumentInvalid")
    assert refused(hub, name("bad"), query_condition="*", type="rebootDevice")[:2] == (400, "GenericBadRequest")
    assert refused(
        hub, name("bad"), query_condition="*", type="scheduleUpdateTwin", update_twin=Twin(etag="abc", tags={"a": 1})
    )[:2] == (412, "PreconditionFailed")
    for desired in ({"a.b": 1}, {"a": [None]}, {"text": "x" * 4097}):
        patch = Twin(etag="*", properties=TwinProperties(desired=desired))
        assert refused(
            hub, name("bad"), query_condition="*", type="scheduleUpdateTwin", update_twin=patch
        )[:2] == (400, "ArgumentInvalid")
    for method in ({"method_name": "a b"}, {"method_name": "m", "response_timeout_in_seconds": 3},
                   {"method_name": "m", "connect_timeout_in_seconds": 301}):
        assert refused(
            hub, name("bad"), query_condition="*", type="scheduleDeviceMethod",
            cloud_to_device_method=CloudToDeviceMethod(**method),
        )[:2] == (400, "ArgumentInvalid")
    far = {"query_condition": "*", "start_time": now(8 * 24 * 3600), **twin_job}
    assert refused(hub, name("bad"), **far)[:2] == (400, "ArgumentInvalid")
    assert refused(hub, name("bad"), query_condition="*", max_execution_time_in_seconds=-1, **twin_job)[0] == 400
    for job_id in ("a_b", "a.b", "x" * 65):
        with pytest.raises(HttpOperationError) as error:
            hub.twin_job("*", {"a": 1}, job_id=job_id)
        assert error_of(error)[:2] == (400, "ArgumentInvalid")


def test_an_id_is_used_once(hub, name):
    job_id = name("once")
    hub.twin_job("tags.no = 1", {"a": 1}, job_id=job_id)
    with pytest.raises(HttpOperationError) as error:
        hub.twin_job("tags.no = 1", {"a": 2}, job_id=job_id)
    assert error_of(error)[:2] == (409, "JobAlreadyExists")
    assert hub.job(job_id).update_twin.tags == {"a": 1}


def test_unknown_job(hub, name):
    job_id = name("unknown")
    job = hub.job(job_id)
    assert (job.job_id, job.type, job.status) == (job_id, "unknown", "unknown")
    with pytest.raises(HttpOperationError) as error:
        hub.jobs.cancel_scheduled_job(job_id)
    assert error_of(error)[:2] == (404, "JobNotFound")


def test_lists(hub, name):
    made = [hub.twin_job("tags.no = 1", {"a": 1}, job_id=name("listed")).job_id for _ in range(3)]
    made.append(hub.method_job("tags.no = 1", "m", job_id=name("listed")).job_id)
    waiting = hub.twin_job("tags.no = 1", {"a": 1}, job_id=name("listed"), start=now(3600)).job_id
    for job_id in made:
        hub.ended(job_id)

    def listed(**options):
        """All of a list, by header and by the documentation's query string."""
        by_header, by_query = [], []
        for jobs, headers, params, token_header in (
            (by_header, {"x-ms-max-item-count": "2"}, {}, True), (by_query, {}, {"pageSize": "2"}, False)
        ):
            token = None
            while True:
                extra = {} if token is None else (
                    {"x-ms-continuation": token} if token_header else {"continuationToken": token}
                )
                answer = hub.raw(
                    "GET", "/jobs/v2/query", {**headers, **(extra if token_header else {})},
                    params={**params, **options, **({} if token_header else extra)},
                )
                assert answer.status_code == 200 and answer.headers["x-ms-item-type"] == "JobResponse"
                page = answer.json()
                assert isinstance(page, list) and len(page) <= 2
                jobs += page
                if "x-ms-continuation" not in answer.headers:
                    break
                token = answer.headers["x-ms-continuation"]
        assert by_header == by_query
        return {job["jobId"]: job for job in by_header}

    everything = listed()
    assert {*made, waiting} <= set(everything)
    assert {job["type"] for job in listed(jobType="scheduleDirectRequest").values()} == {"scheduleDeviceMethod"}
    assert made[3] in listed(jobType="ScheduleDeviceMethod", jobStatus="finished")
    completed = listed(jobType="scheduleUpdateTwin", jobStatus="Completed")
    assert set(made[:3]) <= set(completed) and waiting not in completed and made[3] not in completed
    until(lambda: waiting in listed(jobStatus="scheduled"), "the job of later is scheduled")
    assert all(nothing_null({**job, "updateTwin": 0}) for job in everything.values())
    hub.jobs.cancel_scheduled_job(waiting)
    assert waiting in listed(jobStatus="canceled")
    assert hub.raw("GET", "/jobs/v2/query", {"x-ms-max-item-count": "0"}).status_code == 400


def test_the_sdk_cannot_read_a_list(hub):
    """Not against the hosted service either: the SDK expects an object, every other client the array that is sent."""
    hub.twin_job("tags.no = 1", {"a": 1})
    with pytest.raises(DeserializationError):
        hub.jobs.query_scheduled_jobs("scheduleUpdateTwin", "completed")
    answer = hub.raw("GET", "/jobs/v2/query", params={"jobType": "scheduleUpdateTwin"})
    assert isinstance(answer.json(), list) and answer.json()
    assert hub.jobs.get_import_export_jobs() == []


@kinds
def test_near_future(hub, devices, name, kind):
    device = devices(kind, name()).start()
    start = now(3)
    job_id = hub.method_job(f"deviceId = '{device.id}'", "soon", start=start, seconds=60).job_id

    def scheduled():
        job = hub.job(job_id)
        assert job.status in ("queued", "scheduled", "running", "completed")
        return job.status == "scheduled" or job.start_time < now()

    until(scheduled, "the job waits for its time")
    job, rows = hub.ended(job_id)
    (called, method, _), = device.calls.all()
    assert method == "soon" and called >= start.timestamp()
    assert job.start_time == start and job.end_time >= start
    row = rows[device.id]
    assert row["status"] == "completed" and row["startTimeUtc"] <= row["createdDateTimeUtc"]


def test_the_past_is_now(hub, name):
    """The deadline counts from the acceptance then."""
    device_id = name()
    hub.add(device_id)
    for start in (now(-7200), datetime.datetime(1, 1, 1, tzinfo=UTC)):
        job, rows = hub.ended(hub.twin_job(f"deviceId = '{device_id}'", {"a": 1}, start=start, seconds=60).job_id)
        assert job.status == "completed" and rows[device_id]["status"] == "completed"


def test_devices_are_chosen_at_the_start(hub, name):
    site = name("site")
    first, second, third = name(), name(), name()
    for device_id in (first, second):
        hub.add(device_id, {"site": site})
    job_id = hub.twin_job(f"tags.site = '{site}'", {"done": True}, start=now(2)).job_id
    hub.add(third, {"site": site})
    hub.registry.delete_device(second)
    _, rows = hub.ended(job_id)
    assert set(rows) == {first, third}


def test_absent_until_the_deadline(hub, name):
    device_id = name()
    hub.add(device_id)
    job_id = hub.method_job(f"deviceId = '{device_id}'", "m", seconds=3).job_id
    job, rows = hub.ended(job_id)
    assert job.status == "completed" and job.device_job_statistics.failed_count == 1
    assert rows[device_id]["error"]["code"] == "JobRunPreconditionFailed"
    assert (job.end_time - job.start_time).total_seconds() >= 2.9


@kinds
def test_comes_online_later(hub, devices, name, kind):
    device = devices(kind, name())
    job_id = hub.method_job(f"deviceId = '{device.id}'", "late", 1).job_id
    until(lambda: hub.job(job_id).status == "running", "the job runs")
    assert hub.job_rows(job_id)[device.id]["status"] == "pending"
    device.start()
    job, rows = hub.ended(job_id)
    assert rows[device.id]["outcome"]["deviceMethodResponse"]["payload"] == {"name": "late", "payload": 1}
    assert len(device.calls) == 1


def test_disabled_and_deleted_meanwhile(hub, name):
    disabled, deleted = name(), name()
    for device_id in (disabled, deleted):
        hub.add(device_id)
    job_id = hub.method_job(f"deviceId IN ['{disabled}', '{deleted}']", "m", seconds=4).job_id
    until(lambda: len(hub.job_rows(job_id)) == 2, "the job runs")
    hub.registry.update_device_with_sas(disabled, None, "", "", "disabled")
    hub.registry.delete_device(deleted)
    _, rows = hub.ended(job_id)
    assert {row["status"] for row in rows.values()} == {"failed"}
    assert rows[deleted]["error"]["code"] == "DeviceNotFound"


def test_cancel_before(hub, name):
    device_id = name()
    hub.add(device_id)
    job_id = hub.twin_job(f"deviceId = '{device_id}'", {"never": True}, start=now(3600)).job_id
    cancelled = hub.jobs.cancel_scheduled_job(job_id)
    assert (cancelled.job_id, cancelled.status) == (job_id, "cancelled") and cancelled.end_time is not None
    assert hub.job(job_id).status == "cancelled"
    assert hub.job_rows(job_id) == {} and hub.registry.get_twin(device_id).version == 2
    with pytest.raises(HttpOperationError) as error:
        hub.jobs.cancel_scheduled_job(job_id)
    assert error_of(error)[:2] == (405, "OperationNotAllowedInCurrentState")


def test_cancel_during(hub, devices, name):
    """What has ended stays, what is out is recorded, the rest never begins."""
    done, busy = devices("sync", name()).start(), devices("aio", name(), answer=silent).start()
    absent = [name() for _ in range(3)]
    for device_id in absent:
        hub.add(device_id)
    everybody = [done.id, busy.id, *absent]
    condition = f"deviceId IN {json.dumps(everybody)}"
    job_id = hub.method_job(condition, "m", response=5).job_id
    busy.calls.wait()
    until(lambda: hub.job_rows(job_id)[done.id]["status"] == "completed", "the quick one answered")
    cancelled = hub.jobs.cancel_scheduled_job(job_id)
    assert cancelled.status == "cancelled" and cancelled.end_time is not None
    late = devices("sync", absent[0], hub.key(absent[0]))
    late.start()

    def all_ended():
        rows = hub.job_rows(job_id)
        return rows if all(row["status"] not in ("pending", "scheduled", "running") for row in rows.values()) else None

    rows = until(all_ended, "the call that is out comes to its end")
    assert rows[done.id]["outcome"]["deviceMethodResponse"]["status"] == 200
    assert (rows[busy.id]["status"], rows[busy.id]["error"]["code"]) == ("failed", "GatewayTimeout")
    assert {rows[device_id]["status"] for device_id in absent} == {"canceled"}
    job, _ = hub.ended(job_id)
    counts = job.device_job_statistics
    assert job.status == "cancelled"
    assert (counts.device_count, counts.succeeded_count, counts.failed_count) == (5, 1, 1)
    assert (counts.running_count, counts.pending_count) == (0, 0)
    assert len(late.calls) == 0
    with pytest.raises(HttpOperationError) as error:
        hub.jobs.cancel_scheduled_job(job_id)
    assert error_of(error)[:2] == (405, "OperationNotAllowedInCurrentState")


def test_side_by_side(hub, devices, name):
    """A job that waits holds up no other."""
    absent = name()
    hub.add(absent)
    waiting = hub.method_job(f"deviceId = '{absent}'", "m").job_id
    device = devices("aio", name()).start()
    begun = time.monotonic()
    for number in range(5):
        hub.ended(hub.method_job(f"deviceId = '{device.id}'", f"m{number}").job_id)
    assert [call[1] for call in device.calls.all()] == [f"m{number}" for number in range(5)]
    assert time.monotonic() - begun < 60
    assert hub.job(waiting).status == "running"
    hub.jobs.cancel_scheduled_job(waiting)
