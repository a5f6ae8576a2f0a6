# SPDX-License-Identifier: GPL-3.0-or-later
"""The held keys of a line as text: curves by channel, and the F-curves that were muted for them. No bpy.

Curves have the form of a Direction's `held`, channel -> [[[second, value], ...], ...], in seconds of the line's sound,
so that they move with the line.
"""

import json
from dataclasses import dataclass, field

Curves = dict[str, list[list[list[float]]]]


@dataclass(frozen=True)
class HeldKeys:
    """curves: by channel; muted: (name of a datablock, data path) of the F-curves that the keys were read from."""

    curves: Curves = field(default_factory=dict)
    muted: tuple[tuple[str, str], ...] = ()

    def to_text(self) -> str:
        """JSON, '' without curves."""
        return json.dumps({"curves": self.curves, "muted": self.muted}, sort_keys=True) if self.curves else ""

    @classmethod
    def from_text(cls, text: str) -> "HeldKeys":
        """Read what `to_text` wrote."""
        if not text:
            return cls()
        fields = json.loads(text)
        return cls(fields["curves"], tuple((name, path) for name, path in fields["muted"]))

    @property
    def span(self) -> tuple[float, float]:
        """The first and the last second with a held key."""
        keys = [key for curves in self.curves.values() for curve in curves for key in curve]
        return min(second for second, _ in keys), max(second for second, _ in keys)

    def after(self, seconds: float) -> Curves:
        """The curves when this many seconds are cut off the front of the sound; second 0 is then the cut."""
        remaining = {}
        for channel, curves in self.curves.items():
            cut = [_cut_front(curve, seconds) for curve in curves if curve[-1][0] >= seconds]
            if cut:
                remaining[channel] = cut
        return remaining


def _cut_front(curve: list[list[float]], seconds: float) -> list[list[float]]:
    """The keys from `seconds` on of a curve that does not end before; a curve that crosses the cut gets a key there."""
    later = [[round(second - seconds, 6), value] for second, value in curve if second >= seconds]
    earlier = [key for key in curve if key[0] < seconds]
    if earlier and later[0][0] > 0.0:
        (before, low), (after, high) = earlier[-1], curve[len(earlier)]
        share = (seconds - before) / (after - before)
        later.insert(0, [0.0, round(low + share * (high - low), 6)])
    return later
