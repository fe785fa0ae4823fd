"""The server, what is there before the fuzzing begins, and the closing count."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import requests

from descriptions import VERSIONS
from figures import Figures
from world import SET_UP

_REPOSITORY = Path(__file__).resolve().parents[2]
_DEADLINE = 60
_FIGURES = Figures()


class Api:
    """Where the server is, and how to be let in."""

    def __init__(self, url, ca, token):
        self.url = f"{url}/api"
        self.ca = str(ca)
        self.headers = {"Authorization": token}
        self.session = requests.Session()
        self.session.trust_env = False

    def set_up(self):
        """Puts there what the ids of the pools mean; also again, when a case has taken it away."""
        for path, body in SET_UP:
            answer = self.session.put(
                f"{self.url}/{path}", params={"api-version": VERSIONS[-1]}, json=body, headers=self.headers,
                verify=self.ca, timeout=30)
            # A job that is there stays as it is.
            assert answer.status_code in (200, 409), f"{path}: {answer.status_code} {answer.text}"


def _binary():
    named = os.environ.get("BELLWETHER_BIN") or os.environ.get("BELLWETHER")
    built = Path(os.environ.get("CARGO_TARGET_DIR", _REPOSITORY / "target")) / "debug" / "bellwether"
    return Path(named) if named else built


@pytest.fixture(scope="session")
def api(tmp_path_factory):
    """A server of its own for this session, and a token that is none of those that cases may delete."""
    folder = tmp_path_factory.mktemp("server")
    # Safe from a build that goes on meanwhile.
    program = str(shutil.copy2(_binary(), folder / "bellwether"))
    data = str(folder / "data")
    told = {"capture_output": True, "check": True, "timeout": _DEADLINE}
    command = [program, "serve", "--data", data, "--https", "127.0.0.1:0", "--mqtts", "127.0.0.1:0", "--drain", "1"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        connection = _connection(process, program, data, folder / "server.log")
        create = [program, "token", "create", "--data", data, "--json", "fuzzer"]
        token = json.loads(subprocess.run(create, **told).stdout)["token"]
        made = Api(connection["httpsUrl"], connection["caFile"], token)
        made.set_up()
        yield made
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            process.kill()


def _connection(process, program, data, log):
    """Once it listens."""
    end = time.monotonic() + _DEADLINE
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(errors="replace")
        told = subprocess.run(
            [program, "connection", "--data", data, "--json"], capture_output=True, timeout=_DEADLINE)
        if told.returncode == 0:
            connection = json.loads(told.stdout)
            try:
                if requests.get(f"{connection['httpsUrl']}/readyz", verify=connection["caFile"], timeout=5).ok:
                    return connection
            except requests.ConnectionError:
                pass
        time.sleep(0.1)
    raise AssertionError(f"the server is not ready:\n{log.read_text(errors='replace')}")


@pytest.fixture(scope="session")
def figures():
    return _FIGURES


def pytest_terminal_summary(terminalreporter):
    for line in _FIGURES.lines():
        terminalreporter.write_line(line)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """The line that the project's own test script reads."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not config.option.collectonly:
        passed = len(reporter.stats.get("passed", []))
        failed = sum(len(reporter.stats.get(name, [])) for name in ("failed", "error"))
        print(f"{passed} passed, {failed} failed", flush=True)
