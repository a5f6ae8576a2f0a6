# SPDX-License-Identifier: GPL-3.0-or-later
"""KFusion's landmarks and simpler ones beside held-out performances on held-out faces: `mien evaluate landmarks`."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mien.direction import Direction
from mien.engines.base import Progress
from mien.engines.kfusion import WEIGHTS
from mien.engines.kfusion.generate import landmarks, network, sampled
from mien.engines.kfusion.landmark_space import MOVED, Face, numbers_of
from mien.engines.kfusion.sound_domains import mel_frames
from mien.engines.neural.conditioning import conditioning
from mien.engines.neural.motion_space import FPS
from mien.evaluation.landmarks.metrics import Measures, measure
from mien.evaluation.landmarks.ridge import Ridge
from mien.evaluation.takes.baselines import Analyses, analysis_of
from mien.evaluation.takes.clips import Clip, held_out_clips
from mien.files.markdown import table
from mien.training.kfusion.dataset import LandmarkDataset
from mien.training.kfusion.faces import held_out_faces

HEAD = (
    "system", "parameters", "LD, %", "LVD, %", "M-LD, %", "M-LVD, %", "opening, r", "jitter, %", "p b m met",
)  # fmt: skip

System = Callable[[Clip, Face, Analyses], np.ndarray]
"""(F, 68, 3) mm of a clip on a face, without the head's motion."""


@dataclass(frozen=True, eq=False)
class Row:
    system: str
    parameters: int
    measures: Measures


def evaluate(
    corpus: Path, motion: Path, trainings: Mapping[str, Path], every: int, progress: Progress, weights: Path = WEIGHTS
) -> list[Row]:
    """A row for each system on every so many of the held-out clips, each on one of the held-out faces in turn.

    `trainings`: weights of networks that were trained alike, by name; `weights` are those that ship. EvaluationError
    where nothing is held out, EngineError for damaged weights.
    """
    clips = list(held_out_clips(corpus, motion, every=every))
    progress(0.0, "fitting ridge")
    known = LandmarkDataset.read(corpus, motion, held_out=False)
    systems, parameters = baselines(known), {}
    for name, path in {**trainings, "kfusion": weights}.items():
        count = sum(each.numel() for each in network(path).parameters())
        for title, temperature in ((name, 0.0),) if name in trainings else ((name, 0.0), (f"{name}, one draw", 1.0)):
            systems[title] = functools.partial(predicted, path, temperature)
            parameters[title] = count
    systems["kfusion with the rules"] = functools.partial(with_rules, weights)
    parameters["kfusion with the rules"] = parameters["kfusion"]
    rows = {name: Measures() for name in systems}
    analyses: Analyses = {}
    for i, clip in enumerate(clips):
        progress(0.2 + 0.8 * i / len(clips), clip.name)
        face = held_out_faces()[i % len(held_out_faces())]
        true = points_of(numbers_of(clip.truth, face), face)
        for name, system in systems.items():
            rows[name] += measure(system(clip, face, analyses)[: len(true)], true, face.rest, clip.lips_shut)
    return [Row(name, parameters.get(name, 0), each) for name, each in rows.items()]


def baselines(known: LandmarkDataset) -> dict[str, System]:
    """The truth itself, faces that hear nothing, and ridge regressions fitted to the training's performances."""
    mean, _ = known.mean_and_deviation()
    plain, styled = (Ridge.fit(known, by_style) for by_style in (False, True))
    return {
        "truth": lambda clip, face, analyses: points_of(numbers_of(clip.truth, face), face),
        "identity copy": lambda clip, face, analyses: np.tile(face.rest, (len(clip.truth), 1, 1)),
        "mean mouth": lambda clip, face, analyses: points_of(np.tile(mean, (len(clip.truth), 1)), face),
        "ridge on log-mel": functools.partial(by_ridge, plain),
        "ridge on log-mel, style and emotions": functools.partial(by_ridge, styled),
    }


def points_of(numbers: np.ndarray, face: Face) -> np.ndarray:
    """(F, 68, 3) mm of numbers (F, 209)."""
    return face.rest + numbers[:, :MOVED].reshape(len(numbers), -1, 3)


def by_ridge(ridge: Ridge, clip: Clip, face: Face, analyses: Analyses) -> np.ndarray:
    _, style = conditioning(clip.speech, *analysis_of(clip, analyses), clip.direction)
    frames = len(clip.truth)
    return ridge.points(mel_frames(clip.speech.samples, frames), style[:frames], face.rest)


def predicted(weights: Path, temperature: float, clip: Clip, face: Face, analyses: Analyses) -> np.ndarray:
    """The network alone."""
    direction = at_temperature(clip.direction, temperature)
    analysis = analysis_of(clip, analyses)
    return points_of(sampled(clip.speech, *analysis, [direction], face.rest, weights=weights)[0], face)


def with_rules(weights: Path, clip: Clip, face: Face, analyses: Analyses) -> np.ndarray:
    """As `mien landmarks` writes them."""
    analysis = analysis_of(clip, analyses)
    return landmarks(clip.speech, clip.direction, face.rest, fps=FPS, analysis=analysis, weights=weights).points


def at_temperature(direction: Direction, temperature: float) -> Direction:
    return replace(direction, temperature=temperature)


def cells(rows: Sequence[Row]) -> list[list[str]]:
    """Under HEAD."""
    return [
        [
            row.system, f"{row.parameters:,}" if row.parameters else "-",
            *(f"{100 * value:.3f}" for value in (row.measures.ld, row.measures.lvd, row.measures.mouth_ld,
                                                 row.measures.mouth_lvd)),
            f"{row.measures.opening_correlation:.3f}" if row.measures.moving else "-",
            f"{100 * row.measures.jitter:.3f}", f"{100 * row.measures.share_met:.1f} %",
        ]
        for row in rows
    ]  # fmt: skip


def for_page(rows: Sequence[Row]) -> str:
    return table(HEAD, cells(rows))


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    names = ("ld", "lvd", "mouth_ld", "mouth_lvd", "opening_correlation", "jitter", "share_met")
    return [
        {"system": row.system, "parameters": row.parameters}
        | {name: value if math.isfinite(value := getattr(row.measures, name)) else None for name in names}
        for row in rows
    ]
