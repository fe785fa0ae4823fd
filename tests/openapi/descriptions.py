"""The published descriptions, restricted to what is served and made to meet what is there.

Ids are drawn from small pools: with ids of its own, a fuzzer would hardly ever get past 404.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "crates" / "http" / "tests" / "data" / "central" / "openapi"
VERSIONS = ["preview", "1.1-preview", "1.2-preview", "2022-06-30-preview", "2022-07-31", "2022-10-31-preview"]
# Their descriptions declare only what succeeds.
WITHOUT_ERRORS = ["preview", "1.1-preview"]

# Outside this product (iot-central §1.1).
_UNSERVED = (
    "/dashboards", "/dataExport", "/continuousDataExports", "/fileUploads", "/deploymentManifests",
    "/devices/{deviceId}/applyDeploymentManifest",
)

# What path parameters are drawn from: what the set-up made, what other cases make, what is never there.
_POOLS = {
    "jobId": ["job-1", "job-2", "job-3", "none"],
    "rerunId": ["rerun-1", "rerun-2", "job-1"],
    "scheduledJobId": ["scheduled-1", "scheduled-2", "none"],
    "deviceGroupId": ["group-1", "group-2", "none"],
    "deviceTemplateId": ["dtmi:fuzz:thermo;1", "dtmi:fuzz:other;1", "none"],
    "deviceId": ["device-1", "device-2", "none"],
    "componentName": ["part", "none"],
    "moduleName": ["module", "none"],
    "commandName": ["reboot", "none"],
    "telemetryName": ["temperature", "none"],
    "relationshipId": ["relationship-1", "none"],
    "organizationId": ["org-a", "org-b", "none"],
    "roleId": ["ca310b8d-2f4a-44e0-a36e-957c202cd8d4", "none"],
    "userId": ["user-1", "user-2", "none"],
    "tokenId": ["token-1", "token-2", "none"],
    "enrollmentGroupId": ["enrollment-1", "enrollment-2", "none"],
    "entry": ["primary", "secondary"],
}

# What members of bodies are drawn from, where any text is allowed.
_TEXTS = {
    "group": ["group-1", "none"],
    "template": ["dtmi:fuzz:thermo;1", "dtmi:fuzz:other;1", "none"],
    "instanceOf": ["dtmi:fuzz:thermo;1", "none"],
    "target": ["dtmi:fuzz:thermo;1", "device-1", "none"],
    "source": ["device-1", "device-2"],
    "path": ["target", "asset", "reboot", "part.level", "none"],
    "role": ["ca310b8d-2f4a-44e0-a36e-957c202cd8d4", "none"],
    "organization": ["org-a", "none"],
    "parent": ["org-a", "none"],
    "filter": ['SELECT * FROM devices WHERE $template = "dtmi:fuzz:thermo;1"', "SELECT"],
}


def description(version):
    """A version's description for the fuzzer."""
    document = json.loads((FOLDER / f"{version}.json").read_text())
    # The address is given by the test.
    document.pop("x-ms-parameterized-host", None)
    document["paths"] = {
        path: _path(document, methods) for path, methods in document["paths"].items()
        if not path.startswith(_UNSERVED)
    }
    for parameter in document["parameters"].values():
        _narrow_parameter(parameter, version)
    document["parameters"] = {
        name: parameter for name, parameter in document["parameters"].items() if parameter["in"] != "host"
    }
    for definition in document["definitions"].values():
        _narrow_members(definition)
    return document


def _path(document, methods):
    methods = copy.deepcopy(methods)
    for method, operation in methods.items():
        # Examples speak of things that are not there; they have a test of their own.
        operation.pop("x-ms-examples", None)
        parameters = []
        for parameter in operation.get("parameters", []):
            if parameter.get("name") == "If-Match":
                parameter["enum"] = ["*"]
            _narrow_parameter(parameter, None)
            parameters.append(parameter)
        operation["parameters"] = parameters
        if method == "patch":
            _say_what_a_patch_is(document, methods, parameters)
    return methods


def _say_what_a_patch_is(document, methods, parameters):
    """The descriptions only say `object`: members of the resource get further."""
    bodies = [p["schema"] for p in methods.get("put", {}).get("parameters", []) if p.get("in") == "body"]
    name = bodies[0].get("$ref", "").rpartition("/")[2] if bodies else ""
    definition = document["definitions"].get(name, {})
    if not definition.get("properties") or "discriminator" in definition:
        return
    for parameter in parameters:
        if parameter.get("in") == "body":
            parameter["schema"] = {"type": "object", "properties": {
                name: schema for name, schema in definition["properties"].items() if not schema.get("readOnly")
            }}


def _narrow_parameter(parameter, version):
    name = parameter.get("name")
    if name == "api-version" and version:
        parameter["enum"] = [version]
    if parameter.get("in") == "path" and name in _POOLS:
        parameter["enum"] = _POOLS[name]
        for rule in ("pattern", "maxLength", "minLength"):
            parameter.pop(rule, None)


def _narrow_members(definition):
    for name, schema in definition.get("properties", {}).items():
        if name in _TEXTS and schema.get("type") == "string":
            schema["enum"] = _TEXTS[name]
        # Nobody waits for devices that never come.
        if name == "connectionTimeout":
            schema["enum"] = [0]
