"""Servers, devices and the closing count."""

from __future__ import annotations

import itertools
import logging
import signal

import pytest

from support import address, server
from support.devices import AsyncDevice, Loop, SyncDevice
from support.forwarder import Forwarder

_counter = itertools.count(1)


def pytest_configure(config):
    # Ended from outside, the fixtures still run.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))
    # Background errors of devices whose server is being killed are the point of some tests.
    logging.getLogger("azure.iot.device").setLevel(logging.CRITICAL)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """The line that the project's own test script reads."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not config.option.collectonly:
        passed = len(reporter.stats.get("passed", []))
        failed = sum(len(reporter.stats.get(name, [])) for name in ("failed", "error"))
        print(f"{passed} passed, {failed} failed", flush=True)


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    found = server.binary()
    if not found.is_file():
        pytest.exit(f"{found} is not there: cargo build -p bellwether", returncode=1)
    return server.copy_of(found, tmp_path_factory.mktemp("program"))


@pytest.fixture(scope="session")
def trust(tmp_path_factory):
    """Lets the service SDK trust one more certificate authority."""
    patch = pytest.MonkeyPatch()
    bundle = tmp_path_factory.mktemp("trust") / "ca.pem"
    patch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    # Nothing here goes through a proxy.
    patch.setenv("NO_PROXY", "*")

    def add(ca):
        known = bundle.read_text() if bundle.exists() else ""
        if ca not in known:
            bundle.write_text(known + ca)

    yield add
    patch.undo()


@pytest.fixture(scope="session")
def servers(program, trust, tmp_path_factory):
    """Starts servers and is sure to end them."""
    started = []

    def start(*options):
        folder = tmp_path_factory.mktemp("server")
        made = server.Server(program, folder, address.take(), *options, trust=trust)
        started.append(made)
        return made.start()

    yield start
    for each in started:
        each.kill()


@pytest.fixture(scope="session")
def main(servers):
    """The server of all tests that do not need one of their own."""
    return servers()


@pytest.fixture
def hub(main):
    """The operator's view of `main`."""
    return main.hub


@pytest.fixture
def name():
    """Names that nobody else uses."""
    return lambda stem="dev": f"{stem}-{next(_counter)}"


@pytest.fixture(scope="session")
def loop():
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def devices(main, loop):
    """Makes devices and ends them. A device is registered when no key is given."""
    made = []

    def make(kind, device_id, key=None, at=None, **options):
        at = at or main
        key = key or at.hub.add(device_id)
        device = SyncDevice(at, device_id, key, **options) if kind == "sync" else AsyncDevice(
            loop, at, device_id, key, **options
        )
        made.append(device)
        return device

    yield make
    for device in made:
        device.stop()


@pytest.fixture
def forwarders():
    """A forwarder needs its name in the server's certificate: take the address first."""
    made = []

    def make(at, target):
        forwarder = Forwarder(at, target)
        made.append(forwarder)
        return forwarder

    yield make
    for forwarder in made:
        forwarder.close()
