# SPDX-License-Identifier: GPL-3.0-or-later
"""What the animator did to the markers of words: moved, retyped or deleted some. No bpy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Marker = tuple[str, int]
"""(name, frame)"""


@dataclass(frozen=True)
class Changes:
    """present: for each marker that was placed the one that it is now, None where it was deleted."""

    placed: tuple[Marker, ...]
    present: tuple[Marker | None, ...]

    @property
    def moved(self) -> tuple[int, ...]:
        pairs = enumerate(zip(self.placed, self.present, strict=True))
        return tuple(number for number, (old, new) in pairs if new is not None and new[1] != old[1])

    @property
    def retyped(self) -> tuple[int, ...]:
        pairs = enumerate(zip(self.placed, self.present, strict=True))
        return tuple(number for number, (old, new) in pairs if new is not None and new[0] != old[0])


def compare(placed: Sequence[Marker], found: Sequence[Marker]) -> Changes:
    """Which of the markers `found` in the scene each of the `placed` ones is. A marker has no identity of its own, so
    one that was moved is known by its name and the nearest place, one that was retyped by its place."""
    left = list(found)
    present: list[Marker | None] = [None] * len(placed)
    for number, marker in enumerate(placed):
        if marker in left:
            left.remove(marker)
            present[number] = marker
    for same in (0, 1):
        pairs = [
            (abs(other[1] - placed[number][1]), number, other)
            for number in range(len(placed))
            for other in left
            if present[number] is None and other[same] == placed[number][same]
        ]
        for _, number, other in sorted(pairs):
            if present[number] is None and other in left:
                left.remove(other)
                present[number] = other
    return Changes(tuple(placed), tuple(present))


def knots(changes: Changes, first: float, last: float) -> tuple[np.ndarray, np.ndarray]:
    """(old frames, new frames) between which a take is warped: a word that was moved takes what lies between its
    neighbours along, and everything else stays. Raises ValueError, with the word, where words are out of order."""
    old, new = [first], [first]
    for (_, frame), marker in zip(changes.placed, changes.present, strict=True):
        now = frame if marker is None else marker[1]
        if frame <= old[-1] or frame >= last:
            continue  # two words in one frame
        if now <= new[-1] or now >= last:
            raise ValueError(marker[0] if marker is not None else "")
        old.append(float(frame))
        new.append(float(now))
    return np.array([*old, last]), np.array([*new, last])
