# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes are measured on: stretches of the motion corpus in voices, and partly by speakers, that nothing was
trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from mien.audio.speech import RATE, Speech
from mien.channels import ARKIT
from mien.direction import Curve, Direction
from mien.engines.articulation.style_names import HELD_OUT
from mien.engines.neural.motion_space import FPS, GAZE, ROTATION
from mien.evaluation import EvaluationError
from mien.take import Take
from mien.training.motion_corpus import MotionUnit, read_motion_units
from mien.training.speech_corpus.store import Unit, read_unit


@dataclass(frozen=True, eq=False)
class Stretch:
    """Some whole utterances of one performance, as if that was all there is.

    truth (F, 57) at 25 frames a second; lips_shut (F,): its frames that show the lips shut for a p, b or m; `known`:
    its speaker performs in training, with other voices.
    """

    name: str
    speech: Speech
    direction: Direction
    truth: np.ndarray
    lips_shut: np.ndarray
    known: bool

    @property
    def true_take(self) -> Take:
        return take_of(self.truth)


def take_of(motion: np.ndarray) -> Take:
    """Motion (F, 57) at 25 frames a second as it stands."""
    return Take(
        fps=Fraction(FPS), duration=Fraction(len(motion), FPS), channels=ARKIT,
        weights=np.clip(motion[:, : len(ARKIT)], 0, 1).astype(np.float32),
        head_rotation=motion[:, ROTATION].astype(np.float32), gaze=motion[:, GAZE].astype(np.float32),
    )  # fmt: skip


def stretches(corpus: Path, motion: Path, seconds: float = 10.0, every: int = 1) -> Iterator[Stretch]:
    """One of each held-out performance, of `seconds` or a little more, each from another part of the unit; only
    every so many. EvaluationError where no voice is held out."""
    found = [unit for unit in read_motion_units(motion) if unit.held_out]
    if not found:
        raise EvaluationError(f"nothing in {motion} is held out; takes are measured on voices that nothing heard.")
    number = 0
    for performed in found:
        unit = read_unit(corpus / f"{performed.name}.json")
        for which in range(len(performed.directions)):
            if number % every == 0:
                yield _stretch(unit, performed, which, seconds)
            number += 1


def _stretch(unit: Unit, performed: MotionUnit, which: int, seconds: float) -> Stretch:
    starts = [0.0, *unit.ends[:-1]]
    last = max(i for i, start in enumerate(starts) if i == 0 or unit.ends[-1] - start >= seconds)
    begin = starts[round(last * which / max(1, len(performed.directions) - 1))]
    end = next((end for end in unit.ends if end - begin >= seconds), unit.ends[-1])
    frames = slice(int(np.ceil(begin * FPS)), min(int(end * FPS), performed.motion.shape[1]))
    samples = unit.samples()[frames.start * RATE // FPS : frames.stop * RATE // FPS] / 32768
    direction = performed.directions[which]
    return Stretch(
        f"{performed.name} {which}",
        Speech.from_samples(samples, unit.name),
        later(direction, frames.start / FPS),
        performed.motion[which, frames].astype(np.float32),
        performed.lips_shut[frames],
        direction.style not in HELD_OUT,
    )


def later(direction: Direction, begin: float) -> Direction:
    """The direction of what is left when the sound begins so many seconds later."""

    def moved(curve: Curve) -> Curve:
        return Curve(tuple(t - begin for t in curve.times), curve.values)

    curves = {name: moved(getattr(direction, name)) for name in ("intensity", "jaw", "lips")}
    return replace(direction, emotion={name: moved(curve) for name, curve in direction.emotion.items()}, **curves)
