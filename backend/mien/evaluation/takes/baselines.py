# SPDX-License-Identifier: GPL-3.0-or-later
"""ProbTalk3D and its baselines: each gives ten takes at 25 frames a second from the same phones, prosody and
direction."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.articulation.engine import Articulation
from mien.engines.neural.conditioning import conditioning
from mien.engines.neural.motion_space import FPS
from mien.engines.neural.postprocess import postprocess
from mien.engines.probtalk3d import WEIGHTS
from mien.engines.probtalk3d.engine import ProbTalk3D
from mien.evaluation.takes.clips import Clip, take_of
from mien.evaluation.takes.metrics import SAMPLES
from mien.speech_analysis.network.inference import recognise
from mien.speech_analysis.prosody import Prosody, analyse_prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take
from mien.training.motion_corpus import MotionUnit
from mien.training.probtalk3d import regression

System = Callable[[Speech, PhoneTrack, Prosody, Direction], list[Take]]
"""What is compared: ten takes of one direction."""
Takes = Callable[[Speech, PhoneTrack, Prosody, Sequence[Direction]], list[Take]]
"""`perform` of an engine: a take for each direction, at the engine's own rate."""
Analyses = dict[str, tuple[PhoneTrack, Prosody]]
"""Phones and prosody by the name of a clip."""


def analysis_of(clip: Clip, analyses: Analyses) -> tuple[PhoneTrack, Prosody]:
    """Phones and prosody of a clip, from `analyses` where they are there, and kept there."""
    if clip.name not in analyses:
        analyses[clip.name] = recognise(clip.speech), analyse_prosody(clip.speech)
    return analyses[clip.name]


class CachedTakes:
    """An engine's takes at 25 frames a second. Engines that share `analyses` analyse a clip once; takes that several
    measures need are made once."""

    def __init__(self, takes: Takes, analyses: Analyses) -> None:
        self.takes, self.analyses = takes, analyses
        self.cache: dict[tuple[str, str], list[Take]] = {}

    def __call__(self, clip: Clip, directions: list[Direction]) -> list[Take]:
        key = clip.name, "\n".join(direction.to_json() for direction in directions)
        if key not in self.cache:
            takes = self.takes(clip.speech, *analysis_of(clip, self.analyses), directions)
            self.cache[key] = [take.resample(FPS) for take in takes]
        return self.cache[key]


def systems(known: Iterable[MotionUnit], regression_weights: Path | None, weights: Path = WEIGHTS) -> dict[str, System]:
    """By name. The mean face is that of the performances `known`; no regression without its weights."""
    engine = ProbTalk3D(weights)
    systems: dict[str, System] = {
        "probtalk3d": functools.partial(sampled, engine.perform),
        "probtalk3d, most probable": functools.partial(most_probable, engine.perform),
        "articulation, other seeds": functools.partial(sampled, Articulation().perform),
    }
    if regression_weights is not None:
        systems["regression"] = functools.partial(regressed, regression.load(regression_weights))
    mean = mean_face(known)
    systems["mean face"] = lambda speech, track, prosody, direction: still(mean, speech)
    return systems


def sampled(takes: Takes, speech: Speech, track: PhoneTrack, prosody: Prosody, direction: Direction) -> list[Take]:
    """Takes of ten seeds, as animators get them."""
    return [take.resample(FPS) for take in takes(speech, track, prosody, seeds(direction))]


def most_probable(
    takes: Takes, speech: Speech, track: PhoneTrack, prosody: Prosody, direction: Direction
) -> list[Take]:
    """The take at temperature 0, ten times."""
    return [takes(speech, track, prosody, [replace(direction, temperature=0.0)])[0].resample(FPS)] * SAMPLES


def regressed(
    network: regression.Regression, speech: Speech, track: PhoneTrack, prosody: Prosody, direction: Direction
) -> list[Take]:
    """The one take of the regression, ten times; with blinks and closures as ProbTalk3D's takes have them."""
    audio, style = conditioning(speech, track, prosody, direction)
    with torch.inference_mode():
        motion = network(torch.from_numpy(audio)[None], torch.from_numpy(style)[None])[0].numpy()
    return [postprocess(motion, track, prosody, direction, speech.duration).resample(FPS)] * SAMPLES


def still(face: np.ndarray, speech: Speech) -> list[Take]:
    """A face (57,) that does not move, ten times."""
    frames = max(1, int(speech.duration * FPS))
    return [take_of(np.tile(face, (frames, 1)))] * SAMPLES


def mean_face(known: Iterable[MotionUnit]) -> np.ndarray:
    """(57,) mean of all frames."""
    sums, frames = 0.0, 0
    for unit in known:
        sums = sums + unit.motion.astype(float).sum((0, 1))
        frames += unit.motion.shape[0] * unit.motion.shape[1]
    return np.asarray(sums / frames, np.float32)


def seeds(direction: Direction) -> list[Direction]:
    """The direction with ten seeds, none of them that of the true performance."""
    return [direction.with_seed(direction.seed + 1 + i) for i in range(SAMPLES)]
