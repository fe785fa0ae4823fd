"""The published descriptions, narrowed so that requests get past 404 and the first rule that they break.

Only what is sent is narrowed; answers are held against what is published. Each narrowing has its reason beside it. What
it leaves out is still sent: to ids that are not there by the descriptions as they are, and to ids that are there by
requests that are not as these descriptions say.
"""

from __future__ import annotations

from descriptions import published
from world import CERTIFICATE, KEY, MODEL, PREVIEW_MODEL, ROLES, TEMPLATE

# Path parameters: what the set-up made, and one that other cases make or nobody. Any other id is not there.
_IDS = {
    "jobId": ["job-1", "job-2", "job-3"],
    "rerunId": ["rerun-1"],
    "scheduledJobId": ["scheduled-1", "scheduled-2"],
    "deviceGroupId": ["group-1", "group-2"],
    "deviceTemplateId": [TEMPLATE, "dtmi:fuzz:other;1"],
    "deviceId": ["device-1", "device-2", "device-3"],
    "componentName": ["part"],
    "moduleName": ["module", "none"],
    "commandName": ["reboot", "none"],
    "telemetryName": ["temperature", "none"],
    "relationshipId": ["relationship-1", "relationship-2"],
    "organizationId": ["org-a", "org-b"],
    "roleId": ROLES,
    "userId": ["user-1", "user-2"],
    "tokenId": ["token-1", "token-2"],
    "enrollmentGroupId": ["enrollment-1", "enrollment-2", "enrollment-3"],
}

# Query parameters and headers that have a grammar, of which the descriptions say nothing.
_PARAMETERS = {
    "orderby": ["displayName", "displayName desc"],
    "$orderby": ["displayName", "displayName desc"],
    "filter": ["displayName eq 'thermo'"],
    "$filter": ["displayName eq 'thermo'"],
    "expand": ["deploymentManifest"],
    # Any, one that never holds, and what is no etag.
    "If-Match": ["*", '"stale"', "none"],
}

# Texts in bodies that name something else or have a grammar: with any text a request fails at the first of them, and
# what comes after is never read.
_TEXTS = {
    "group": ["group-1"],
    "template": [TEMPLATE],
    "instanceOf": [TEMPLATE],
    "source": ["device-1", "device-2"],
    "role": ROLES,
    "organization": ["org-a"],
    "parent": ["org-a"],
    "filter": [f'SELECT * FROM devices WHERE $template = "{TEMPLATE}"'],
    "query": [f"SELECT $id, target FROM {TEMPLATE} WHERE target > 3", f"SELECT asset FROM {TEMPLATE}"],
    "email": ["one@example.com", "two@example.com"],
    "tenantId": ["tenant-1"],
    "objectId": ["object-1", "object-2"],
    "certificate": [CERTIFICATE],
    "primaryKey": [KEY],
    "secondaryKey": [KEY],
    "endorsementKey": [KEY],
    "etag": ["*", '"stale"'],
    # Of a schedule: far ahead, or missed.
    "start": ["2099-01-01T00:00:00Z", "2020-01-01T00:00:00Z"],
    "date": ["2099-12-31"],
}

# The same, where it depends on the definition what a name means. What is named may still be of another type.
_TARGETS = {
    "DeviceRelationship": {"target": ["device-1", "device-2"]},
    "PropertyJobData": {"target": [TEMPLATE], "path": ["target", "part.level"], "value": [20, 2.5, "7", None]},
    "CloudPropertyJobData": {"target": [TEMPLATE], "path": ["asset"], "value": ["hall", 1, None]},
    "CommandJobData": {"target": [TEMPLATE], "path": ["reboot", "part.reboot"], "value": [None]},
}
# What is refused whatever else is in it: deployment manifests of edge devices.
_REFUSED = "DeviceManifestMigrationJobData"

# Members that are described as any object.
_OBJECTS = {
    "capabilityModel": {"enum": [MODEL, PREVIEW_MODEL, {}]},
    "solutionModel": {"enum": [{}, {"cloudProperties": []}]},
}

# What the template models, or another type for it: most names are no property.
_PROPERTIES = {
    "type": "object",
    "properties": {
        "target": {"type": ["number", "string", "null"]},
        "asset": {"type": ["string", "number", "null"]},
        "level": {"type": ["integer", "boolean", "null"]},
        "part": {"type": "object", "properties": {"level": {"type": "integer"}}, "additionalProperties": False},
    },
    "additionalProperties": False,
    "minProperties": 1,
}


def narrowed(version):
    """A version's description whose requests meet what is there."""
    document = published(version)
    definitions = document["definitions"]
    sent = {}
    for name in definitions:
        sent[f"{name}Sent"] = _either(definitions, name, _object)
        sent[f"{name}Patch"] = _either(definitions, name, _part_of_object)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            # A job's id is used once.
            new = {"rerunId"} | ({"jobId"} if (method, path) == ("put", "/jobs/{jobId}") else set())
            parameters = [_resolved(document, parameter) for parameter in operation["parameters"]]
            operation["parameters"] = [
                _new_id(parameter, version) if parameter["name"] in new else _parameter(parameter)
                for parameter in parameters]
            if method == "patch":
                _say_what_a_patch_is(methods)
    definitions.update(sent)
    return document


