"""The product's binary, started and stopped by a test."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import requests

from .central import Central
from .hub import Hub
from .wait import until

_REPOSITORY = Path(__file__).resolve().parents[3]

# Kills the process given to it once our end of its pipe is closed, however we ended.
_GUARD = 'read -r line; kill -9 "$1" 2>/dev/null'


def binary():
    """The server to test."""
    named = os.environ.get("BELLWETHER_BIN") or os.environ.get("BELLWETHER")
    built = Path(os.environ.get("CARGO_TARGET_DIR", _REPOSITORY / "target")) / "debug" / "bellwether"
    return Path(named) if named else built


class Server:
    """`bellwether serve` on a data folder of its own. Restarts keep folder and addresses."""

    def __init__(self, program, folder, address, *options, trust):
        self._program = str(program)
        self._data = folder / "data"
        self._log = folder / "server.log"
        self._address = address
        self._options = options
        self._trust = trust
        self._process = None
        self._guard = None
        self._https_port = 0
        self._mqtts_port = address.bind[1]
        self.connection = None
        self.ca = None
        self.hub = None
        self._central = None

    @property
    def host(self):
        """What devices dial, on port 8883."""
        return self._address.host

    @property
    def mqtts(self):
        """Where MQTT over TLS is served."""
        return self._address.bind[0], self._mqtts_port

    def start(self):
        bind_host = self._address.bind[0]
        # In place of a name that resolves nowhere, the service API goes by its address.
        first = self.host if bind_host == self.host else bind_host
        names = [name for host in dict.fromkeys([first, self.host]) for name in ("--host-name", host)]
        command = [self._program, "serve", "--data", str(self._data), "--https", f"{bind_host}:{self._https_port}"]
        command += ["--mqtts", f"{bind_host}:{self._mqtts_port}", "--drain", "1", *names]
        # Devices that register ask soon what came of it, and dial the name that they know.
        command += ["--assigned-hub", self.host, "--provisioning-retry-after", "1", *self._options]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BELLWETHER")}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        self._guard = subprocess.Popen(
            ["sh", "-c", _GUARD, "guard", str(self._process.pid)], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        until(self._listens, "the server says where it listens")
        told = subprocess.run(
            [self._program, "connection", "--data", str(self._data), "--json"],
            check=True, capture_output=True, timeout=30, env=environment,
        )
        self.connection = json.loads(told.stdout)
        self.ca = Path(self.connection["caFile"]).read_text()
        self._address.listens_at(self._mqtts_port)
        # Devices over WebSocket dial port 443 and no other.
        self._address.leads(443, self._https_port)
        self._trust(self.ca)
        self.hub = Hub(self.connection)
        until(self._ready, "the server is ready")
        return self

    def _listens(self):
        """Also notes the ports, which stay the same from then on."""
        self._alive()
        with contextlib.suppress(FileNotFoundError, ValueError):
            told = json.loads((self._data / "run.json").read_text())
            if told["pid"] == self._process.pid:
                self._https_port, self._mqtts_port = (
                    int(told[name].rpartition(":")[2]) for name in ("https", "mqtts")
                )
                return True

    def _ready(self):
        self._alive()
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.connection['httpsUrl']}/readyz", timeout=10).status_code == 200

    def _alive(self):
        code = self._process.poll()
        assert code is None, f"the server ended with {code}; its log:\n{self.log_tail()}"

    def central(self):
        """The application's view, by a token made at the machine."""
        if self._central is None:
            made = subprocess.run(
                [self._program, "token", "create", "--data", str(self._data), "--json", "tests"],
                check=True, capture_output=True, timeout=30,
            )
            self._central = Central(self.connection["httpsUrl"], json.loads(made.stdout)["token"])
        return self._central

    def id_scope(self):
        """What devices are given with their key."""
        groups = self.central().ask("GET", "/enrollmentGroups", version="2022-10-31-preview").json()
        return groups["value"][0]["idScope"]

    def stop(self):
        """As an operator does."""
        self._end(signal.SIGTERM)
        assert self._code == 0, f"the server ended with {self._code}; its log:\n{self.log_tail()}"

    def kill(self):
        """As a power cut does."""
        self._end(signal.SIGKILL)

    def _end(self, how):
        if self._process is None:
            return
        process, self._process = self._process, None
        try:
            if process.poll() is None:
                process.send_signal(how)
            self._code = process.wait(timeout=20)
        finally:
            process.kill()
            process.wait()
            # Only now: until here it is the one that is sure to end the server.
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()

    def log_tail(self, lines=40):
        with contextlib.suppress(FileNotFoundError):
            return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    def device_string(self, device_id, key, through=None):
        """What a device is given; `through` is where it dials instead, as to a gateway."""
        gateway = f";GatewayHostName={through}" if through else ""
        return f"HostName={self.host};DeviceId={device_id};SharedAccessKey={key}{gateway}"


def copy_of(program, folder):
    """The binary, safe from a build that goes on meanwhile."""
    return Path(shutil.copy2(program, folder / "bellwether"))
