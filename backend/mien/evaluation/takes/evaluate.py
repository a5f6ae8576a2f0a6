# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate takes`: all measures of ProbTalk3D in one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.audio.speech import RATE
from mien.direction import EMOTIONS, LEVELS, Direction
from mien.engines.base import Progress
from mien.engines.probtalk3d.engine import ProbTalk3D
from mien.evaluation import plots
from mien.evaluation.takes.baselines import CachedTakes, systems
from mien.evaluation.takes.clips import Clip, held_out_clips
from mien.evaluation.takes.comparison import Row, aperture, compare
from mien.evaluation.takes.expression import EmotionClassifier, Perform, Rise, diversity, feeling, intensities, named
from mien.evaluation.takes.metrics import SAMPLES
from mien.heads.default import load_head
from mien.preview.render import contact_sheet
from mien.take import Take
from mien.training.motion_corpus import read_motion_units

TEMPERATURES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
SHEET = (192, 256)  # pixels of a face
SENTENCES = 8  # clips that intensities and temperatures are measured on


@dataclass(frozen=True, eq=False)
class Results:
    """rows: of the comparison. risen: by emotion, over intensities. named (8, 8): counts of takes
    by the emotion of the direction and that of the classifier. diversity, metres, of the whole face and of the lips, by
    temperature. takes: ten of the clip `clip`."""

    rows: list[Row]
    risen: dict[str, Rise]
    named: np.ndarray
    diversity: dict[float, tuple[float, float]]
    clip: Clip
    takes: list[Take]


def evaluate(
    corpus: Path, motion: Path, weights: Path, regression_weights: Path | None, every: int, progress: Progress
) -> Results:
    """Measure these weights on every so many of the held-out clips; the regression too where its weights are given."""
    clips = list(held_out_clips(corpus, motion, every=every))
    known = [unit for unit in read_motion_units(motion) if not unit.held_out]
    stages = [*(clip.name for clip in clips), "intensities", "emotions named", "temperatures"]
    numbers = iter(range(len(stages)))

    def step(stage: str) -> None:
        progress(next(numbers) / len(stages), stage)

    rows = compare(clips, systems(known, regression_weights, weights), step)
    perform = cached_takes(weights)
    plain = [replace(clip, direction=_plain(clip.direction)) for clip in clips]
    step("intensities")
    risen = intensities(_few(plain), perform)
    step("emotions named")
    counts = named(EmotionClassifier(known), plain, perform)
    step("temperatures")
    spread = {t: np.mean([diversity(clip, perform, t) for clip in _few(clips)], 0) for t in TEMPERATURES}
    first = plain[0]
    takes = perform(first, [first.direction.with_seed(seed) for seed in range(SAMPLES)])
    progress(1.0, "done")
    return Results(rows, risen, counts, {t: (float(a), float(b)) for t, (a, b) in spread.items()}, first, takes)


def cached_takes(weights: Path) -> Perform:
    """ProbTalk3D's takes with these weights."""
    return CachedTakes(ProbTalk3D(weights).perform, {})


def draw(results: Results, folder: Path) -> None:
    """apertures.png, intensity.png and diversity.png. EvaluationError without matplotlib."""
    head, takes = load_head(), results.takes
    holds = takes[0].mouth_holds
    plots.draw_apertures(
        folder / "apertures.png", results.clip.speech.samples, RATE, takes[0].times,
        {f"take {i}": 1000 * aperture(take, head).astype(float) for i, take in enumerate(takes, 1)},
        np.zeros((0, 2)) if holds is None else holds,
    )  # fmt: skip
    means = {name: rise.displacements.mean(0) for name, rise in results.risen.items()}
    plots.draw_intensity(folder / "intensity.png", next(iter(results.risen.values())).intensity, means)
    face, lips = 1000 * np.array(list(results.diversity.values())).T
    plots.draw_diversity(
        folder / "diversity.png", np.array(list(results.diversity)), {"whole face": face, "lips": lips}
    )


def draw_faces(results: Results, perform: Perform, folder: Path) -> None:
    """takes.jpg: three takes side by side at the same moments; emotions.jpg: 8 emotions (columns) at three levels
    (rows) at one moment, the mouth widest open. VideoError without OpenGL."""
    clip, takes = results.clip, results.takes[:3]
    moments = np.linspace(0, takes[0].frames - 1, 10).astype(int)[1:-1]
    contact_sheet([(take, int(i)) for take in takes for i in moments], folder / "takes.jpg", len(moments), SHEET)
    widest = int(np.argmax(aperture(takes[0], load_head())))
    emotional = [
        (perform(clip, [feeling(clip.direction, emotion, level)])[0], widest)
        for level in LEVELS.values()
        for emotion in EMOTIONS
    ]
    contact_sheet(emotional, folder / "emotions.jpg", len(EMOTIONS), SHEET)


def _plain(direction: Direction) -> Direction:
    """A direction with the same style and seed, and nothing else."""
    return Direction(style=direction.style, seed=direction.seed)


def _few(clips: Sequence[Clip]) -> Sequence[Clip]:
    return clips[:: max(1, len(clips) // SENTENCES)][:SENTENCES]
