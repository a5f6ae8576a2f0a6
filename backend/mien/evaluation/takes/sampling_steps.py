# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate steps`: EMOdiffhead's takes in few sampling steps against those in many: distance and time."""

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
from mien.evaluation.takes.baselines import Analyses, analysis_of
from mien.evaluation.takes.clips import Clip, held_out_clips
from mien.evaluation.takes.metrics import mean_distance, worst
from mien.heads.default import load_head
from mien.take import Take

STEPS = (5, 10, 15, USUAL, 30, 50)
MANY = 100  # of the takes that the others are compared with
OTHER_SEED = 1  # added to the seed, for scale
HEAD = ("steps", "whole face, mm", "lips, mm", "farthest lip vertex, mm", f"time, of {USUAL} steps'")

Perform = Callable[[Clip, int, int], Take]
"""A take of a clip: (clip, seed, steps), at 25 frames a second."""


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
    analyses: Analyses = {}

    def perform(clip: Clip, seed: int, steps: int) -> Take:
        directions = [clip.direction.with_seed(seed)]
        analysis = analysis_of(clip, analyses)
        (take,) = generate(clip.speech, *analysis, directions, weights=weights or WEIGHTS, steps=steps)
        return take.resample(FPS)

    return curve(list(held_out_clips(corpus, motion, every=every)), perform, progress)


def curve(clips: Sequence[Clip], perform: Perform, progress: Progress) -> list[Row]:
    """A row for each of STEPS, and one of USUAL steps from another seed: means over the clips. The takes of a clip are
    made one after another, so that other work of the machine slows all of them alike."""
    head = load_head()
    lips = np.flatnonzero(head.lip_mask)
    rows = [(str(steps), 0, steps) for steps in STEPS] + [(f"{USUAL}, another seed", OTHER_SEED, USUAL)]
    distances, spent = np.zeros((len(rows), 3)), np.zeros(len(rows))
    for i, clip in enumerate(clips):
        progress(i / len(clips), clip.name)
        exact = head.faces(perform(clip, clip.direction.seed, MANY))  # this also warms up
        for row, (_, other, steps) in enumerate(rows):
            begin = time.perf_counter()
            take = perform(clip, clip.direction.seed + other, steps)
            spent[row] += time.perf_counter() - begin
            face = head.faces(take)
            mouth, near = exact[:, lips], face[:, lips]
            farthest = float(np.sqrt(worst(mouth.astype(float), near)).mean())
            distances[row] += mean_distance(exact, face), mean_distance(mouth, near), farthest
    progress(1.0, "done")
    shares = spent / spent[STEPS.index(USUAL)]
    means = 1000 * distances / len(clips)
    return [
        Row(what, whole, mouth, farthest, share)
        for (what, *_), (whole, mouth, farthest), share in zip(rows, means.tolist(), shares.tolist(), strict=True)
    ]


def cells(rows: Sequence[Row]) -> list[list[str]]:
    """Under HEAD."""
    return [
        [row.what, *(f"{each:.3f}" for each in (row.face, row.lips, row.farthest)), f"{row.time:.2f}"] for row in rows
    ]
