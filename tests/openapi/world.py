"""What is there before the fuzzing begins, and what requests may name."""

from __future__ import annotations

TEMPLATE = "dtmi:fuzz:thermo;1"
# Administrator, builder and operator of the application (iot-central §9).
ROLES = [
    "ca310b8d-2f4a-44e0-a36e-957c202cd8d4", "344138e9-8de4-4497-8c54-5237e96d6aaf",
    "ae2c9854-393b-4f97-8c42-479d70ce626e",
]
# Base64 of 32 bytes, and of the DER of a self-signed certificate that holds until 2126.
KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
CERTIFICATE = (
    "MIIBfDCCASGgAwIBAgIUeYzq99zXKbyXMUCRoGpu5bmUq4swCgYIKoZIzj0EAwIwEjEQMA4GA1UEAwwHRmFjdG9yeTAgFw0yNjEx"
    "MjExMzQ5MzNaGA8yMTI2MTAyODEzNDkzM1owEjEQMA4GA1UEAwwHRmFjdG9yeTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBIx"
    "CV3UGPMD95UHGSbQ05CjHN2G1r1b0cSL7dmCuwTywirier0yl+6dLLdybfSYAUNbruYdHqbmWhZTPe7L/IGjUzBRMB0GA1UdDgQW"
    "BBRKLrXM2TlPiNuTVBIscMw78rBpJjAfBgNVHSMEGDAWgBRKLrXM2TlPiNuTVBIscMw78rBpJjAPBgNVHRMBAf8EBTADAQH/MAoG"
    "CCqGSM49BAMCA0kAMEYCIQCQblwH4GwDRCj0GHxxVNVIHs6wssjVhP9HAfwdshUByAIhANU+m85CwhDdxq8spLrSVvd2CSbC2pFJ"
    "MeYeSuwtf6iZ"
)

_PART = {
    "@id": "dtmi:fuzz:part;1", "@type": "Interface", "contents": [
        {"@type": "Property", "name": "level", "schema": "integer", "writable": True},
        {"@type": "Property", "name": "target", "schema": "double", "writable": True},
        {"@type": "Command", "name": "reboot"},
        {"@type": "Telemetry", "name": "temperature", "schema": "double"}],
}
_CONTENTS = [
    {"@type": "Property", "name": "target", "schema": "double", "writable": True},
    {"@type": "Command", "name": "reboot"},
    {"@type": "Telemetry", "name": "temperature", "schema": "double"},
    {"@type": ["Relationship", "EdgeModule"], "name": "module", "target": [{
        "@id": "dtmi:fuzz:module;1", "@type": "Interface", "contents": [
            {"@type": "Property", "name": "level", "schema": "integer", "writable": True}]}]},
]
MODEL = {
    "@id": "dtmi:fuzz:thermo:model;1", "@type": "Interface", "contents": [
        *_CONTENTS, {"@type": ["Property", "Cloud"], "name": "asset", "schema": "string"},
        {"@type": "Component", "name": "part", "schema": _PART}],
}
# The same as the oldest version writes it (iot-central §9).
PREVIEW_MODEL = {
    "@id": "dtmi:fuzz:thermo:model;1", "@type": "CapabilityModel", "contents": _CONTENTS,
    "implements": [{"@type": "InterfaceInstance", "name": "part", "schema": _PART}],
}
_JOB = {"group": "group-1", "data": [{"type": "property", "target": TEMPLATE, "path": "target", "value": 20}]}
_SCHEDULE = {"start": "2099-01-01T00:00:00Z", "recurrence": "daily"}

# Path and body, in the newest version.
SET_UP = [
    ("organizations/org-a", {"displayName": "A"}),
    (f"deviceTemplates/{TEMPLATE}", {
        "@type": ["ModelDefinition", "DeviceModel", "EdgeModel"], "displayName": "thermo", "capabilityModel": MODEL}),
    ("deviceGroups/group-1", {
        "displayName": "all", "filter": f'SELECT * FROM devices WHERE $template = "{TEMPLATE}"'}),
    ("devices/device-1", {"template": TEMPLATE}),
    ("devices/device-2", {"template": TEMPLATE}),
    ("devices/device-1/relationships/relationship-1", {"source": "device-1", "target": "device-2"}),
    ("devices/device-2/attestation", {
        "type": "symmetricKey", "symmetricKey": {"primaryKey": KEY, "secondaryKey": KEY}}),
    ("jobs/job-1", _JOB),
    # No device is connected: all of them fail.
    ("jobs/job-2", {"group": "group-1", "data": [{"type": "command", "target": TEMPLATE, "path": "reboot"}]}),
    ("scheduledJobs/scheduled-1", {**_JOB, "schedule": _SCHEDULE}),
    ("users/user-1", {"type": "email", "email": "one@example.com", "roles": [{"role": ROLES[0]}]}),
    ("apiTokens/token-1", {"roles": [{"role": ROLES[0]}]}),
    ("enrollmentGroups/enrollment-1", {
        "displayName": "e", "type": "iot", "attestation": {
            "type": "x509", "x509": {"signingCertificates": {"primary": {"certificate": CERTIFICATE}}}}}),
    ("enrollmentGroups/enrollment-2", {
        "displayName": "f", "type": "iot", "attestation": {"type": "symmetricKey"}}),
]
