"""What other clients do that the Python SDK does not, in bare HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import urllib.parse

import pytest
import requests
from azure.iot.hub.auth import ConnectionStringAuthentication


def signed(hub, resource, host=None, ttl=600, order=("sr", "sig", "skn", "se")):
    """A token over `resource` exactly as it is written."""
    auth = ConnectionStringAuthentication(hub.connection_string)
    expiry = str(int(time.time()) + ttl)
    digest = hmac.new(
        base64.b64decode(auth["SharedAccessKey"]), f"{resource}\n{expiry}".encode(), hashlib.sha256
    ).digest()
    signature = urllib.parse.quote(base64.b64encode(digest), safe="")
    parts = {"sr": resource, "sig": signature, "skn": auth["SharedAccessKeyName"], "se": expiry}
    return "SharedAccessSignature " + "&".join(f"{name}={parts[name]}" for name in order)


def get(hub, token, path="/devices/?api-version=2021-04-12"):
    return requests.get(hub.url + path, headers={"Authorization": token} if token else {}, timeout=30)


def test_tokens(hub):
    netloc = urllib.parse.urlsplit(hub.url).netloc
    host = netloc.partition(":")[0]
    for resource in (netloc, host, host.upper(), urllib.parse.quote(netloc, safe=""), netloc.replace(":", "%3a")):
        answer = get(hub, signed(hub, resource))
        assert answer.status_code == 200, (resource, answer.text)
    assert get(hub, signed(hub, host, order=("se", "skn", "sig", "sr"))).status_code == 200
    refused = [
        signed(hub, host, ttl=-1), signed(hub, "other.example.test"), signed(hub, host + "x"),
        signed(hub, f"{host}/twins"), signed(hub, host).replace("sig=", "sig=A"), "Bearer x", None,
    ]
    for token in refused:
        answer = get(hub, token)
        assert answer.status_code == 401, token
        assert answer.headers["iothub-errorcode"] == "IotHubUnauthorizedAccess"
        assert answer.json()["Message"].startswith("ErrorCode:IotHubUnauthorizedAccess;")


@pytest.mark.parametrize("version", ["2016-11-14", "2018-06-30", "2020-05-31-preview", "2024-03-31"])
def test_versions(hub, version):
    assert get(hub, signed(hub, "localhost"), f"/devices?top=1&api-version={version}").status_code == 200


@pytest.mark.parametrize("query", ["", "?api-version=", "?api-version=latest", "?api-version=2016-02-03"])
def test_wrong_versions(hub, query):
    answer = get(hub, signed(hub, "localhost"), f"/devices{query}")
    assert answer.status_code == 400 and answer.headers["iothub-errorcode"] == "InvalidProtocolVersion"


def test_patch_in_disguise(hub, name):
    """The Java SDK cannot send PATCH."""
    device_id = name()
    hub.add(device_id, {"a": 1})
    answer = hub.raw("POST", f"/twins/{device_id}", {"X-HTTP-Method-Override": "PATCH"}, json={"tags": {"b": 2}})
    assert answer.status_code == 200 and answer.json()["tags"] == {"a": 1, "b": 2}


@pytest.mark.parametrize("condition", ["*", '"*"', '""', None])
def test_if_match(hub, name, condition):
    device_id = name()
    hub.add(device_id)
    headers = {} if condition is None else {"If-Match": condition}
    assert hub.raw("PATCH", f"/twins/{device_id}", headers, json={"tags": {"a": 1}}).status_code == 200
    # Quoted and bare, a right one is taken once and then it is stale.
    for number, form in enumerate(('"{}"', "{}")):
        headers = {"If-Match": form.format(hub.registry.get_twin(device_id).etag)}
        for status in (200, 412):
            answer = hub.raw("PATCH", f"/twins/{device_id}", headers, json={"tags": {"number": number}})
            assert answer.status_code == status
    assert hub.raw("DELETE", f"/devices/{device_id}").status_code == 412, "a delete says what it means"
    gone = hub.raw("DELETE", f"/devices/{device_id}", {"If-Match": '"*"'})
    assert gone.status_code == 204 and gone.content == b""


def test_malformed_bodies(hub, name):
    device_id = name()
    hub.add(device_id)
    for method, path in (
        ("PUT", f"/devices/{name()}"), ("PATCH", f"/twins/{device_id}"), ("POST", "/devices/query"),
        ("PUT", f"/jobs/v2/{name()}"), ("POST", f"/twins/{device_id}/methods"),
    ):
        for body in (b"{", b"[1", b"", b"\xff"):
            answer = hub.raw(method, path, data=body)
            assert answer.status_code == 400, (method, path, body, answer.text)
            assert answer.headers["iothub-errorcode"]
            assert answer.headers["content-type"].startswith("application/json")
