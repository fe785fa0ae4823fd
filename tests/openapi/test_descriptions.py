"""Every operation that a version describes and we serve, with generated requests.

First by the descriptions as they are published, then by narrowed ones whose requests get further; both times requests
that are as described and requests that are not.

Whatever is sent: no 5xx but a 501 for what is deliberately not served, no success that the version does not declare,
errors only as it declares them, and bodies as its schemas say.
"""

from __future__ import annotations

import os
import time

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from descriptions import VERSIONS, WITHOUT_ERRORS, published, ruled
from narrowed import met, narrowed

# Requests for each operation and phase, twice as many where they get through; `EXAMPLES=…` asks for more.
EXAMPLES = int(os.environ.get("EXAMPLES", "6"))
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
PHASES = {
    "published": (published, GenerationMode.POSITIVE),
    "published-not": (published, GenerationMode.NEGATIVE),
    "narrowed": (narrowed, GenerationMode.POSITIVE),
    "narrowed-not": (met, GenerationMode.NEGATIVE),
}


def _operations():
    for phase, (description, mode) in PHASES.items():
        for version in VERSIONS:
            for operation in schemathesis.openapi.from_dict(description(version)).get_all_operations():
                operation = operation.ok()
                if mode is GenerationMode.NEGATIVE and not ruled(operation):
                    continue
                name = f"{phase} {version} {operation.method.upper()} {operation.path}"
                yield pytest.param(phase, version, operation, id=name)


OPERATIONS = list(_operations())
NARROWED = sum(parameters.values[0] == "narrowed" for parameters in OPERATIONS)


@pytest.mark.parametrize(("phase", "version", "operation"), OPERATIONS)
def test_operation(api, figures, phase, version, operation):
    declared = operation.definition.raw["responses"]
    mode = PHASES[phase][1]

    # Derandomized: the same requests in every run.
    @settings(
        max_examples=EXAMPLES * (2 if phase == "narrowed" else 1), derandomize=True, deadline=None, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        answer = case.call(
            base_url=api.url, session=api.session, params={"api-version": version}, headers=api.headers,
            verify=api.ca, timeout=60)
        figures.count(phase, version, operation, answer.status_code)
        if answer.status_code == 501:
            # What is described and deliberately not served says so; it is this and nothing else.
            assert "/modules/" in operation.path and "/commands/" in operation.path, answer.text
            assert answer.json()["error"]["code"] == "NotImplemented"
            return
        if answer.status_code < 400:
            # A declared `default` is for errors; the check takes it for anything.
            assert str(answer.status_code) in declared, f"{answer.status_code} is not declared"
        if answer.status_code >= 400 and version in WITHOUT_ERRORS:
            # Not declared, but of the shape that later versions declare.
            assert answer.status_code < 500, answer.text
            assert set(answer.json()["error"]) >= {"code", "message"}
        else:
            # The check does not know that 204 has no body, and so no type.
            typed = [content_type_conformance] if answer.content else []
            case.validate_response(answer, checks=CHECKS + typed)

    if phase.startswith("narrowed"):
        # Cases before may have taken it away.
        api.set_up()
    begun = time.monotonic()
    try:
        ask()
    finally:
        figures.took(phase, version, time.monotonic() - begun)


# What cannot succeed here, and why. Everything else does, else the narrowed descriptions no longer reach it.
NEVER_DONE = {
    # No device is connected, sends telemetry, or keeps a job waiting.
    "POST /devices/{deviceId}/commands/{commandName}",
    "POST /devices/{deviceId}/components/{componentName}/commands/{commandName}",
    "GET /devices/{deviceId}/telemetry/{telemetryName}",
    "GET /devices/{deviceId}/components/{componentName}/telemetry/{telemetryName}",
    "POST /jobs/{jobId}/resume",
    "POST /jobs/{jobId}/stop",
    # Modules are not served.
    "POST /devices/{deviceId}/modules/{moduleName}/commands/{commandName}",
    "POST /devices/{deviceId}/modules/{moduleName}/components/{componentName}/commands/{commandName}",
    "GET /devices/{deviceId}/modules/{moduleName}/telemetry/{telemetryName}",
    "GET /devices/{deviceId}/modules/{moduleName}/components/{componentName}/telemetry/{telemetryName}",
    "GET /devices/{deviceId}/modules/{moduleName}/components/{componentName}/properties",
    "PATCH /devices/{deviceId}/modules/{moduleName}/properties",
    "PATCH /devices/{deviceId}/modules/{moduleName}/components/{componentName}/properties",
    "PUT /devices/{deviceId}/modules/{moduleName}/properties",
    "PUT /devices/{deviceId}/modules/{moduleName}/components/{componentName}/properties",
    # Only a certificate that the group's own has signed is proof.
    "POST /enrollmentGroups/{enrollmentGroupId}/certificates/{entry}/verify",
}


def test_narrowed_requests_get_through(figures, request):
    asked = [item for item in request.session.items if getattr(item, "callspec", None)]
    if sum(item.callspec.params["phase"] == "narrowed" for item in asked) < NARROWED:
        pytest.skip("needs the answers to all narrowed requests")
    assert figures.never_done() == NEVER_DONE
