# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands by the denoiser: a voice and a direction to paths, in the place of the grammar's."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from mien.body.skeleton import SIDES
from mien.direction import Direction
from mien.engines.articulation.accents import accents, phrases
from mien.engines.diffted.arm_paths import arm_paths
from mien.engines.diffted.denoiser import conditions, motion_space
from mien.engines.diffted.denoiser.conditions import Person
from mien.engines.diffted.hand_motion import HandMotion
from mien.engines.diffted.strokes import preferred_hand
from mien.engines.neural.audio_features import audio_features
from mien.numeric.random_streams import stream
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack


def denoised(track: PhoneTrack, prosody: Prosody, direction: Direction, clock: np.ndarray, weights: Path) -> HandMotion:
    """At the seconds `clock` (T,), from 0 on. A hand that may not move, and both at a scale of 0, rest; the seed draws
    the person and the noise; weights: of `mien train diffted`. EngineError where the weights cannot be read."""
    rng = stream(direction.seed, "gesturing person")
    hands = direction.hands if direction.gestures > 0 else "none"
    preferred = preferred_hand("both" if hands == "none" else hands, rng)
    resting = arm_paths([], np.zeros(1), 0.0, "none", rng)
    rest = motion_space.numbers_of(resting, [], np.zeros(1))[0]
    frames = max(2, int(np.ceil(clock[-1] * motion_space.FPS)) + 1)
    if hands == "none":
        return HandMotion(motion_space.paths_of(np.tile(rest, (frames, 1)), clock))
    from mien.engines.diffted.denoiser.network import SEED
    from mien.engines.diffted.denoiser.sampling import STRIDE, sample

    sound = conditions.sound_features(
        audio_features(track, prosody, frames), accents(track, prosody), phrases(track, prosody)
    )
    request = conditions.request_features(direction.gains(clock), direction.gestures, hands, frames)
    person = conditions.person_features(
        Person(preferred, conditions.rests_of({side: resting[side].wrist[0] for side in SIDES}))
    )
    features = np.concatenate(
        [
            conditions.before_the_sound(sound, SEED),
            np.concatenate([np.repeat(request[:1], SEED, 0), request]),
            np.tile(person, (SEED + frames, 1)),
        ],
        1,
    )
    numbers = sample(_network(weights), features, rest, direction.seed)
    for i, side in enumerate(SIDES):
        if hands not in ("both", side):
            own = slice(i * motion_space.HAND, (i + 1) * motion_space.HAND)
            numbers[:, own] = rest[own]
    seams = tuple(start / motion_space.FPS for start in range(STRIDE, frames, STRIDE))
    return HandMotion(motion_space.paths_of(numbers, clock), motion_space.ends_of(numbers), seams=seams)


@functools.lru_cache(maxsize=2)
def _network(weights: Path):
    from mien.engines.diffted.denoiser.weights import load

    return load(weights)
