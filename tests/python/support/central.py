"""A client of the central face, as far as the tests need one."""

from __future__ import annotations

import requests

VERSION = "2022-07-31"


class Central:
    """An application of IoT Central, seen by its administrator."""

    def __init__(self, url, token):
        self._url = url
        self._headers = {"Authorization": token}

    def ask(self, method, path, version=VERSION, **named):
        """What is answered, whatever it is."""
        return requests.request(
            method, f"{self._url}/api{path}", headers=self._headers, params={"api-version": version}, timeout=60, **named
        )

    def get(self, path):
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def put(self, path, body):
        answer = self.ask("PUT", path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def group_keys(self, group="SAS-IoT-Devices"):
        """The keys from which those of a group's devices are derived."""
        keys = self.get(f"/enrollmentGroups/{group}")["attestation"]["symmetricKey"]
        return keys["primaryKey"], keys["secondaryKey"]

    def credentials(self, device_id):
        return self.get(f"/devices/{device_id}/credentials")
