# SPDX-License-Identifier: GPL-3.0-or-later
"""What hands do for a voice, whoever makes it: the grammar or a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mien.direction import Direction
from mien.engines.articulation.accents import accents, phrases
from mien.engines.diffted.arm_paths import ArmPath, arm_paths
from mien.engines.diffted.strokes import Stroke, plan_strokes
from mien.numeric.random_streams import stream
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import RATE, PhoneTrack


@dataclass(frozen=True, eq=False)
class HandMotion:
    """paths by side; ends: seconds at which strokes end; strokes: the plan, () where there is none; seams: seconds at
    which windows of a network meet."""

    paths: dict[str, ArmPath]
    ends: tuple[float, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    seams: tuple[float, ...] = ()


Mover = Callable[[PhoneTrack, Prosody, Direction, np.ndarray], HandMotion]
"""Hands for a sound, as the direction asks, at seconds (T,) at 100 Hz from 0 on."""


def by_grammar(track: PhoneTrack, prosody: Prosody, direction: Direction, clock: np.ndarray) -> HandMotion:
    """A `Mover`: strokes on accents, then the ways of the hands."""
    scale, hands = direction.gestures, direction.hands
    strokes = plan_strokes(
        accents(track, prosody), phrases(track, prosody), direction.gains(clock), len(clock[1:]) / RATE,
        stream(direction.seed, "gestures"), hands if scale > 0 else "none",
    )  # fmt: skip
    paths = arm_paths(strokes, clock, scale, hands, stream(direction.seed, "arms"))
    return HandMotion(paths, tuple(stroke.end for stroke in strokes), tuple(strokes))
