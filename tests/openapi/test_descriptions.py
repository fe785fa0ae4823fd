"""Every operation that a version describes and we serve, with generated requests: some as described, some not.

Whatever is sent: no 5xx but a 501 for what is deliberately not served, no success that the version does not declare,
errors only as it declares them, and bodies as its schemas say.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from conftest import schema
from descriptions import VERSIONS, WITHOUT_ERRORS

# Of each kind; `EXAMPLES=…` asks for more.
EXAMPLES = int(os.environ.get("EXAMPLES", "6"))
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


def _operations():
    for version in VERSIONS:
        for operation in schema(version).get_all_operations():
            operation = operation.ok()
            yield pytest.param(version, operation, id=f"{version} {operation.method.upper()} {operation.path}")


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["described", "not"])
@pytest.mark.parametrize(("version", "operation"), list(_operations()))
def test_operation(api, version, operation, mode):
    declared = operation.definition.raw["responses"]

    # Derandomized: the same requests in every run.
    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        answer = case.call(
            base_url=api.url, session=api.session, headers=api.headers, verify=api.ca, timeout=60)
        if answer.status_code == 501:
            # What is described and deliberately not served says so; it is this and nothing else.
            assert "/modules/{moduleName}/" in operation.path and "/commands/" in operation.path, answer.text
            assert answer.json()["error"]["code"] == "NotImplemented"
            return
        if answer.status_code < 400:
            assert str(answer.status_code) in declared, f"{answer.status_code} is not declared"
        if answer.status_code >= 400 and version in WITHOUT_ERRORS:
            # Not declared, but of the shape that later versions declare.
            assert answer.status_code < 500, answer.text
            assert set(answer.json()["error"]) >= {"code", "message"}
        else:
            # The check does not know that 204 has no body, and so no type.
            typed = [content_type_conformance] if answer.content else []
            case.validate_response(answer, checks=CHECKS + typed)

    ask()
    if operation.method == "delete":
        api.set_up()
