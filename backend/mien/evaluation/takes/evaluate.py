# SPDX-License-Identifier: GPL-3.0-or-later
"""All that `mien evaluate takes` measures of ProbTalk3D, in one go."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.audio.speech import RATE
from mien.direction import EMOTIONS, LEVELS, Direction
from mien.engines.base import Progress
from mien.engines.probtalk3d.generate import generate
from mien.evaluation import plots
from mien.evaluation.takes.baselines import Performing, performers
from mien.evaluation.takes.clips import Stretch, stretches
from mien.evaluation.takes.comparison import Row, aperture, compare
from mien.evaluation.takes.expression import Judge, Perform, diversity, feeling, intensities, named
from mien.evaluation.takes.metrics import SAMPLES
from mien.heads.default import load_head
from mien.preview.render import contact_sheet
from mien.take import Take
from mien.training.motion_corpus import read_motion_units

TEMPERATURES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
SHEET = (192, 256)  # pixels of a face
SENTENCES = 8  # stretches that intensities and temperatures are measured on


@dataclass(frozen=True, eq=False)
class Results:
    """rows of the comparison; intensities (11,) and by emotion energies (stretches, 11); named (8, 8) counts of takes
    by the emotion asked for and named; by temperature the diversity of the whole face and of the lips, metres; ten
    takes of one stretch."""

    rows: list[Row]
    intensities: np.ndarray
    energies: dict[str, np.ndarray]
    named: np.ndarray
    diversity: dict[float, tuple[float, float]]
    stretch: Stretch
    takes: list[Take]


def evaluate(
    corpus: Path, motion: Path, weights: Path, of_regression: Path | None, every: int, progress: Progress
) -> Results:
    """Measure the weights on every so many of the held-out stretches; the regression too where it is given."""
    found = list(stretches(corpus, motion, every=every))
    known = [unit for unit in read_motion_units(motion) if not unit.held_out]
    stages = [*(stretch.name for stretch in found), "intensities", "emotions named", "temperatures"]
    at = iter(range(len(stages)))

    def step(stage: str) -> None:
        progress(next(at) / len(stages), stage)

    rows = compare(found, performers(known, of_regression, weights), step)
    perform = performing(weights)
    plain = [replace(stretch, direction=_plain(stretch.direction)) for stretch in found]
    step("intensities")
    asked, energies = intensities(_few(plain), perform)
    step("emotions named")
    counts = named(Judge(known), plain, perform)
    step("temperatures")
    spread = {t: np.mean([diversity(stretch, perform, t) for stretch in _few(found)], 0) for t in TEMPERATURES}
    drawn = plain[0]
    takes = perform(drawn, [drawn.direction.with_seed(seed) for seed in range(SAMPLES)])
    progress(1.0, "done")
    return Results(
        rows, asked, energies, counts, {t: (float(a), float(b)) for t, (a, b) in spread.items()}, drawn, takes
    )


def performing(weights: Path) -> Perform:
    """ProbTalk3D's takes by these weights."""
    return Performing(functools.partial(generate, weights=weights), {})


def draw(results: Results, folder: Path) -> None:
    """apertures.png, intensity.png and diversity.png. EvaluationError without matplotlib."""
    head, takes = load_head(), results.takes
    holds = takes[0].mouth_holds
    plots.draw_apertures(
        folder / "apertures.png", results.stretch.speech.samples, RATE, takes[0].times,
        {f"take {i}": 1000 * aperture(take, head).astype(float) for i, take in enumerate(takes, 1)},
        np.zeros((0, 2)) if holds is None else holds,
    )  # fmt: skip
    means = {name: energy.mean(0) for name, energy in results.energies.items()}
    plots.draw_intensity(folder / "intensity.png", results.intensities, means)
    face, lips = 1000 * np.array(list(results.diversity.values())).T
    plots.draw_diversity(
        folder / "diversity.png", np.array(list(results.diversity)), {"whole face": face, "lips": lips}
    )


def draw_faces(results: Results, perform: Perform, folder: Path) -> None:
    """takes.jpg: three takes side by side at the same moments; emotions.jpg: 8 emotions (columns) at three levels
    (rows) at one moment, the mouth widest open. VideoError without OpenGL."""
    stretch, takes = results.stretch, results.takes[:3]
    moments = np.linspace(0, takes[0].frames - 1, 10).astype(int)[1:-1]
    contact_sheet([(take, int(i)) for take in takes for i in moments], folder / "takes.jpg", len(moments), SHEET)
    widest = int(np.argmax(aperture(takes[0], load_head())))
    felt = [
        (perform(stretch, [feeling(stretch.direction, emotion, level)])[0], widest)
        for level in LEVELS.values()
        for emotion in EMOTIONS
    ]
    contact_sheet(felt, folder / "emotions.jpg", len(EMOTIONS), SHEET)


def _plain(direction: Direction) -> Direction:
    """Only the speaker and the seed of it."""
    return Direction(style=direction.style, seed=direction.seed)


def _few(found: Sequence[Stretch]) -> Sequence[Stretch]:
    return found[:: max(1, len(found) // SENTENCES)][:SENTENCES]
