# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate emotion`: engines beside each other: how they show what is asked, and what it costs the lips.

All perform the same held-out stretches from the same seeds, by the same ear; differences between two takes of one seed
are then the emotion's alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from mien.direction import EMOTIONS, Direction, constant
from mien.engines import ENGINES, NAMES, emodiffhead, no_progress
from mien.engines.analysis import SharedAnalysis
from mien.engines.base import Engine, Progress
from mien.engines.emodiffhead import WEIGHTS
from mien.engines.emodiffhead.engine import EMOdiffhead
from mien.engines.neural.motion_space import FPS, visible
from mien.evaluation import EvaluationError
from mien.evaluation.takes import held_keys as held
from mien.evaluation.takes import matched_face as matched
from mien.evaluation.takes.baselines import Performing, Takes, seeds
from mien.evaluation.takes.clips import Stretch, stretches
from mien.evaluation.takes.comparison import NEAR, SHUT, Row, aperture, compare, runs_of
from mien.evaluation.takes.expression import Judge, Perform, feeling, intensities, named, rises
from mien.files.markdown import table
from mien.heads.default import load_head
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take
from mien.training.motion_corpus import read_motion_units

SHARES = ((0.5, 0.5), (0.25, 0.75))  # of two emotions in a mix
EMODIFFHEAD = emodiffhead.INFO.name
FOLLOWERS = tuple(name for name in NAMES if "held" in ENGINES[name].supports)  # engines of poses and held keys
FEW = 4  # stretches that intensities and mixes are measured on
HEAD = (
    "engine", "named rightly", "energy rises with intensity, r", "second difference", "mixes, error",
    "p b m shown", "lips as when neutral, r",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Felt:
    """What one engine does: share of takes at full intensity that a judge names rightly, all and by emotion; least rank
    correlation of intensity and energy; greatest second difference of energy over 11 intensities, as a share of its
    whole rise; by mix its relative error against the sum of its parts; and, of the emotion that is worst at it, the
    share of closures that are met and the correlation of the lips' opening with the neutral take's."""

    named: float
    by_emotion: tuple[float, ...]
    rises: float
    bend: float
    mixes: tuple[float, ...]
    met: float
    lips: float


@dataclass(frozen=True, eq=False)
class Results:
    """By name what engines show; of those that follow them, how far poses are from what was asked (`matched.error`)
    and what becomes of what is held; rows of the comparison."""

    felt: dict[str, Felt]
    matched: dict[str, float]
    held: dict[str, list[held.Row]]
    rows: list[Row]


def engines(names: Sequence[str] | None, weights: Sequence[Path] = ()) -> dict[str, Takes]:
    """Takes of directions that differ only in their seed, by the name of their engine: of every engine on the default
    head where none are named. Several files of weights are as many EMOdiffheads, named by file. EvaluationError for a
    name that is none."""
    known = [name for name in NAMES if ENGINES[name].head == "mien"]
    if unknown := set(names or ()) - set(known):
        raise EvaluationError(f"there is no engine {unknown.pop()!r} to evaluate; there are {', '.join(known)}.")
    chosen: dict[str, Takes] = {}
    for name in names or known:
        if name == EMODIFFHEAD:
            chosen |= {row: EMOdiffhead(path).perform for row, path in named_by_file(weights).items()}
        else:
            chosen[name] = takes_of(ENGINES[name].create())
    return chosen


def takes_of(engine: Engine) -> Takes:
    """Takes of an engine for phones and prosody that are known already, where it works on them."""
    if isinstance(engine, SharedAnalysis):
        return engine.perform
    return lambda speech, track, prosody, directions: [
        engine.generate(speech, direction, no_progress) for direction in directions
    ]


def named_by_file(weights: Sequence[Path]) -> dict[str, Path]:
    """EMODIFFHEAD and the name of the file, or of its folder where files are called alike; those that ship where none
    are given. EvaluationError for two with one name."""
    if len(weights) < 2:
        return {EMODIFFHEAD: weights[0] if weights else WEIGHTS}
    for said in (lambda path: path.stem, lambda path: path.resolve().parent.name):
        found = {f"{EMODIFFHEAD} {said(path)}": path for path in weights}
        if len(found) == len(weights):
            return found
    raise EvaluationError(f"Two of the weights have the same name ({', '.join(map(str, weights))}); rename a folder.")


def evaluate(corpus: Path, motion: Path, chosen: dict[str, Takes], every: int, progress: Progress) -> Results:
    """Every chosen engine on every so many of the held-out stretches. EvaluationError where nothing is held out."""
    found = list(stretches(corpus, motion, every=every))
    plain = [replace(each, direction=Direction(style=each.direction.style, seed=each.direction.seed)) for each in found]
    judge = Judge(unit for unit in read_motion_units(motion) if not unit.held_out)
    heard: dict[str, tuple[PhoneTrack, Prosody]] = {}
    felt = {}
    for i, (name, takes) in enumerate(chosen.items()):
        told = functools.partial(_part, progress, i / len(chosen), len(chosen), name)
        felt[name] = shown(plain, Performing(takes, heard), judge, told)
    performers = {
        name: lambda speech, track, prosody, direction, takes=takes: [
            take.resample(FPS) for take in takes(speech, track, prosody, seeds(direction))
        ]
        for name, takes in chosen.items()
    }
    at = iter(range(len(found)))
    rows = compare(found, performers, lambda name: progress(0.7 + 0.3 * next(at) / len(found), "ten takes of each"))
    followers = {
        name: functools.partial(_one, takes, heard) for name, takes in chosen.items() if name.startswith(FOLLOWERS)
    }
    posed = {name: matched.error(_few(plain), perform, heard) for name, perform in followers.items()}
    kept = {name: held.measure(_few(plain), perform) for name, perform in followers.items()}
    return Results(felt, posed, kept, rows)


def _one(takes: Takes, heard: Mapping[str, tuple[PhoneTrack, Prosody]], stretch: Stretch, asked: Direction) -> Take:
    """At the engine's own rate."""
    return takes(stretch.speech, *heard[stretch.name], [asked])[0]


def _few(found: Sequence[Stretch]) -> Sequence[Stretch]:
    return found[:: max(1, len(found) // FEW)][:FEW]


def _part(progress: Progress, begin: float, of: int, name: str, done: float) -> None:
    progress(0.7 * (begin + done / of), name)


def shown(found: Sequence[Stretch], perform: Perform, judge: Judge, progress: Callable[[float], None]) -> Felt:
    """What one engine shows on these stretches."""
    progress(0.0)
    counts = named(judge, found, perform)
    progress(0.25)
    few = _few(found)
    asked, energies = intensities(few, perform)
    progress(0.6)
    errors = tuple(mixed(few, perform, pair, shares) for pair in pairwise(EMOTIONS[1:]) for shares in SHARES)
    progress(0.8)
    lips = [under(found, perform, emotion) for emotion in EMOTIONS[1:]]
    progress(1.0)
    return Felt(
        float(np.trace(counts) / counts.sum()),
        tuple(np.diag(counts) / counts.sum(1)),
        min(rises(asked, each.mean(0)) for each in energies.values()),
        max(bend(each.mean(0)) for each in energies.values()),
        errors,
        *(min(values) for values in zip(*lips, strict=True)),
    )


def bend(energies: np.ndarray) -> float:
    """(P,) energies over equally spaced intensities: the greatest second difference as a share of the whole rise. A
    curve that is a square (energy is) has 0.02 over 11 steps, one that jumps at once 1."""
    return float(np.abs(np.diff(energies, 2)).max() / abs(energies[-1] - energies[0]))


def mixed(found: Sequence[Stretch], perform: Perform, pair: tuple[str, str], shares: tuple[float, float]) -> float:
    """|x(aA + bB) - ax(A) - bx(B)| / |ax(A) + bx(B)| of what takes add to the neutral one of their seed, in the
    millimetres that the numbers move the face; all stretches together."""
    off = whole = 0.0
    mm = visible()[:52]
    for stretch in found:
        both = replace(stretch.direction, emotion=dict(zip(pair, map(constant, shares), strict=True)))
        plain, *parts, mix = (
            perform(stretch, [each])[0].weights * mm
            for each in (stretch.direction, *(feeling(stretch.direction, name, 1.0) for name in pair), both)
        )
        wanted = sum(share * (part - plain) for share, part in zip(shares, parts, strict=True))
        off += float(np.square(mix - plain - wanted).sum())
        whole += float(np.square(wanted).sum())
    return float(np.sqrt(off / whole))


def under(found: Sequence[Stretch], perform: Perform, emotion: str) -> tuple[float, float]:
    """At an emotion's full intensity: the share of spoken closures that are met, and the mean correlation of the lips'
    opening with that of the neutral take of the same seed."""
    head = load_head()
    met = closures = 0
    likeness = []
    for stretch in found:
        plain, felt = (
            aperture(perform(stretch, [each])[0], head)
            for each in (stretch.direction, feeling(stretch.direction, emotion, 1.0))
        )
        for begin, end in runs_of(stretch.lips_shut[: len(felt)]):
            met += felt[max(0, begin - NEAR) : end + NEAR].min() <= SHUT
            closures += 1
        likeness.append(np.corrcoef(plain, felt)[0, 1])
    return met / max(1, closures), float(np.mean(likeness))


def rows_of(results: Results) -> list[list[str]]:
    """Cells under HEAD."""
    return [
        [
            name, f"{100 * felt.named:.0f} %", f"{felt.rises:.3f}", f"{felt.bend:.3f}",
            f"{np.mean(felt.mixes):.3f} (worst {max(felt.mixes):.3f})", f"{100 * felt.met:.1f} %", f"{felt.lips:.3f}",
        ]
        for name, felt in results.felt.items()
    ]  # fmt: skip


def for_page(results: Results) -> str:
    """Markdown: what emotions do, and the takes beside performances."""
    from mien.evaluation.takes.report import comparison

    named_by = [[name, *(f"{100 * each:.0f} %" for each in felt.by_emotion)] for name, felt in results.felt.items()]
    parts = [
        table(HEAD, rows_of(results)),
        "Named rightly, by emotion:", table(("engine", *EMOTIONS), named_by),
        comparison(results.rows),
    ]  # fmt: skip
    if results.matched:
        cells = [[name, f"{error:.3f}"] for name, error in results.matched.items()]
        parts += ["Poses that are none of the emotions:", table(("engine", "error"), cells)]
    for name, rows in results.held.items():
        parts += [f"Held in takes of {name}:", table(held.HEAD, held.cells(rows))]
    return "\n\n".join(parts)
