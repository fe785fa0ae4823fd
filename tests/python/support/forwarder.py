"""A TCP forwarder between devices and the server, so that a test can cut the link. TLS passes through untouched."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

# Close with a reset, as a network does that lost a connection.
_RESET = struct.pack("ii", 1, 0)


class Forwarder:
    """Takes connections on `address` and passes them on to what `target()` says."""

    def __init__(self, address, target):
        self._address = address
        self._target = target
        self._lock = threading.Lock()
        self._links = set()
        self._open = True
        self._listener = socket.create_server(address.bind, backlog=128)
        address.listens_at(self._listener.getsockname()[1])
        self.accepted = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def host(self):
        return self._address.host

    @property
    def links(self):
        with self._lock:
            return len(self._links)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.accepted += 1
                wanted = self._open
            if not wanted:
                client.close()
                continue
            try:
                server = socket.create_connection(self._target(), timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            link = (client, server)
            with self._lock:
                self._links.add(link)
            for source, sink in (link, link[::-1]):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pump, args=(link, source, sink), daemon=True).start()

    def _pump(self, link, source, sink):
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(65536)
                if not data:
                    break
                sink.sendall(data)
        self._end(link)

    def _end(self, link, reset=False):
        with self._lock:
            if link not in self._links:
                return
            self._links.discard(link)
        for end in link:
            with contextlib.suppress(OSError):
                if reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                # Ends the recv() of the other thread too, without which nothing would be closed.
                end.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)
            end.close()

    def cut(self, reset=False, stay_down=False):
        """Ends every link, in an orderly way or with a reset; until `restore` new ones end at once."""
        with self._lock:
            links = list(self._links)
            self._open = not stay_down
        for link in links:
            self._end(link, reset)

    def restore(self):
        with self._lock:
            self._open = True

    def close(self):
        # Closing alone would leave accept() waiting.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut(stay_down=True)
