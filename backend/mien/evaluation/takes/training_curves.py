# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of how a training went, from the log that it writes."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from mien.evaluation import EvaluationError
from mien.evaluation.plots import new_figure, save

HEAD = ["step", "minutes", "what", "value"]
HELD_OUT = "held out "


def read_log(path: Path) -> dict[str, list[tuple[int, float]]]:
    """(step, value) by what was logged. EvaluationError for a file that is no such log."""
    curves: dict[str, list[tuple[int, float]]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        if next(rows, None) != HEAD:
            raise EvaluationError(f"{path} is no log of a training; its first line must be {','.join(HEAD)}.")
        try:
            for step, _, what, value in rows:
                curves[what].append((int(step), float(value)))
        except ValueError:
            raise EvaluationError(f"{path} has a line that is not {','.join(HEAD)}; delete that line.") from None
    return dict(curves)


def draw_training(run: Path, picture: Path) -> None:
    """The losses of all logs RUN/*.csv, one below the other: what was trained on, and, with marks, what was held out.
    EvaluationError where there is none, or without matplotlib."""
    logs = {path.stem: read_log(path) for path in sorted(run.glob("*.csv"))}
    if not logs:
        raise EvaluationError(f"{run} holds no log (*.csv); name the folder that `mien train` was given as RUN.")
    figure = new_figure(9.0, 3.2 * len(logs))
    for axes, (name, curves) in zip(figure.subplots(len(logs), squeeze=False)[:, 0], logs.items(), strict=True):
        losses = {what: curve for what, curve in curves.items() if f"{HELD_OUT}{what}" in curves}
        for number, (what, curve) in enumerate(losses.items()):
            colour = f"C{number}"
            axes.plot(*zip(*curve, strict=True), color=colour, linewidth=0.6, alpha=0.6)
            held_out = curves[f"{HELD_OUT}{what}"]
            axes.plot(*zip(*held_out, strict=True), color=colour, marker="o", markersize=3.5, label=what)
        axes.set_title(name, fontsize=9)
        axes.set_yscale("log")
        axes.set_xlabel("step")
        axes.legend(fontsize=8)
        axes.grid(color="0.9", which="both")
    save(figure, picture)
