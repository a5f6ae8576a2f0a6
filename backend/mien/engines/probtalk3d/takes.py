# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of Mien's own ProbTalk3D from what was heard: the networks, then the rules."""

from __future__ import annotations

import functools
from pathlib import Path

from torch import nn

from mien.direction import Direction
from mien.engines.learnt.finish import finished
from mien.engines.learnt.inputs import inputs
from mien.engines.probtalk3d.perform import perform
from mien.engines.probtalk3d.performer import Performer
from mien.engines.probtalk3d.weights import load_all
from mien.phones import PhoneTrack
from mien.prosody import Prosody
from mien.speech import Speech
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
