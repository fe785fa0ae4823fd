"""Waiting for something to happen, with a deadline and never for a fixed time."""

from __future__ import annotations

import threading
import time

# Far above what anything here takes: a test that is right never waits for it, however busy the machine.
DEADLINE = 30.0


def until(probe, what, seconds=DEADLINE):
    """Asks `probe` until it answers something true, and returns that."""
    end = time.monotonic() + seconds
    pause = 0.02
    last = None
    while True:
        last = probe()
        if last:
            return last
        if time.monotonic() >= end:
            raise AssertionError(f"not within {seconds} s: {what} (last seen: {last!r})")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)


class Record:
    """What came in, in order; tests wait for an entry of it."""

    def __init__(self, what):
        self._what = what
        self._entries = []
        self._changed = threading.Condition()

    def add(self, entry):
        with self._changed:
            self._entries.append(entry)
            self._changed.notify_all()

    def all(self):
        with self._changed:
            return list(self._entries)

    def __len__(self):
        with self._changed:
            return len(self._entries)

    def wait(self, wanted=lambda entry: True, seconds=DEADLINE, since=0):
        """The first entry from number `since` on that is `wanted`."""
        end = time.monotonic() + seconds
        with self._changed:
            seen = since
            while True:
                for entry in self._entries[seen:]:
                    if wanted(entry):
                        return entry
                seen = max(seen, len(self._entries))
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"not within {seconds} s: {self._what}; seen: {self._entries!r}")
                self._changed.wait(left)
