# SPDX-License-Identifier: GPL-3.0-or-later
"""StagedProgress: the progress of work in stages, the time of each, and a cancel that is looked for at every step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mien.engines.base import Cancelled, Progress


@dataclass
class StagedProgress:
    """shares: of the work by stage, in their order, 1 in all; stopped: what Cancelled says; seconds: spent by stage."""

    shares: Mapping[str, float]
    progress: Progress
    cancelled: Callable[[], bool]
    stopped: str
    seconds: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)

    def __call__(self, stage: str, fraction: float, detail: str = "") -> None:
        """Report that so much of a stage is done, and a detail of it. Cancelled where that is asked for."""
        if self.cancelled():
            raise Cancelled(self.stopped)
        now = time.monotonic()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._began
        self._began = now
        names = list(self.shares)
        before = sum(self.shares[name] for name in names[: names.index(stage)])
        self.progress(before + self.shares[stage] * min(1.0, fraction), f"{stage}, {detail}" if detail else stage)

    def of(self, stage: str, begin: float = 0.0, share: float = 1.0) -> Progress:
        """The Progress of a part of a stage, from `begin` on."""
        return lambda fraction, _: self(stage, begin + share * fraction)
