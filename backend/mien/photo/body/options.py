# SPDX-License-Identifier: GPL-3.0-or-later
"""TalkOptions: what is asked of a half-length photo that talks, as a value and as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from mien.direction import GESTURES_TOP, HANDS
from mien.errors import shortened
from mien.photo import PortraitRefused
from mien.photo.options import PortraitOptions


@dataclass(frozen=True)
class TalkOptions(PortraitOptions):
    """All of a talk but its files: those of a portrait, and what the body does.

    gestures: how large they are, 0 for a still body, to 1.5; hands: which of them move, the person's own left or right.
    There is no alpha: a body is cut out of its background, and moves before it. The refinement is off unless asked
    for: what it gains was measured on portraits, and a face is small here.
    """

    MAKES, REFUSED = "talk", PortraitRefused

    gestures: float = 1.0
    hands: str = "both"
    refine: bool = False

    def __post_init__(self) -> None:
        """The checks of `from_json`, and PortraitRefused for values that do not go together."""
        super().__post_init__()
        if self.alpha:
            raise PortraitRefused("a talk has no alpha; leave it out, or make a portrait, which keeps a photo's own.")


def _gestures(name: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= GESTURES_TOP:
        raise PortraitRefused(
            f"{name} is {shortened(value)}; expected a number from 0, a still body, to {GESTURES_TOP:g}, 1 as it is."
        )
    return float(value) + 0.0


def _hands(name: str, value: object) -> str:
    if not isinstance(value, str) or value not in HANDS:
        raise PortraitRefused(f"{name} is {shortened(value)}; expected one of {', '.join(HANDS)}.")
    return value


TalkOptions.READERS = {**PortraitOptions.READERS, "gestures": _gestures, "hands": _hands}
