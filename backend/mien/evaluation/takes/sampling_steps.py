# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate steps`: how near takes of EMOdiffhead in few steps come to those in many, and in what time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.engines.base import Progress
from mien.engines.emodiffhead import WEIGHTS
from mien.engines.emodiffhead.generate import generate
from mien.engines.emodiffhead.sampling import STEPS as USUAL
from mien.engines.neural.motion_space import FPS
from mien.evaluation.takes.clips import Stretch, stretches
from mien.evaluation.takes.metrics import mean_distance, worst
from mien.heads.default import load_head
from mien.speech_analysis.network.inference import hear
from mien.speech_analysis.prosody import Prosody, listen_to_prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take

STEPS = (5, 10, 15, USUAL, 30, 50)
MANY = 100  # as many as the others are compared with
OTHER = 1  # added to the seed, for scale
HEAD = ("steps", "whole face, mm", "lips, mm", "farthest lip vertex, mm", f"time, of {USUAL} steps'")

Perform = Callable[[Stretch, int, int], Take]
"""A take of a stretch from a seed in so many steps, at 25 frames a second."""


@dataclass(frozen=True)
class Row:
    """How far takes are from those of MANY steps from the same noise, mm: vertices of the whole face and of the lips,
    mean over all and over frames, and the farthest of the lips, mean over frames; `time`: as a share of USUAL's."""

    what: str
    face: float
    lips: float
    farthest: float
    time: float


def evaluate(corpus: Path, motion: Path, weights: Path | None, every: int, progress: Progress) -> list[Row]:
    """On every so many of the held-out stretches. EvaluationError where nothing is held out, EngineError for
    weights that are none."""
    heard: dict[str, tuple[PhoneTrack, Prosody]] = {}

    def perform(stretch: Stretch, seed: int, steps: int) -> Take:
        if stretch.name not in heard:
            heard[stretch.name] = hear(stretch.speech), listen_to_prosody(stretch.speech)
        asked = [stretch.direction.with_seed(seed)]
        (take,) = generate(stretch.speech, *heard[stretch.name], asked, weights=weights or WEIGHTS, steps=steps)
        return take.resample(FPS)

    return curve(list(stretches(corpus, motion, every=every)), perform, progress)


def curve(found: Sequence[Stretch], perform: Perform, progress: Progress) -> list[Row]:
    """A row for each of STEPS, and one of USUAL steps from another seed: mean over the stretches. A stretch is
    performed in all of them by turns, so that what else the machine does slows all alike."""
    head = load_head()
    lips = np.flatnonzero(head.lip_mask)
    asked = [(str(steps), 0, steps) for steps in STEPS] + [(f"{USUAL}, another seed", OTHER, USUAL)]
    away, spent = np.zeros((len(asked), 3)), np.zeros(len(asked))
    for i, stretch in enumerate(found):
        progress(i / len(found), stretch.name)
        exact = head.faces(perform(stretch, stretch.direction.seed, MANY))  # this also warms up
        for row, (_, other, steps) in enumerate(asked):
            begin = time.perf_counter()
            take = perform(stretch, stretch.direction.seed + other, steps)
            spent[row] += time.perf_counter() - begin
            face = head.faces(take)
            mouth, near = exact[:, lips], face[:, lips]
            farthest = float(np.sqrt(worst(mouth.astype(float), near)).mean())
            away[row] += mean_distance(exact, face), mean_distance(mouth, near), farthest
    progress(1.0, "done")
    shares = spent / spent[STEPS.index(USUAL)]
    return [
        Row(what, *(1000 * away[row] / len(found)).tolist(), float(shares[row])) for row, (what, *_) in enumerate(asked)
    ]


def cells(rows: Sequence[Row]) -> list[list[str]]:
    """Under HEAD."""
    return [
        [row.what, *(f"{each:.3f}" for each in (row.face, row.lips, row.farthest)), f"{row.time:.2f}"] for row in rows
    ]
