# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of viseme confusions: a square for each phone recogniser and language."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.evaluation.phones.evaluate import Results
from mien.evaluation.plots import new_figure, save
from mien.speech_analysis.viseme_groups import NAMES


def draw(results: Results, path: Path) -> None:
    """Write a PNG: shares of each true viseme (rows) by recognised viseme (columns). EvaluationError without
    matplotlib."""
    figure = new_figure(3.3 * len(results.languages) + 0.6, 3.3 * len(results.recognisers) + 0.3)
    grid = figure.subplots(len(results.recognisers), len(results.languages), squeeze=False, sharex=True, sharey=True)
    for column, language in enumerate(results.languages):
        scores = results.total(lambda each, language=language: each.language == language)
        for row, recogniser in enumerate(results.recognisers):
            _square(grid[row, column], scores[recogniser].confusion)
            grid[row, column].set_title(f"{recogniser}, {language}", fontsize=9)
    for axes in grid[:, 0]:
        axes.set_yticks(range(len(NAMES)), NAMES, fontsize=7)
        axes.set_ylabel("spoken", fontsize=8)
    for axes in grid[-1]:
        axes.set_xticks(range(len(NAMES)), NAMES, fontsize=7, rotation=60)
        axes.set_xlabel("recognised", fontsize=8)
    save(figure, path)


def _square(axes, confusion: np.ndarray) -> None:
    shares = confusion / np.maximum(1, confusion.sum(1, keepdims=True))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for truth, recognised in np.ndindex(shares.shape):
        if shares[truth, recognised] >= 0.045:
            colour = "white" if shares[truth, recognised] > 0.55 else "black"
            axes.text(recognised, truth, f"{100 * shares[truth, recognised]:.0f}", ha="center", va="center", fontsize=6,
                      color=colour)  # fmt: skip
