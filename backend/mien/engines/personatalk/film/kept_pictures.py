# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pictures of a dub keep their own pixels, and why."""

from __future__ import annotations

import numpy as np

from mien.engines.personatalk.face_shapes import FaceShapes
from mien.engines.personatalk.references.choice import is_profile
from mien.numeric.mask_runs import runs

NO_FACE, TURNED, COVERED, PAUSE = (
    "no face is seen", "the head is turned too far to the side", "something covers the mouth", "a pause is kept",
)  # fmt: skip

BETWEEN = 0.12  # s: a mouth that is shown for less between pictures that stay would flash up
BESIDE = 0.08  # s before and after a covered picture: what comes to cover the mouth is at its edge already
TURNING = np.radians(35)  # of yaw, from which what is unlike the face is its far side, and nothing that covers it


def kept_pictures(shapes: FaceShapes, sources: np.ndarray, pause: np.ndarray | None, frame: float) -> list[str | None]:
    """Why each picture of the dub, which lasts `frame` s, keeps its own pixels; None where it does not. More are found
    while drawing.

    sources (K,): the film's picture under each; pause (K,) bool: whether it shows a pause that stays, None for none.
    """
    profile = is_profile(shapes)[sources]
    refused = ~shapes.seen[sources] | profile
    why: list[str | None] = []
    for number, stays in enumerate(without_short_gaps(refused, frame)):
        if stays and not refused[number]:
            why.append(why[-1])  # as the picture before it
        elif stays:
            why.append(TURNED if profile[number] else NO_FACE)
        else:
            why.append(PAUSE if pause is not None and pause[number] else None)
    return why


def without_short_gaps(refused: np.ndarray, frame: float) -> np.ndarray:
    """(n,) bool: what is refused (n,) bool of pictures of `frame` s, and what lies between for less than BETWEEN."""
    most = round(BETWEEN / frame)
    found = refused.copy()
    for begin, end in runs(~refused):
        if end - begin <= most and begin > 0 and end < len(refused):
            found[begin:end] = True
    return found


def why_kept(kept: list[str | None], shapes: FaceShapes, sources: np.ndarray) -> list[str | None]:
    """Why each picture keeps its own pixels, as it is said: of a head that is turned far, what was found to cover its
    mouth while drawing is its own far side, and that of the pictures beside it."""
    found = list(kept)
    far = np.abs(shapes.turn[sources, 1]) > TURNING
    for begin, end in runs(np.array([why in (COVERED, TURNED) for why in kept])):
        if far[begin:end].any():
            found[begin:end] = [TURNED] * (end - begin)
    return found


def stretches_kept(kept: list[str | None], seconds: np.ndarray, frame: float) -> tuple[tuple[float, float, str], ...]:
    """(begin, end, why) of pictures that keep their pixels, in seconds; seconds (K,) of each, which lasts `frame`."""
    found = []
    for why in dict.fromkeys(why for why in kept if why is not None):
        for begin, end in runs(np.array([each == why for each in kept])):
            found.append((round(float(seconds[begin]), 3), round(float(seconds[end - 1]) + frame, 3), why))
    return tuple(sorted(found))
