# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of EMOdiffhead from what was heard: the network, then the rules, then what an animator holds."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.channels import ARKIT
from mien.direction import Direction
from mien.engines.base import EngineError
from mien.engines.emodiffhead import expression
from mien.engines.emodiffhead.guidance import AS_LEARNT, Guidance
from mien.engines.emodiffhead.held import Held, joined
from mien.engines.emodiffhead.network import STYLE, Denoiser
from mien.engines.emodiffhead.perform import STEPS, perform
from mien.engines.emodiffhead.weights import load
from mien.engines.probtalk3d.finish import finished
from mien.engines.probtalk3d.space import GAZE, ROTATION, motion_of
from mien.engines.probtalk3d.takes import inputs
from mien.phones import RATE, PhoneTrack
from mien.prosody import Prosody
from mien.speech import Speech
from mien.take import Take

WEIGHTS = Path(__file__).with_name("mien.safetensors")


def performed(
    speech: Speech, track: PhoneTrack, prosody: Prosody, directions: list[Direction],
    progress: Callable[[float], None] = lambda done: None, weights: Path = WEIGHTS, guidance: Guidance = AS_LEARNT,
    felt: np.ndarray | None = None, held: Held | None = None, steps: int = STEPS,
) -> list[Take]:  # fmt: skip
    """A take for each of directions that differ in nothing but their seed.

    `felt` (F, 52) is an expression at 25 frames a second in place of the directions' emotions (`expression.matched`);
    what is `held` has as many frames as the takes, 100 a second. EngineError where one of these has another length.
    """
    first = directions[0]
    sound, told = inputs(speech, track, prosody, first)
    if felt is not None and felt.shape != (len(sound), expression.SIZE):
        raise EngineError(
            f"the expression has the shape {felt.shape}; this sound of {float(speech.duration):.2f} s takes "
            f"({len(sound)}, {expression.SIZE})."
        )
    motions = perform(
        network(weights), sound, told[:, :STYLE],
        [expression.directed(each, len(sound)) if felt is None else felt for each in directions],
        [each.seed for each in directions], first.temperature, guidance,
        None if held is None else held.sampled(len(sound)), steps, progress,
    )  # fmt: skip
    takes = [
        finished(motion, track, prosody, direction, speech.duration)
        for motion, direction in zip(motions, directions, strict=True)
    ]
    return takes if held is None else [_holding(take, held) for take in takes]


def _holding(take: Take, held: Held) -> Take:
    """The rules may have bent what is held; whoever holds it knows better."""
    if len(held.held) != take.frames:
        raise EngineError(f"{len(held.held)} frames are held, the take has {take.frames} at {RATE} a second.")
    motion = joined(motion_of(take), held.held, held.values, RATE)
    weights = np.clip(motion[:, : len(ARKIT)], 0, 1)
    return replace(take, weights=weights, head_rotation=motion[:, ROTATION], gaze=motion[:, GAZE])


@functools.lru_cache(maxsize=2)
def network(path: Path = WEIGHTS) -> Denoiser:
    """The network, kept. EngineError for a damaged file."""
    return load(path)
