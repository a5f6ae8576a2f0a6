# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of EMOdiffhead from phones and prosody: conditioning, sampling, the rules, then held keys."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.articulation.coarticulation import smooth
from mien.engines.articulation.emotion.swell import swell_at
from mien.engines.articulation.persona import directed_curve
from mien.engines.emodiffhead import WEIGHTS, expression
from mien.engines.emodiffhead.guidance import Guidance
from mien.engines.emodiffhead.network import STYLE, Denoiser
from mien.engines.emodiffhead.sampling import STEPS, sample
from mien.engines.emodiffhead.weights import load
from mien.engines.neural.conditioning import conditioning
from mien.engines.neural.held_keys import HeldKeys, restored
from mien.engines.neural.motion_space import FPS
from mien.engines.neural.postprocess import BROWS, EXPRESSION, free_share, postprocess
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import RATE, PhoneTrack
from mien.take import Take

DRAWN = 0.6  # share of the way from the network's brows to those that were asked for


def generate(
    speech: Speech, track: PhoneTrack, prosody: Prosody, directions: Sequence[Direction],
    progress: Callable[[float], None] = lambda done: None, weights: Path = WEIGHTS, steps: int = STEPS,
) -> list[Take]:  # fmt: skip
    """A take for each of directions that differ only in their seed."""
    first = directions[0]
    audio, style = conditioning(speech, track, prosody, first)
    swelling = swell_at(np.arange(len(audio)) / FPS, track, prosody)
    keys = HeldKeys.of(first, math.ceil(speech.duration * RATE)) if first.held else None
    expressions = [expression.directed(direction, len(audio), swelling) for direction in directions]
    motions = sample(
        network(weights), audio, style[:, :STYLE], expressions,
        [direction.seed for direction in directions], first.temperature,
        Guidance(first.sound_guidance, first.emotion_guidance),
        None if keys is None else keys.sampled(len(audio)), steps, progress,
    )  # fmt: skip
    for motion, wanted, direction in zip(motions, expressions, directions, strict=True):
        draw_brows(motion, first.emotion_guidance * wanted, direction)
    curve = directed_curve(speech, track, prosody, directions[0])
    takes = [
        postprocess(motion, track, prosody, direction, speech.duration, curve)
        for motion, direction in zip(motions, directions, strict=True)
    ]
    return takes if keys is None else [restored(*each, keys) for each in zip(takes, motions, strict=True)]


def draw_brows(motion: np.ndarray, wanted: np.ndarray, direction: Direction) -> None:
    """Draw what moves slowly in the brows of sampled motion (F, 57), in place, towards the expression that was asked
    for, (F, 52): the network raises both brows where one is to rise. Held channels are left alone."""
    free = DRAWN * free_share(direction, "brow", len(motion) * RATE // FPS)[:: RATE // FPS]
    slow = smooth(motion[:, BROWS], 2 * round(EXPRESSION * FPS / 2) + 1)
    motion[:, BROWS] += free[: len(motion)] * (np.clip(wanted[: len(motion), BROWS], 0, 1) - slow)


@functools.lru_cache(maxsize=4)  # trainings are compared
def network(path: Path = WEIGHTS, flame: str = "") -> Denoiser:
    """The network, kept; of the FLAME of that sha256. EngineError for a damaged file, and for one of another head."""
    return load(path, flame)
