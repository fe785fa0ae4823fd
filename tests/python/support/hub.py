"""The service side: the unmodified SDK's managers, and the bare HTTP for what they do not show."""

from __future__ import annotations

import json
import uuid

import requests
from azure.iot.hub import IoTHubJobManager, IoTHubRegistryManager
from azure.iot.hub.auth import ConnectionStringAuthentication
from azure.iot.hub.models import (
    CloudToDeviceMethod,
    JobRequest,
    QuerySpecification,
    Twin,
    TwinProperties,
)
from azure.iot.hub.sastoken import SasToken

from .wait import DEADLINE, until

ENDED = ("completed", "failed", "cancelled")


def twin(tags=None, desired=None):
    """What a twin update says."""
    properties = None if desired is None else TwinProperties(desired=desired)
    return Twin(tags=tags, properties=properties)


class Hub:
    """A hub, seen by an operator."""

    def __init__(self, connection):
        self.connection_string = connection["hubConnectionString"]
        self.url = connection["httpsUrl"]
        self.registry = IoTHubRegistryManager.from_connection_string(self.connection_string)
        self.jobs = IoTHubJobManager.from_connection_string(self.connection_string)

    # Bare HTTP, signed by the SDK's own code.

    def raw(self, method, path, headers=None, **named):
        auth = ConnectionStringAuthentication(self.connection_string)
        token = SasToken(auth["HostName"], auth["SharedAccessKey"], auth["SharedAccessKeyName"])
        headers = {"Authorization": str(token), **(headers or {})}
        params = {"api-version": "2021-04-12", **named.pop("params", {})}
        return requests.request(method, self.url + path, headers=headers, params=params, timeout=60, **named)

    def rows(self, text, page=None):
        """All rows of a query, by the pages of the HTTP contract."""
        rows, continuation = [], None
        while True:
            headers = {} if continuation is None else {"x-ms-continuation": continuation}
            if page:
                headers["x-ms-max-item-count"] = str(page)
            answer = self.raw("POST", "/devices/query", headers, json={"query": text})
            assert answer.status_code == 200, answer.text
            got = answer.json()
            assert isinstance(got, list) and (page is None or len(got) <= page)
            rows += got
            # Absent on the last page: the npm SDK takes any value, an empty one too, for more.
            if "x-ms-continuation" not in answer.headers:
                return rows
            continuation = answer.headers["x-ms-continuation"]
            assert continuation

    # Registry and twins.

    def add(self, device_id, tags=None, desired=None, status="enabled"):
        """A device with generated keys; its primary key."""
        device = self.registry.create_device_with_sas(device_id, "", "", status)
        if tags or desired:
            self.registry.update_twin(device_id, twin(tags, desired))
        return device.authentication.symmetric_key.primary_key

    def key(self, device_id):
        return self.registry.get_device(device_id).authentication.symmetric_key.primary_key

    def connected(self, device_id):
        return self.registry.get_twin(device_id).connection_state == "Connected"

    def reported(self, device_id):
        reported = self.registry.get_twin(device_id).properties.reported
        return {key: value for key, value in reported.items() if not key.startswith("$")}

    def desire(self, device_id, desired):
        """The desired section's version after the change."""
        return self.registry.update_twin(device_id, twin(desired=desired)).properties.desired["$version"]

    def query(self, text, continuation=None, page=None):
        return self.registry.query_iot_hub(QuerySpecification(query=text), continuation, page)

    # Methods.

    def call(self, device_id, name, payload=None, response=10, connect=None):
        """What the device answered: status and payload."""
        result = self.registry.invoke_device_method(
            device_id,
            CloudToDeviceMethod(
                method_name=name,
                payload=payload,
                response_timeout_in_seconds=response,
                connect_timeout_in_seconds=connect,
            ),
        )
        return result.status, result.payload

    # Jobs.

    def twin_job(self, condition, tags=None, desired=None, job_id=None, start=None, seconds=300):
        return self._create(
            job_id, type="scheduleUpdateTwin", update_twin=Twin(
                etag="*", tags=tags, properties=None if desired is None else TwinProperties(desired=desired)
            ), query_condition=condition, start_time=start, max_execution_time_in_seconds=seconds,
        )

    def method_job(self, condition, name, payload=None, job_id=None, start=None, seconds=300, response=10):
        method = CloudToDeviceMethod(method_name=name, payload=payload, response_timeout_in_seconds=response)
        return self._create(
            job_id, type="scheduleDeviceMethod", cloud_to_device_method=method, query_condition=condition,
            start_time=start, max_execution_time_in_seconds=seconds,
        )

    def _create(self, job_id, **fields):
        job_id = job_id or f"job-{uuid.uuid4().hex[:12]}"
        return self.jobs.create_scheduled_job(job_id, JobRequest(job_id=job_id, **fields))

    def job(self, job_id):
        return self.jobs.get_scheduled_job(job_id)

    def ended(self, job_id, seconds=DEADLINE):
        """The job once it has ended, with its rows by device: both are checked against each other."""

        def probe():
            job = self.job(job_id)
            return job if job.status in ENDED else None

        job = until(probe, f"job {job_id} ends", seconds)
        rows = self.job_rows(job_id)
        check_statistics(job, rows)
        assert all(row["status"] in ("completed", "failed", "canceled") for row in rows.values()), rows
        return job, rows

    def job_rows(self, job_id, page=None):
        """What came of a job, by device."""
        rows = self.rows(f"SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '{job_id}'", page)
        by_device = {row["deviceId"]: row for row in rows}
        assert len(by_device) == len(rows), "a device has one row"
        return by_device


def check_statistics(job, rows):
    """The counts of a job are those of its rows."""
    counts = job.device_job_statistics
    states = [row["status"] for row in rows.values()]
    assert counts.device_count == len(states)
    assert counts.succeeded_count == states.count("completed")
    assert counts.failed_count == states.count("failed")
    assert counts.running_count == states.count("running")
    assert counts.pending_count == states.count("pending") + states.count("scheduled")


def error_of(error):
    """Status, code and text of an `HttpOperationError`."""
    response = error.value.response
    message = json.loads(response.text)["Message"]
    return response.status_code, response.headers["iothub-errorcode"], message
