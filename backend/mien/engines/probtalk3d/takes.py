# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of Mien's own ProbTalk3D from what was heard: the networks, then the rules."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from torch import nn

from mien.direction import Direction
from mien.engines.articulation.styles import STYLES
from mien.engines.probtalk3d import heard, told
from mien.engines.probtalk3d.finish import finished
from mien.engines.probtalk3d.perform import perform
from mien.engines.probtalk3d.performer import Performer
from mien.engines.probtalk3d.space import FPS
from mien.engines.probtalk3d.weights import load_all
from mien.phones import PhoneTrack
from mien.prosody import Prosody
from mien.speech import Speech
from mien.take import Take, frame_count

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


def inputs(
    speech: Speech, track: PhoneTrack, prosody: Prosody, direction: Direction
) -> tuple[np.ndarray, np.ndarray]:
    """What is heard (F, heard.SIZE) and told (F, told.SIZE), at 25 frames a second."""
    frames = frame_count(speech.duration, FPS) + 1  # one past the end, so that the last moment lies between two
    times = np.arange(frames) / FPS
    asked = {"jaw": direction.jaw.at(times), "lips": direction.lips.at(times)}
    asked |= {name: getattr(direction, name) for name in told.ASKED if name not in asked}
    style = told.told(STYLES[direction.style], told.emotions_of(direction, times), asked)
    return heard.heard(track, prosody, frames), style


@functools.lru_cache(maxsize=2)
def networks(path: Path = WEIGHTS) -> tuple[nn.ModuleDict, Performer]:
    """Both stages, kept. EngineError for a damaged file."""
    return load_all(path)
