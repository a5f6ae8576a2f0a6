# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of Mien's own ProbTalk3D from what was heard: the networks, then the rules."""

from __future__ import annotations

import functools
from pathlib import Path

from torch import nn

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.neural.conditioning import inputs
from mien.engines.neural.postprocess import finished
from mien.engines.probtalk3d.code_predictor import Performer
from mien.engines.probtalk3d.sampling import perform
from mien.engines.probtalk3d.weights import load_all
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take

WEIGHTS = Path(__file__).with_name("mien.safetensors")


def performed(
    speech: Speech, track: PhoneTrack, prosody: Prosody, directions: list[Direction],
    progress=lambda done: None, weights: Path = WEIGHTS,
) -> list[Take]:  # fmt: skip
    """A take for each of directions that differ in nothing but their seed."""
    codecs, performer = networks(weights)
    sound, style = inputs(speech, track, prosody, directions[0])
    seeds = [direction.seed for direction in directions]
    motions = perform(codecs, performer, sound, style, directions[0].temperature, seeds, progress)
    return [
        finished(motion, track, prosody, direction, speech.duration)
        for motion, direction in zip(motions, directions, strict=True)
    ]


@functools.lru_cache(maxsize=2)
def networks(path: Path = WEIGHTS) -> tuple[nn.ModuleDict, Performer]:
    """Both stages, kept. EngineError for a damaged file."""
    return load_all(path)
