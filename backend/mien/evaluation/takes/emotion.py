# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate emotion`: how the engines of the registry show emotions, faces and held keys, and what it costs the
lips.

All perform the same held-out clips from the same seeds and the same phones, so that two takes of one seed differ by
their emotion alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from mien.direction import EMOTIONS, Direction, constant
from mien.engines import ENGINES
from mien.engines.analysis import SharedAnalysis
from mien.engines.base import Progress
from mien.engines.emodiffhead.engine import EMOdiffhead
from mien.engines.neural.motion_space import visible
from mien.evaluation import EvaluationError
from mien.evaluation.takes import held_keys, matched_face
from mien.evaluation.takes.baselines import Analyses, CachedTakes, analysis_of, sampled
from mien.evaluation.takes.clips import Clip, held_out_clips
from mien.evaluation.takes.comparison import NEAR, SHUT, Row, aperture, compare, runs_of
from mien.evaluation.takes.expression import EmotionClassifier, Perform, feeling, intensities, named, rises
from mien.files.markdown import table
from mien.heads.default import load_head
from mien.take import Take
from mien.training.motion_corpus import read_motion_units

SHARES = ((0.5, 0.5), (0.25, 0.75))  # of two emotions in a mix
FEW = 4  # clips that intensities and mixes are measured on
HEAD = (
    "engine", "named rightly", "rises with intensity, r: energy", "displacement", "second difference", "mixes, error",
    "p b m shown", "lips as when neutral, r",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class EmotionScores:
    """Of one engine. named, by_emotion: share of takes at full intensity whose emotion a classifier names rightly.
    rises, displaced: least rank correlation of intensity and energy, and of intensity and displacement from the neutral
    take, means over clips. bend: greatest second difference of that displacement (`Rise.bend`). mixes: error of each
    mix relative to the sum of its parts. met, lips: of the worst emotion, the share of closures that are met, and the
    correlation of the lip aperture with the neutral take's."""

    named: float
    by_emotion: tuple[float, ...]
    rises: float
    displaced: float
    bend: float
    mixes: tuple[float, ...]
    met: float
    lips: float


@dataclass(frozen=True, eq=False)
class Results:
    """By the name of the engine: its scores; of engines that support them, the error of faces (`matched_face.error`)
    and the rows of held keys; rows of the comparison."""

    scores: dict[str, EmotionScores]
    matched: dict[str, float]
    held: dict[str, list[held_keys.Row]]
    rows: list[Row]


def engines(names: Sequence[str] | None, weights: Sequence[Path] = ()) -> dict[str, SharedAnalysis]:
    """Engines of the registry by name; without names, all that work on phones and prosody and move the default head.

    Several files of weights are as many EMOdiffheads, named by file. EvaluationError for a name that is none of these,
    and for an engine that cannot work yet.
    """
    known = {info.name: info.create() for info in ENGINES.values() if info.head == "mien" and not info.hidden}
    known = {name: engine for name, engine in known.items() if isinstance(engine, SharedAnalysis)}
    if unknown := set(names or ()) - set(known):
        raise EvaluationError(f"there is no engine {unknown.pop()!r} to evaluate; there are {', '.join(known)}.")
    chosen: dict[str, SharedAnalysis] = {}
    for name in names or known:
        if name == EMOdiffhead.info.name and weights:
            chosen |= {named: EMOdiffhead(path) for named, path in named_by_file(weights).items()}
        elif refusal := known[name].info.refusal:
            raise EvaluationError(refusal)
        else:
            chosen[name] = known[name]
    return chosen


def named_by_file(weights: Sequence[Path]) -> dict[str, Path]:
    """Weights by name: the engine's for one file; for several with the name of the file, or of its folder where files
    have the same name. EvaluationError for two with one name."""
    name = EMOdiffhead.info.name
    if len(weights) == 1:
        return {name: weights[0]}
    for suffix_of in (lambda path: path.stem, lambda path: path.resolve().parent.name):
        named = {f"{name} {suffix_of(path)}": path for path in weights}
        if len(named) == len(weights):
            return named
    raise EvaluationError(f"Two of the weights have the same name ({', '.join(map(str, weights))}); rename a folder.")


def evaluate(
    corpus: Path, motion: Path, engines: Mapping[str, SharedAnalysis], every: int, progress: Progress
) -> Results:
    """Measure engines on every so many of the held-out clips. EvaluationError where nothing is held out."""
    clips = list(held_out_clips(corpus, motion, every=every))
    plain = [replace(each, direction=Direction(style=each.direction.style, seed=each.direction.seed)) for each in clips]
    classifier = EmotionClassifier(unit for unit in read_motion_units(motion) if not unit.held_out)
    analyses: Analyses = {}
    scores = {}
    for i, (name, engine) in enumerate(engines.items()):
        report = functools.partial(_part, progress, i / len(engines), len(engines), name)
        scores[name] = scores_of(plain, CachedTakes(engine.perform, analyses), classifier, report)
    systems = {name: functools.partial(sampled, engine.perform) for name, engine in engines.items()}
    numbers = iter(range(len(clips)))
    rows = compare(clips, systems, lambda name: progress(0.7 + 0.3 * next(numbers) / len(clips), "ten takes of each"))
    few = _few(plain)
    matched = {
        name: matched_face.error(few, functools.partial(_take, engine, analyses), analyses)
        for name, engine in engines.items()
        if "face" in engine.info.supports
    }
    held = {
        name: held_keys.measure(few, functools.partial(_take, engine, analyses))
        for name, engine in engines.items()
        if "held" in engine.info.supports
    }
    return Results(scores, matched, held, rows)


def _take(engine: SharedAnalysis, analyses: Analyses, clip: Clip, direction: Direction) -> Take:
    """At the engine's own rate."""
    return engine.perform(clip.speech, *analysis_of(clip, analyses), [direction])[0]


def _few(clips: Sequence[Clip]) -> Sequence[Clip]:
    return clips[:: max(1, len(clips) // FEW)][:FEW]


def _part(progress: Progress, begin: float, count: int, name: str, done: float) -> None:
    progress(0.7 * (begin + done / count), name)


def scores_of(
    clips: Sequence[Clip], perform: Perform, classifier: EmotionClassifier, progress: Callable[[float], None]
) -> EmotionScores:
    """Scores of one engine on these clips."""
    progress(0.0)
    counts = named(classifier, clips, perform)
    progress(0.25)
    few = _few(clips)
    risen = intensities(few, perform).values()
    progress(0.6)
    errors = tuple(mix_error(few, perform, pair, shares) for pair in pairwise(EMOTIONS[1:]) for shares in SHARES)
    progress(0.8)
    lips = [lips_under(clips, perform, emotion) for emotion in EMOTIONS[1:]]
    progress(1.0)
    return EmotionScores(
        float(np.trace(counts) / counts.sum()),
        tuple(np.diag(counts) / counts.sum(1)),
        min(rises(each.intensity, each.energies.mean(0)) for each in risen),
        min(rises(each.intensity, each.displacements.mean(0)) for each in risen),
        max(each.bend for each in risen),
        errors,
        *(min(values) for values in zip(*lips, strict=True)),
    )


def mix_error(clips: Sequence[Clip], perform: Perform, pair: tuple[str, str], shares: tuple[float, float]) -> float:
    """|x(aA + bB) - ax(A) - bx(B)| / |ax(A) + bx(B)| of what takes add to the neutral one of their seed, in the
    millimetres that the numbers move the face, over all clips."""
    off = whole = 0.0
    mm = visible()[:52]
    for clip in clips:
        both = replace(clip.direction, emotion=dict(zip(pair, map(constant, shares), strict=True)))
        plain, *parts, mix = (
            perform(clip, [direction])[0].weights * mm
            for direction in (clip.direction, *(feeling(clip.direction, name, 1.0) for name in pair), both)
        )
        total = sum(share * (part - plain) for share, part in zip(shares, parts, strict=True))
        off += float(np.square(mix - plain - total).sum())
        whole += float(np.square(total).sum())
    return float(np.sqrt(off / whole))


def lips_under(clips: Sequence[Clip], perform: Perform, emotion: str) -> tuple[float, float]:
    """At an emotion's full intensity: the share of spoken closures that are met, and the mean correlation of the lip
    aperture with that of the neutral take of the same seed."""
    head = load_head()
    met = closures = 0
    correlations = []
    for clip in clips:
        plain, emotional = (
            aperture(perform(clip, [direction])[0], head)
            for direction in (clip.direction, feeling(clip.direction, emotion, 1.0))
        )
        for begin, end in runs_of(clip.lips_shut[: len(emotional)]):
            met += emotional[max(0, begin - NEAR) : end + NEAR].min() <= SHUT
            closures += 1
        correlations.append(np.corrcoef(plain, emotional)[0, 1])
    return met / max(1, closures), float(np.mean(correlations))


def rows_of(results: Results) -> list[list[str]]:
    """Cells under HEAD."""
    return [
        [
            name, f"{100 * scores.named:.0f} %", f"{scores.rises:.3f}", f"{scores.displaced:.3f}",
            f"{scores.bend:.3f}",
            f"{np.mean(scores.mixes):.3f} (worst {max(scores.mixes):.3f})", f"{100 * scores.met:.1f} %",
            f"{scores.lips:.3f}",
        ]
        for name, scores in results.scores.items()
    ]  # fmt: skip


def for_page(results: Results) -> str:
    """Markdown: the scores, the comparison with the performances, faces and held keys."""
    from mien.evaluation.takes.report import comparison

    by_emotion = [
        [name, *(f"{100 * share:.0f} %" for share in scores.by_emotion)] for name, scores in results.scores.items()
    ]
    parts = [
        table(HEAD, rows_of(results)),
        "Named rightly, by emotion:", table(("engine", *EMOTIONS), by_emotion),
        comparison(results.rows),
    ]  # fmt: skip
    if results.matched:
        cells = [[name, f"{error:.3f}"] for name, error in results.matched.items()]
        parts += ["Poses that are none of the emotions:", table(("engine", "error"), cells)]
    for name, rows in results.held.items():
        parts += [f"Held in takes of {name}:", table(held_keys.HEAD, held_keys.cells(rows))]
    return "\n\n".join(parts)
