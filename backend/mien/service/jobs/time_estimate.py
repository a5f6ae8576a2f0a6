# SPDX-License-Identifier: GPL-3.0-or-later
"""TimeEstimate: the seconds that work still takes, from how long it has been taking on this machine."""

from __future__ import annotations

from mien.service.jobs.database import JobDatabase

NEWEST = 0.3  # weight of the latest measurement in the rate that is kept: a machine gets busier and less busy
TRUSTED = 0.15  # fraction done from which the speed of the work itself predicts better than that of earlier work

Workload = tuple[str, float] | None
"""(what is measured, such as the engine; its size, in seconds of sound); None where nothing is measured."""


class TimeEstimate:
    """Seconds of work for a second of sound, by engine, measured and kept. Not for several threads at once."""

    def __init__(self, database: JobDatabase) -> None:
        self._database, self._rates = database, database.rates()

    def learn(self, workload: Workload, work_s: float) -> None:
        """Take in that this workload took `work_s` seconds. Raises sqlite3.OperationalError when the disk is full."""
        if workload is None:
            return
        name, size_s = workload
        measured = work_s / max(size_s, 1.0)  # the time for a short sound is mostly not spent on the sound
        known = self._rates.get(name, measured)
        self._rates[name] = known + NEWEST * (measured - known)
        self._database.set_rate(name, self._rates[name])

    def expected(self, workload: Workload) -> float | None:
        """Seconds that it will take; None before anything was measured."""
        if workload is None or workload[0] not in self._rates:
            return None
        return self._rates[workload[0]] * max(workload[1], 1.0)

    def left(self, workload: Workload, fraction: float, spent_s: float) -> float | None:
        """Seconds that work still takes of which `fraction` is done after `spent_s`; None where that is not known."""
        if fraction >= TRUSTED:
            return spent_s * (1 - fraction) / fraction
        expected = self.expected(workload)
        return None if expected is None else max(expected - spent_s, 0.0)
