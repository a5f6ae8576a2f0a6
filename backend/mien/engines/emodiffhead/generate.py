# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of EMOdiffhead from what was heard: the network, then the rules, then what an animator holds."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import distance_transform_edt

from mien.audio.speech import Speech
from mien.channels import ARKIT
from mien.direction import Direction
from mien.engines.emodiffhead import WEIGHTS, expression
from mien.engines.emodiffhead.guidance import Guidance
from mien.engines.emodiffhead.held_keys import Held, joined
from mien.engines.emodiffhead.network import STYLE, Denoiser
from mien.engines.emodiffhead.sampling import STEPS, perform
from mien.engines.emodiffhead.weights import load
from mien.engines.neural.conditioning import inputs
from mien.engines.neural.motion_space import FPS, GAZE, ROTATION, motion_of
from mien.engines.neural.postprocess import finished
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import RATE, PhoneTrack
from mien.take import Take

EASE = 0.16  # s


def performed(
    speech: Speech, track: PhoneTrack, prosody: Prosody, directions: list[Direction],
    progress: Callable[[float], None] = lambda done: None, weights: Path = WEIGHTS, steps: int = STEPS,
) -> list[Take]:  # fmt: skip
    """A take for each of directions that differ in nothing but their seed."""
    first = directions[0]
    sound, told = inputs(speech, track, prosody, first)
    held = Held.of(first, math.ceil(speech.duration * RATE)) if first.held else None
    motions = perform(
        network(weights), sound, told[:, :STYLE],
        [expression.directed(each, len(sound)) for each in directions],
        [each.seed for each in directions], first.temperature,
        Guidance(first.sound_guidance, first.emotion_guidance),
        None if held is None else held.sampled(len(sound)), steps, progress,
    )  # fmt: skip
    takes = [
        finished(motion, track, prosody, direction, speech.duration)
        for motion, direction in zip(motions, directions, strict=True)
    ]
    return takes if held is None else [_holding(*each, held) for each in zip(takes, motions, strict=True)]


def _holding(take: Take, sampled: np.ndarray, held: Held) -> Take:
    """The rules may have bent what is held; whoever holds it knows better. There, and less and less towards EASE from
    there, is what was sampled (F, 57) around the held numbers in the place of what the rules made of it."""
    if not held.held.any():  # all of it is after the end of the sound
        return take
    motion = motion_of(take)
    moments, used = np.arange(len(sampled)) / FPS, np.flatnonzero(held.held.any(0))
    within = np.minimum(np.arange(len(motion)) / RATE, moments[-1])
    far = np.stack([distance_transform_edt(~held.held[:, column]) for column in used], 1)
    far = np.minimum(far / (EASE * RATE), 1)
    near = 1 - far * far * (3 - 2 * far)
    motion[:, used] += near * (PchipInterpolator(moments, sampled[:, used])(within) - motion[:, used])
    motion = joined(motion, held.held, held.values, RATE)
    weights = np.clip(motion[:, : len(ARKIT)], 0, 1)
    return replace(take, weights=weights, head_rotation=motion[:, ROTATION], gaze=motion[:, GAZE])


@functools.lru_cache(maxsize=4)  # trainings are compared
def network(path: Path = WEIGHTS, flame: str = "") -> Denoiser:
    """The network, kept; of the FLAME of that sha256. EngineError for a damaged file, and for one of another head."""
    return load(path, flame)
