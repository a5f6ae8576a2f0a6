# SPDX-License-Identifier: GPL-3.0-or-later
"""A take of somebody who says nothing: blinks, gaze, brows, breath and shifts of the weight. It is what the engine
`articulation` makes of silence, so that a backend that is sent silence gives the same."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from mien.audio.speech import RATE, Speech
from mien.direction import Direction
from mien.engines import Progress, no_progress
from mien.errors import USAGE, MienError
from mien.speak import speak
from mien.take import Take

ENGINE = "articulation"


class IdleError(MienError, ValueError):
    """An idle of this length cannot be made; the message says which can."""

    exit_status = USAGE


def idle_take(
    seconds: float,
    direction: Direction,
    fps: Fraction | int | str | None = None,
    progress: Progress = no_progress,
    limit_s: float = 600.0,
) -> Take:
    """An idle of so many seconds as `direction` asks, at `fps` or at 100 frames a second, on the default head. The same
    request gives the same bytes. Raises IdleError, and what `speak` raises."""
    if not 0 < seconds <= limit_s:  # NaN is not, either
        raise IdleError(f"an idle of {seconds:g} s was asked for; it may have more than 0 and at most {limit_s:g} s.")
    silence = Speech.from_samples(np.zeros(max(1, round(seconds * RATE)), np.float32), "silence")
    take = speak(silence, replace(direction, transcript=""), ENGINE, fps, progress)
    return replace(take, meta={name: text for name, text in take.meta.items() if name != "warnings"})
