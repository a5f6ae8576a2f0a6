# SPDX-License-Identifier: GPL-3.0-or-later
"""What is compared: ProbTalk3D and what it has to be better than. Each gives ten takes at 25 frames a second of what
one ear heard, told the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.articulation import animate
from mien.engines.neural.conditioning import conditioning
from mien.engines.neural.motion_space import FPS
from mien.engines.neural.postprocess import postprocess
from mien.engines.probtalk3d import WEIGHTS
from mien.engines.probtalk3d.generate import generate
from mien.evaluation.takes.clips import Stretch, take_of
from mien.evaluation.takes.metrics import SAMPLES
from mien.speech_analysis.network.inference import hear
from mien.speech_analysis.prosody import Prosody, listen_to_prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take
from mien.training.motion_corpus import MotionUnit
from mien.training.probtalk3d import regression

Performer = Callable[[Speech, PhoneTrack, Prosody, Direction], list[Take]]
Takes = Callable[[Speech, PhoneTrack, Prosody, Sequence[Direction]], list[Take]]


class Performing:
    """An engine's takes at 25 frames a second; a stretch is heard once for all engines that share `heard`, and a take
    that several measures look at is made once."""

    def __init__(self, takes: Takes, heard: dict[str, tuple[PhoneTrack, Prosody]]) -> None:
        self.takes, self.heard = takes, heard
        self.made: dict[tuple[str, str], list[Take]] = {}

    def __call__(self, stretch: Stretch, directions: list[Direction]) -> list[Take]:
        asked = stretch.name, "\n".join(each.to_json() for each in directions)
        if asked not in self.made:
            if stretch.name not in self.heard:
                self.heard[stretch.name] = hear(stretch.speech), listen_to_prosody(stretch.speech)
            takes = self.takes(stretch.speech, *self.heard[stretch.name], directions)
            self.made[asked] = [take.resample(FPS) for take in takes]
        return self.made[asked]


def performers(known: Iterable[MotionUnit], of_regression: Path | None, weights: Path = WEIGHTS) -> dict[str, Performer]:
    """By name. The mean face is that of the performances `known`; no regression without its weights."""
    found: dict[str, Performer] = {
        "probtalk3d": lambda *asked: sampled(*asked, weights),
        "probtalk3d, most probable": lambda *asked: most_probable(*asked, weights),
        "articulation, other seeds": by_rules,
    }
    if of_regression is not None:
        network = regression.load(of_regression)
        found["regression"] = lambda *asked: regressed(network, *asked)
    mean = mean_face(known)
    found["mean face"] = lambda speech, track, prosody, direction: still(mean, speech)
    return found


def sampled(
    speech: Speech, track: PhoneTrack, prosody: Prosody, direction: Direction, weights: Path = WEIGHTS
) -> list[Take]:
    """Ten takes as they are made for animators."""
    takes = generate(speech, track, prosody, seeds(direction), weights=weights)
    return [take.resample(FPS) for take in takes]


def most_probable(
    speech: Speech, track: PhoneTrack, prosody: Prosody, direction: Direction, weights: Path = WEIGHTS
) -> list[Take]:
    """The take without chance, ten times."""
    cold = replace(direction, temperature=0.0)
    return [generate(speech, track, prosody, [cold], weights=weights)[0].resample(FPS)] * SAMPLES


def by_rules(speech: Speech, track: PhoneTrack, prosody: Prosody, direction: Direction) -> list[Take]:
    """What the corpus was performed by, from other seeds and on what the ear heard."""
    return [animate.animate(track, prosody, each, speech.duration).resample(FPS) for each in seeds(direction)]


def regressed(
    network: regression.Regression, speech: Speech, track: PhoneTrack, prosody: Prosody, direction: Direction
) -> list[Take]:
    """The one take of the regression, ten times; blinks and closures as ProbTalk3D's takes get them."""
    sound, style = conditioning(speech, track, prosody, direction)
    with torch.inference_mode():
        motion = network(torch.from_numpy(sound)[None], torch.from_numpy(style)[None])[0].numpy()
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
    """Ten, none of them the one that the truth was performed from."""
    return [direction.with_seed(direction.seed + 1 + i) for i in range(SAMPLES)]
