# SPDX-License-Identifier: GPL-3.0-or-later
"""Held-out clips that takes are measured on: parts of the motion corpus whose voices, and partly whose styles, are kept
from training."""

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
class Clip:
    """Some whole utterances of one performance.

    truth (F, 57): its motion at 25 frames a second. lips_shut (F,) bool: frames in which the lips are shut for a p, b
    or m. known: its style occurs in training, with other voices.
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
    """Motion (F, 57) at 25 frames a second as a take, without any rules."""
    return Take(
        fps=Fraction(FPS), duration=Fraction(len(motion), FPS), channels=ARKIT,
        weights=np.clip(motion[:, : len(ARKIT)], 0, 1).astype(np.float32),
        head_rotation=motion[:, ROTATION].astype(np.float32), gaze=motion[:, GAZE].astype(np.float32),
    )  # fmt: skip


def held_out_clips(corpus: Path, motion: Path, seconds: float = 10.0, every: int = 1) -> Iterator[Clip]:
    """A clip of each held-out performance, of `seconds` or a little more, each from another part of the unit; only
    every so many. EvaluationError where no voice is held out."""
    units = [unit for unit in read_motion_units(motion) if unit.held_out]
    if not units:
        raise EvaluationError(
            f"nothing in {motion} is held out; takes are measured on voices that nothing was trained on."
        )
    number = 0
    for motion_unit in units:
        unit = read_unit(corpus / f"{motion_unit.name}.json")
        for performance in range(len(motion_unit.directions)):
            if number % every == 0:
                yield _clip(unit, motion_unit, performance, seconds)
            number += 1


def _clip(unit: Unit, motion_unit: MotionUnit, performance: int, seconds: float) -> Clip:
    starts = [0.0, *unit.ends[:-1]]
    last = max(i for i, start in enumerate(starts) if i == 0 or unit.ends[-1] - start >= seconds)
    begin = starts[round(last * performance / max(1, len(motion_unit.directions) - 1))]
    end = next((end for end in unit.ends if end - begin >= seconds), unit.ends[-1])
    frames = slice(int(np.ceil(begin * FPS)), min(int(end * FPS), motion_unit.motion.shape[1]))
    samples = unit.samples()[frames.start * RATE // FPS : frames.stop * RATE // FPS] / 32768
    direction = motion_unit.directions[performance]
    return Clip(
        f"{motion_unit.name} {performance}",
        Speech.from_samples(samples, unit.name),
        later(direction, frames.start / FPS),
        motion_unit.motion[performance, frames].astype(np.float32),
        motion_unit.lips_shut[frames],
        direction.style not in HELD_OUT,
    )


def later(direction: Direction, begin: float) -> Direction:
    """The direction with all its curves moved so many seconds earlier, for a sound that begins so much later."""

    def moved(curve: Curve) -> Curve:
        return Curve(tuple(t - begin for t in curve.times), curve.values)

    curves = {name: moved(getattr(direction, name)) for name in ("intensity", "jaw", "lips")}
    return replace(direction, emotion={name: moved(curve) for name, curve in direction.emotion.items()}, **curves)
