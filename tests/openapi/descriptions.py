"""The published descriptions, restricted to what is served."""

from __future__ import annotations

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


def published(version):
    """A version's description as it is published, without what is not served and without what the test says itself."""
    document = json.loads((FOLDER / f"{version}.json").read_text())
    # The address.
    document.pop("x-ms-parameterized-host", None)
    document["paths"] = {
        path: methods for path, methods in document["paths"].items() if not path.startswith(_UNSERVED)}
    for methods in document["paths"].values():
        for operation in methods.values():
            # They name files. They say nothing of what may be sent, and have a test of their own.
            operation.pop("x-ms-examples", None)
            # Which description this is. Most leave the text open: nearly every request would fail for it alone.
            operation["parameters"] = [
                parameter for parameter in operation.get("parameters", [])
                if parameter.get("$ref") != "#/parameters/Version"]
    return document


def ruled(operation):
    """Has it a parameter that could be otherwise than described? Text could not where the description has no rule, or
    a pattern that every text begins with; of a length alone the generator hardly ever finds a breach.
    """
    parameters = [parameter.definition for parameter in operation.iter_parameters()]
    if operation.body:
        return True
    return any(
        parameter.get("type") != "string" or "enum" in parameter or parameter.get("pattern", "").endswith("$")
        for parameter in parameters)
