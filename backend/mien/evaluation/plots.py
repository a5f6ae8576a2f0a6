# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of what was measured on takes. Each function writes one PNG; the same numbers give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mien.evaluation import EvaluationError
from mien.files.atomic import atomic_path

WIDTH = 11.0  # inches of the picture of a sound
COLUMNS = 1800  # of the waveform: more than the picture has pixels
SOUND, CLOSURE = "0.82", "tab:red"


def draw_apertures(
    path: Path, samples: np.ndarray, rate: int, times: np.ndarray, apertures: Mapping[str, np.ndarray],
    closures: np.ndarray,
) -> None:  # fmt: skip
    """How far takes open the lips, over the waveform of their sound.

    samples (N,) of the sound at `rate` Hz; times (F,) seconds of the takes' frames; apertures (F,) mm by the name of
    the take; closures (H, 2) seconds in which the lips must meet, as a take's `mouth_holds`: each other for p b m, the
    teeth for f v. EvaluationError where they do not fit together, or without matplotlib.
    """
    _check("times", times, apertures)
    if not len(samples):
        raise EvaluationError("there is no sound to draw the lips over; it has no samples.")
    figure = new_figure(WIDTH, 3.6)
    sound = figure.subplots()
    begins = np.linspace(0, len(samples), min(COLUMNS, len(samples)), endpoint=False).astype(int)
    low, high = (reduce.reduceat(samples, begins) for reduce in (np.minimum, np.maximum))
    sound.fill_between(begins / rate, low, high, color=SOUND, linewidth=0.8, label="sound")
    loudest = max(float(np.abs(samples).max()), 1e-9)
    sound.set_ylim(-1.05 * loudest, 1.05 * loudest)
    sound.set_yticks([])
    sound.set_xlim(0, len(samples) / rate)
    sound.set_xlabel("seconds")
    lips = sound.twinx()
    lips.yaxis.set_ticks_position("left")
    lips.yaxis.set_label_position("left")
    lips.set_ylabel("lips apart, mm")
    for i, (begin, end) in enumerate(closures):
        lips.axvspan(begin, end, color=CLOSURE, alpha=0.3, linewidth=1, label=None if i else "p b m, f v")
    for name, aperture in apertures.items():
        lips.plot(times, aperture, linewidth=1, label=name)
    handles, names = (a + b for a, b in zip(*(x.get_legend_handles_labels() for x in (sound, lips)), strict=True))
    figure.legend(handles, names, loc="outside right upper", fontsize=8)
    save(figure, path)


def draw_intensity(path: Path, intensity: np.ndarray, displacement: Mapping[str, np.ndarray]) -> None:
    """How much a face moves with the intensity of an emotion: intensity (P,) 0..1, and of each emotion the
    displacement (P,) from the neutral take, mm. EvaluationError as above."""
    _draw_curves(path, intensity, displacement, "intensity asked for", "displacement, mm")


def draw_diversity(path: Path, temperatures: np.ndarray, diversity: Mapping[str, np.ndarray]) -> None:
    """How much takes of one sound differ at each temperature (P,): the diversity (P,) in mm, by the name of what
    differs (a model, a part of the face). EvaluationError as above."""
    _draw_curves(path, temperatures, diversity, "temperature", "diversity, mm")


def new_figure(width: float, height: float):
    """A matplotlib Figure of so many inches. EvaluationError without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise EvaluationError(
            "pictures are drawn with matplotlib, which is not here; pip install 'mien[dev]', or ask for no picture."
        ) from None
    return Figure(figsize=(width, height), layout="constrained")


def save(figure, path: Path) -> None:
    with atomic_path(path) as part:
        figure.savefig(part, dpi=110, metadata={"Software": None})  # matplotlib's version would be in it


def _draw_curves(path: Path, x: np.ndarray, curves: Mapping[str, np.ndarray], across: str, up: str) -> None:
    _check(across, x, curves)
    figure = new_figure(6.4, 4.2)
    axes = figure.subplots()
    for name, curve in curves.items():
        axes.plot(x, curve, marker="o", markersize=3.5, linewidth=1.2, label=name)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_ylim(bottom=0)
    axes.grid(color="0.9")
    figure.legend(loc="outside right upper", fontsize=8)
    save(figure, path)


def _check(across: str, x: np.ndarray, curves: Mapping[str, np.ndarray]) -> None:
    wrong = [name for name, curve in curves.items() if curve.shape != x.shape]
    if not curves or wrong or x.ndim != 1 or not len(x):
        reason = f"{wrong[0]!r} has {curves[wrong[0]].shape}" if wrong else f"there are {len(curves)} curves"
        raise EvaluationError(f"curves over {x.shape} {across} cannot be drawn: {reason}.")
