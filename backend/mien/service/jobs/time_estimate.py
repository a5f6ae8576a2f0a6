# SPDX-License-Identifier: GPL-3.0-or-later
"""Pace: how long takes have been taking on this machine, so that waiting can be told in seconds."""

from __future__ import annotations

from mien.service.jobs.database import Store

NEW = 0.3  # share of the latest work in the pace that is remembered: a machine gets busier and less busy
TOLD = 0.15  # the fraction done from which a work's own speed says more than what others took


class Pace:
    """Seconds of work for a second of sound, by engine, measured and remembered. Not for several threads at once."""

    def __init__(self, store: Store) -> None:
        self._store, self._paces = store, store.paces()

    def learn(self, engine: str, sound_s: float, work_s: float) -> None:
        """That so many seconds of sound took so many of work."""
        measured = work_s / max(sound_s, 1.0)  # what little sound takes is mostly other than listening
        known = self._paces.get(engine, measured)
        self._paces[engine] = known + NEW * (measured - known)
        self._store.set_pace(engine, self._paces[engine])

    def expected(self, engine: str, sound_s: float) -> float | None:
        """Seconds that it will take; None before anything was measured."""
        pace = self._paces.get(engine)
        return None if pace is None else pace * max(sound_s, 1.0)

    def left(self, engine: str, sound_s: float, fraction: float, spent_s: float) -> float | None:
        """Seconds that a work still takes of which `fraction` is done after `spent_s`."""
        if fraction >= TOLD:
            return spent_s * (1 - fraction) / fraction
        expected = self.expected(engine, sound_s)
        return None if expected is None else max(expected - spent_s, 0.0)
