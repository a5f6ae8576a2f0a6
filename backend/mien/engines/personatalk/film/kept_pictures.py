# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pictures of a dub keep their own pixels, and why."""

from __future__ import annotations

import numpy as np

from mien.engines.personatalk.face_shapes import FaceShapes
from mien.engines.personatalk.reference_choice import is_profile
from mien.numeric.mask_runs import runs

NO_FACE, TURNED, COVERED, PAUSE = (
    "no face is seen", "the head is turned more than 50 degrees", "something covers the mouth", "a pause is kept",
)  # fmt: skip


def kept_pictures(shapes: FaceShapes, sources: np.ndarray, pause: np.ndarray | None) -> list[str | None]:
    """Why each picture of the dub keeps its own pixels; None where it does not. More are found while drawing.

    sources (K,): the film's picture under each; pause (K,) bool: whether it shows a pause that stays, None for none.
    """
    profile = is_profile(shapes)
    why: list[str | None] = []
    for number, source in enumerate(sources):
        if not shapes.seen[source]:
            why.append(NO_FACE)
        elif profile[source]:
            why.append(TURNED)
        else:
            why.append(PAUSE if pause is not None and pause[number] else None)
    return why


def stretches_kept(kept: list[str | None], seconds: np.ndarray, frame: float) -> tuple[tuple[float, float, str], ...]:
    """(begin, end, why) of pictures that keep their pixels, in seconds; seconds (K,) of each, which lasts `frame`."""
    found = []
    for why in dict.fromkeys(why for why in kept if why is not None):
        for begin, end in runs(np.array([each == why for each in kept])):
            found.append((round(float(seconds[begin]), 3), round(float(seconds[end - 1]) + frame, 3), why))
    return tuple(sorted(found))
