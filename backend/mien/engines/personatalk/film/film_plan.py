# SPDX-License-Identifier: GPL-3.0-or-later
"""FilmPlan: when each picture of a dub is shown, what sounds with it, and in which parts its pictures are encoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

FINE_TICKS = 90000  # a second, where pictures do not keep a rate
PART = Fraction(8)  # s of a part: what is drawn anew at most where the work was ended


@dataclass(frozen=True)
class FilmPlan:
    """What is written: times (K,) exact seconds of the pictures and `rate`; steady: whether they keep it; source, whose
    sounds but the first are copied from the time stamp `begin` on; voice, whose track, a number from 1, is heard from
    the first picture on."""

    times: list[Fraction]
    rate: Fraction
    steady: bool
    source: Path
    begin: Fraction
    voice: Path
    tags: Mapping[str, str]
    voice_track: int = 1

    @property
    def tick(self) -> Fraction:
        """The unit of the pictures' times. The muxer's own is another one once it has begun."""
        return 1 / self.rate if self.steady else Fraction(1, FINE_TICKS)

    def ticks(self, number: int) -> int:
        """Of `tick`, until a picture is shown."""
        return number if self.steady else round(self.times[number] * FINE_TICKS)

    @property
    def end(self) -> Fraction:
        return self.times[-1] + 1 / self.rate

    @property
    def parts(self) -> list[range]:
        """The pictures of each part."""
        size = max(1, round(PART * self.rate))
        return [range(begin, min(begin + size, len(self.times))) for begin in range(0, len(self.times), size)]
