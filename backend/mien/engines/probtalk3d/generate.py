# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of Mien's own ProbTalk3D from phones and prosody: conditioning, sampling, then the rules."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from torch import nn

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.articulation.persona import directed_curve
from mien.engines.neural.conditioning import conditioning
from mien.engines.neural.postprocess import postprocess
from mien.engines.probtalk3d import WEIGHTS
from mien.engines.probtalk3d.code_predictor import CodePredictor
from mien.engines.probtalk3d.sampling import sample
from mien.engines.probtalk3d.weights import load_all
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take


def generate(
    speech: Speech, track: PhoneTrack, prosody: Prosody, directions: Sequence[Direction],
    progress: Callable[[float], None] = lambda done: None, weights: Path = WEIGHTS,
) -> list[Take]:  # fmt: skip
    """A take for each of directions that differ only in their seed."""
    codecs, predictor = networks(weights)
    audio, style = conditioning(speech, track, prosody, directions[0])
    seeds = [direction.seed for direction in directions]
    motions = sample(codecs, predictor, audio, style, directions[0].temperature, seeds, progress)
    curve = directed_curve(speech, track, prosody, directions[0])
    return [
        postprocess(motion, track, prosody, direction, speech.duration, curve)
        for motion, direction in zip(motions, directions, strict=True)
    ]


@functools.lru_cache(maxsize=2)
def networks(path: Path = WEIGHTS) -> tuple[nn.ModuleDict, CodePredictor]:
    """Both stages, kept. EngineError for a damaged file."""
    return load_all(path)
