# SPDX-License-Identifier: GPL-3.0-or-later
"""StopDeadline: how long a process may go on after it was told to stop. Time for which it was ready and had no
processor does not count: on a busy machine, killing it would cost far more than waiting, as a new process has to load
its models again."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

STOP_S = 0.6  # for an engine to reach its next call of `progress`
STARVED_S = 3.0  # at most, on top, of time without a processor


def starved_s(pid: int) -> float:
    """Seconds for which the main thread of a process was ready to run and had no processor, since it began; 0 where the
    system does not say (others than Linux)."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


class StopDeadline:
    """Of the process `pid`, from now on. `clock` and `starved` return seconds."""

    def __init__(
        self,
        pid: int,
        clock: Callable[[], float] = time.monotonic,
        starved: Callable[[int], float] = starved_s,
    ) -> None:
        self._pid, self._clock, self._starved = pid, clock, starved
        self._began, self._before = clock(), starved(pid)

    def left(self) -> float:
        """Seconds that it still has, as far as is known now; never below 0."""
        starved = min(max(self._starved(self._pid) - self._before, 0.0), STARVED_S)
        return max(self._began + STOP_S + starved - self._clock(), 0.0)
