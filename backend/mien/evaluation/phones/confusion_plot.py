# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of which mouth shape is taken for which: a square for each ear and language."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.evaluation.phones.evaluate import Results
from mien.evaluation.plots import new_figure, save
from mien.speech_analysis.viseme_groups import NAMES


def draw(results: Results, path: Path) -> None:
    """Write a PNG: rows are spoken, columns heard, shares of what is spoken. EvaluationError without matplotlib."""
    figure = new_figure(3.3 * len(results.languages) + 0.6, 3.3 * len(results.ears) + 0.3)
    grid = figure.subplots(len(results.ears), len(results.languages), squeeze=False, sharex=True, sharey=True)
    for column, language in enumerate(results.languages):
        scores = results.total(lambda each, language=language: each.language == language)
        for row, ear in enumerate(results.ears):
            _square(grid[row, column], scores[ear].confusion)
            grid[row, column].set_title(f"{ear}, {language}", fontsize=9)
    for axes in grid[:, 0]:
        axes.set_yticks(range(len(NAMES)), NAMES, fontsize=7)
        axes.set_ylabel("spoken", fontsize=8)
    for axes in grid[-1]:
        axes.set_xticks(range(len(NAMES)), NAMES, fontsize=7, rotation=60)
        axes.set_xlabel("heard", fontsize=8)
    save(figure, path)


def _square(axes, confusion: np.ndarray) -> None:
    shares = confusion / np.maximum(1, confusion.sum(1, keepdims=True))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for spoken, heard in np.ndindex(shares.shape):
        if shares[spoken, heard] >= 0.045:
            colour = "white" if shares[spoken, heard] > 0.55 else "black"
            axes.text(heard, spoken, f"{100 * shares[spoken, heard]:.0f}", ha="center", va="center", fontsize=6,
                      color=colour)  # fmt: skip
