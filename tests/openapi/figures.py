"""What was sent in this session, and what was answered."""

from __future__ import annotations

from collections import Counter, defaultdict


class Figures:
    """Counts by phase and version; by operation, which answers there were to narrowed requests."""

    def __init__(self):
        self._seconds = Counter()
        self._statuses = defaultdict(Counter)
        self._operations = defaultdict(set)

    def count(self, phase, version, operation, status):
        self._statuses[phase, version][status] += 1
        if phase == "narrowed":
            self._operations[f"{operation.method.upper()} {operation.path}"].add(status)

    def took(self, phase, version, seconds):
        self._seconds[phase, version] += seconds

    def never_done(self):
        """Operations that were asked for and never succeeded."""
        return {name for name, statuses in self._operations.items() if not any(status < 300 for status in statuses)}

    def lines(self):
        for key, statuses in self._statuses.items():
            answers = ", ".join(f"{status}: {number}" for status, number in sorted(statuses.items()))
            yield f"{' '.join(key):34} {statuses.total():5} requests {self._seconds[key]:6.1f} s   {answers}"
        requests = sum(statuses.total() for statuses in self._statuses.values())
        yield f"{'together':34} {requests:5} requests {self._seconds.total():6.1f} s"
