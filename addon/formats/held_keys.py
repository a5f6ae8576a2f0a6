# SPDX-License-Identifier: GPL-3.0-or-later
"""What an animator holds of a line, as text that is kept on it: channels with their curves, and which F-curves were
muted for it. No bpy.

Curves are as a Direction has them, channel -> [[[second, value], ...], ...], in seconds of the line's sound: a line
that moves takes them along.
"""

import json
from dataclasses import dataclass, field

Curves = dict[str, list[list[list[float]]]]


@dataclass(frozen=True)
class Holds:
    """muted: (name of a datablock, data path) of the F-curves whose keys these are."""

    curves: Curves = field(default_factory=dict)
    muted: tuple[tuple[str, str], ...] = ()

    def to_text(self) -> str:
        """'' where nothing is held."""
        return json.dumps({"curves": self.curves, "muted": self.muted}, sort_keys=True) if self.curves else ""

    @classmethod
    def of(cls, text: str) -> "Holds":
        """As `to_text` wrote it; '' is nothing."""
        if not text:
            return cls()
        said = json.loads(text)
        return cls(said["curves"], tuple((name, path) for name, path in said["muted"]))

    @property
    def span(self) -> tuple[float, float]:
        """The first and last second at which anything is held."""
        keys = [key for curves in self.curves.values() for curve in curves for key in curve]
        return min(second for second, _ in keys), max(second for second, _ in keys)

    def after(self, seconds: float) -> Curves:
        """The curves of what is left of the sound when so many seconds in front are cut off."""
        out: Curves = {}
        for channel, curves in self.curves.items():
            left = [_after(curve, seconds) for curve in curves if curve[-1][0] >= seconds]
            if left:
                out[channel] = left
        return out


def _after(curve: list[list[float]], seconds: float) -> list[list[float]]:
    """What is left of a curve that does not end before; with a key where it is cut."""
    later = [[round(second - seconds, 6), value] for second, value in curve if second >= seconds]
    earlier = [key for key in curve if key[0] < seconds]
    if earlier and later[0][0] > 0.0:
        (before, low), (_, high) = earlier[-1], curve[len(earlier)]
        share = (seconds - before) / (curve[len(earlier)][0] - before)
        later.insert(0, [0.0, round(low + share * (high - low), 6)])
    return later