def met(version):
    """The same with the set-up's ids in the paths, so that what is not as described is never an id."""
    document = narrowed(version)
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["parameters"] = [
                parameter for parameter in operation["parameters"]
                if parameter["in"] != "path" or parameter["name"] not in _IDS]
    document["paths"] = {_filled(path): methods for path, methods in document["paths"].items()}
    return document


def _filled(path):
    for name, ids in _IDS.items():
        path = path.replace(f"{{{name}}}", ids[0])
    return path


def _resolved(document, parameter):
    return document["parameters"][parameter["$ref"].rpartition("/")[2]] if "$ref" in parameter else parameter


def _new_id(parameter, version):
    # Other versions draw the same texts.
    return {**_id(parameter), "pattern": f"^{version.replace('.', '_')}-[a-z]{{8}}$"}


def _id(parameter):
    # The published rules on the text are left out: every id here keeps them.
    return {"in": "path", "name": parameter["name"], "required": True, "type": "string"}


def _parameter(parameter):
    where, name = parameter["in"], parameter["name"]
    if where == "body":
        return {**parameter, "schema": _sent(parameter["schema"])}
    if where == "path" and name in _IDS:
        return {**_id(parameter), "enum": _IDS[name]}
    if name in _PARAMETERS:
        return {**parameter, "enum": _PARAMETERS[name]}
    return parameter


def _say_what_a_patch_is(methods):
    """The descriptions only say `object`. That stays; beside it stands what a PUT takes, any part of it, or null."""
    put, patch = _body(methods.get("put", {})), _body(methods["patch"])
    if put and patch:
        part = put["schema"]["$ref"].removesuffix("Sent") + "Patch"
        patch["schema"] = {"anyOf": [patch["schema"], {"$ref": part}]}


def _body(operation):
    return next((parameter for parameter in operation.get("parameters", []) if parameter.get("in") == "body"), None)


def _either(definitions, name, of):
    """A definition, or one of the kinds that its discriminator tells apart: to the generator that is any text."""
    if name in ("DeviceProperties", "DeviceCloudProperties"):
        return _PROPERTIES
    if "discriminator" not in definitions[name]:
        return of(definitions, name)
    reference = {"$ref": f"#/definitions/{name}"}
    kinds = [kind for kind, schema in definitions.items() if reference in schema.get("allOf", []) and kind != _REFUSED]
    return {"anyOf": [of(definitions, kind, definitions[kind].get("x-ms-discriminator-value", kind)) for kind in kinds]}


def _object(definitions, name, kind=None):
    """Without members that the definition does not know: one of them, and the request fails for it alone."""
    members, required = _members(definitions, definitions[name])
    if not members:
        return _sent(definitions[name])
    targets = _TARGETS.get(name, {})
    properties = {
        member: {"enum": targets[member]} if member in targets else _member(member, schema)
        for member, schema in members.items() if not schema.get("readOnly")}
    if kind:
        properties["type"] = {"enum": [kind]}
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _part_of_object(definitions, name, kind=None):
    whole = _object(definitions, name, kind)
    properties = {name: {"anyOf": [schema, {"type": "null"}]} for name, schema in whole.get("properties", {}).items()}
    return {**whole, "properties": properties, "required": []}


def _members(definitions, schema):
    """Of all its parents too."""
    members, required = {}, []
    for parent in schema.get("allOf", []):
        parent = definitions[parent["$ref"].rpartition("/")[2]] if "$ref" in parent else parent
        more, needed = _members(definitions, parent)
        members.update(more)
        required += needed
    return {**members, **schema.get("properties", {})}, required + schema.get("required", [])


def _member(name, schema):
    if name in _OBJECTS:
        return _OBJECTS[name]
    if name in _TEXTS and schema.get("type") == "string":
        return {"enum": _TEXTS[name]}
    if name == "value" and schema.get("type") == "number":
        # Of a batch or a threshold: most numbers are far too large.
        return {"type": "number", "minimum": 1, "maximum": 100}
    if name in ("data", "roles"):
        # Entries of a job are of one type, and roles of one reach: several are rarely right.
        return {"anyOf": [{**_sent(schema), "maxItems": 1}, _sent(schema)]}
    if name == "organizations":
        return {**schema, "items": {"enum": ["org-a"]}, "maxItems": 1}
    if name == "connectionTimeout":
        # The published 30 s are waited to the end for a device that is there and never connects.
        return {"enum": [0, 1]}
    if name == "displayName":
        # None is empty, whatever else they are.
        return {**schema, "minLength": 1}
    return _sent(schema)


def _sent(schema):
    """A schema that refers to what is sent."""
    if "$ref" in schema:
        return {"$ref": f"{schema['$ref']}Sent"}
    return {**schema, **({"items": _sent(schema["items"])} if "items" in schema else {})}
