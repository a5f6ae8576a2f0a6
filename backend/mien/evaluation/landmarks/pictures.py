# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of docs/kfusion.md: landmarks of held-out speech. Each is one PNG; the same numbers give the same bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.direction import EMOTIONS, LEVELS, Direction, constant
from mien.engines.kfusion.generate import landmarks
from mien.engines.kfusion.landmark_space import Face, numbers_of
from mien.engines.neural.motion_space import FPS
from mien.evaluation.landmarks.evaluate import points_of, predicted
from mien.evaluation.landmarks.metrics import gap_of
from mien.evaluation.plots import new_figure, save
from mien.evaluation.takes.baselines import Analyses, analysis_of
from mien.evaluation.takes.clips import Clip, held_out_clips
from mien.heads.landmark_track import LandmarkTrack, eye_distance
from mien.numeric.mask_runs import runs
from mien.training.kfusion.faces import held_out_faces

# Landmarks that a line joins, and whether it is closed
LINES = (
    (range(17), False), (range(17, 22), False), (range(22, 27), False), (range(27, 31), False), (range(31, 36), False),
    (range(36, 42), True), (range(42, 48), True), (range(48, 60), True), (range(60, 68), True),
)  # fmt: skip
COLUMNS = 8
TRUE, OURS = "0.35", "tab:blue"


def draw(corpus: Path, motion: Path, folder: Path, weights: Path) -> None:
    """kfusion-frames.png: a held-out voice on a held-out face, the performance above and the network below;
    kfusion-gap.png: the gap between the lips of both over time; kfusion-emotions.png: emotions by intensities, at the
    moment that the mouth is widest. EvaluationError without matplotlib."""
    clip, face, analyses = next(held_out_clips(corpus, motion)), held_out_faces()[0], {}
    true = points_of(numbers_of(clip.truth, face), face)
    ours = predicted(weights, 0.0, clip, face, analyses)[: len(true)]
    moments = np.linspace(0, len(true) - 1, COLUMNS + 2).astype(int)[1:-1]
    draw_faces(
        folder / "kfusion-frames.png", [[points[i] for i in moments] for points in (true, ours)],
        [f"{i / FPS:.2f} s" for i in moments], ["performance", "KFusion"],
    )  # fmt: skip
    ruled = _landmarks(clip, clip.direction, face, analyses, weights)
    draw_gaps(
        folder / "kfusion-gap.png", clip, face,
        {"performance": true, "network": ours, "with the rules": ruled.points[: len(true)]},
    )  # fmt: skip
    still = replace(clip.direction, emotion={}, temperature=0.0)
    widest = int(gap_of(_landmarks(clip, still, face, analyses, weights).points).argmax())
    grid = [
        [
            _landmarks(
                clip, replace(still, emotion={name: constant(1.0)}, intensity=constant(level)), face, analyses, weights
            ).turned[widest]
            for name in EMOTIONS
        ]
        for level in LEVELS.values()
    ]
    draw_faces(folder / "kfusion-emotions.png", grid, list(EMOTIONS), list(LEVELS))


def draw_faces(path: Path, grid: list[list[np.ndarray]], columns: list[str], rows: list[str]) -> None:
    """Faces (68, 3) from the front, in rows and columns with these titles."""
    figure = new_figure(1.35 * len(columns), 1.6 * len(rows))
    axes = figure.subplots(len(rows), len(columns), squeeze=False)
    every = np.concatenate([face for row in grid for face in row])
    for i, row in enumerate(grid):
        for j, points in enumerate(row):
            at = axes[i][j]
            for those, closed in LINES:
                line = points[[*those, those[0]] if closed else list(those)]
                at.plot(line[:, 0], line[:, 1], color=OURS if i or len(rows) > 2 else TRUE, linewidth=1)
            at.plot(points[:, 0], points[:, 1], ".", color="black", markersize=2)
            at.set_xlim(every[:, 0].min() - 4, every[:, 0].max() + 4)
            at.set_ylim(every[:, 1].min() - 4, every[:, 1].max() + 4)
            at.set_aspect("equal")
            at.set_xticks([])
            at.set_yticks([])
            if i == 0:
                at.set_title(columns[j], fontsize=8)
            if j == 0:
                at.set_ylabel(rows[i], fontsize=8)
    save(figure, path)


def draw_gaps(path: Path, clip: Clip, face: Face, curves: dict[str, np.ndarray]) -> None:
    """The gap between the inner lips of landmarks (F, 68, 3) over time, in % of the eye distance."""
    figure = new_figure(11.0, 3.2)
    axes = figure.subplots()
    for i, (begin, end) in enumerate(runs(clip.lips_shut)):
        axes.axvspan(begin / FPS, end / FPS, color="tab:red", alpha=0.25, linewidth=1, label=None if i else "p b m")
    for name, points in curves.items():
        gap = 100 * gap_of(points) / eye_distance(face.rest)
        colour = TRUE if name == "performance" else None
        axes.plot(np.arange(len(gap)) / FPS, gap, linewidth=1.2, label=name, color=colour)
    axes.set_xlim(0, len(clip.truth) / FPS)
    axes.set_xlabel("seconds")
    axes.set_ylabel("lips apart, % of the eye distance")
    figure.legend(loc="outside right upper", fontsize=8)
    save(figure, path)


def _landmarks(clip: Clip, direction: Direction, face: Face, analyses: Analyses, weights: Path) -> LandmarkTrack:
    analysis = analysis_of(clip, analyses)
    return landmarks(clip.speech, direction, face.rest, fps=FPS, analysis=analysis, weights=weights)
