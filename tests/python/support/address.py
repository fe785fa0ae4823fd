"""Addresses on port 8883, the only one that the Python device SDK dials.

Each is a loopback address of its own (127.0.0.2 and up). Where the system has none, or keeps the port, the address is
a made-up name that `socket.create_connection` of this process turns into a free port: the SDK sees nothing of it.
BELLWETHER_TEST_REDIRECT=1 asks for that way.
"""

from __future__ import annotations

import itertools
import os
import random
import socket

MQTTS_PORT = 8883

# Name and port that a client dials, and where it ends up.
_redirected = {}
_names = itertools.count(1)
_create_connection = socket.create_connection


def _dial(address, *arguments, **named):
    return _create_connection(_redirected.get(tuple(address[:2]), address), *arguments, **named)


class Address:
    """`host` is what clients are told; `bind` is where to listen, or where they end up once `listens_at` said so."""

    def __init__(self, host, bind):
        self.host = host
        self.bind = bind

    @property
    def redirected(self):
        return self.bind[1] != MQTTS_PORT

    def leads(self, port, to):
        """Whoever dials `port` of this host ends up at the port `to`."""
        socket.create_connection = _dial
        _redirected[(self.host, port)] = (self.bind[0], to)

    def listens_at(self, port):
        """Says which port `bind` became."""
        if self.redirected:
            self.leads(MQTTS_PORT, port)


def _free(host):
    try:
        with socket.socket() as probe:
            probe.bind((host, MQTTS_PORT))
        return True
    except OSError:
        return False


def take():
    """An address that nobody listens on."""
    if os.environ.get("BELLWETHER_TEST_REDIRECT") != "1":
        for number in random.sample(range(2, 250), 20):
            host = f"127.0.0.{number}"
            if _free(host):
                return Address(host, (host, MQTTS_PORT))
    return Address(f"hub-{next(_names)}.bellwether.test", ("127.0.0.1", 0))
