# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate persona`: whether `mien learn` finds how somebody speaks, on speakers who are known to the last digit.

The speakers are the styles of the motion corpus, performed by the rules on voices, each clip from a seed of its own.
What is learnt of one is compared with the style itself, and takes with the persona and without it with how that
speaker performs sounds that nothing was learnt from. Then come speakers in the default style whose lips differ from
people's at each phone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.audio.speech import RATE, Speech, read_speech
from mien.channels import ARKIT
from mien.direction import Direction
from mien.engines.articulation.animate import animate
from mien.engines.articulation.lips.curve import lip_curve
from mien.engines.articulation.lips.statistics import lip_statistics
from mien.engines.articulation.persona import LipCorrection
from mien.engines.articulation.style_names import KNOWN
from mien.engines.articulation.styles import STYLES, Style
from mien.engines.base import Progress
from mien.evaluation import EvaluationError
from mien.evaluation.takes.face_regions import regions_of
from mien.files.markdown import table
from mien.heads.default import load_head
from mien.numeric.random_streams import stream
from mien.persona import measures
from mien.persona.lip_habits import learn_lip_habits
from mien.persona.recording import FPS, Motion, Recording, motion_of, recording_of
from mien.persona.style_fit import fit_style, usual_of
from mien.speech_analysis.track import INDEX, PHONES

GAINS = ("jaw", "lips", "rounding", "spreading", "mouth_lean", "brow_lean", "head", "brows", "nods", "blinks", "gaze")
PIECE = 15.0  # s of a clip
HELD_OUT, PERFORMANCES = 3, 3  # clips, and how often each is performed
SUFFIXES = (".wav", ".flac")
HABITS, HABIT_SIZE = 8, 1.0  # speakers with lips of their own; standard deviation of a phone's effect


@dataclass(frozen=True, eq=False)
class Recovery:
    """Of one length of what is learnt from: Spearman's rank correlation of each gain with the speakers' own."""

    seconds: float
    correlations: dict[str, float]


@dataclass(frozen=True, eq=False)
class Nearness:
    """Medians over speakers on held-out sounds, of takes without a persona, with it, and of the speaker once more, from
    other seeds: mean distance of the vertices of the lips, mm; mean |log| of what head, gestures, gaze, brows and
    blinks measure beside the speaker's. nearer: shares of the speakers whom takes with a persona are nearer to than
    takes without, in both."""

    name: str
    seconds: float
    lips: tuple[float, ...]
    nonverbal: tuple[float, ...] | None
    nearer: tuple[float, float | None]


def evaluate_personas(
    folder: Path, lengths: Sequence[float], speakers: int, progress: Progress
) -> tuple[list[Recovery], list[Nearness]]:
    """Of `speakers` styles, each learnt from these lengths in seconds of the sounds in `folder`. EvaluationError where
    they are too few."""
    clips = _clips(folder, max(lengths))
    progress(0.0, "analysing speech")
    base = []
    for i, clip in enumerate(clips):
        base.append(_base(clip))
        progress(0.1 * (i + 1) / len(clips), "analysing speech")
    learnt_from, held_out = base[: len(base) - HELD_OUT], base[len(base) - HELD_OUT :]
    names = KNOWN[:: max(1, len(KNOWN) // max(1, speakers))][:speakers]
    found: list[list[Style]] = []
    for number, seconds in enumerate(sorted(lengths)):
        some = _first(learnt_from, seconds)
        usual = usual_of(some)
        styles = []
        for i, name in enumerate(names):
            share = (number + (i + 1) / len(names)) / len(lengths)
            progress(0.1 + 0.7 * share, f"{name}, {seconds:g} s")
            styles.append(fit_style(_speaking(some, STYLES[name], _seed(name)), usual).style)
        found.append(styles)
    truth = [STYLES[name] for name in names]
    recoveries = [
        Recovery(seconds, {gain: _spearman(truth, styles, gain) for gain in GAINS})
        for seconds, styles in zip(sorted(lengths), found, strict=True)
    ]
    progress(0.85, "held-out sounds")
    near = [
        _nearness(f"the {len(names)} styles", seconds, held_out, names, styles)
        for seconds, styles in zip(sorted(lengths), found, strict=True)
    ]
    near += [_habits(_first(learnt_from, seconds), held_out, seconds) for seconds in sorted(lengths)]
    progress(1.0, "done")
    return recoveries, near


def _clips(folder: Path, seconds: float) -> list[Speech]:
    """Pieces of the sounds in a folder, one of each in turn; as many as are learnt from, and HELD_OUT of others."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    size = round(PIECE * RATE)
    pieces = []
    for path in paths:
        samples = np.asarray(read_speech(path).samples)
        rows = [samples[i : i + size] for i in range(0, len(samples), size)]
        pieces.append([Speech.from_samples(row, path.stem) for row in rows if len(row) >= 4 * RATE])
    *others, last = [each for each in pieces if each] or [[]]
    own, total = [], 0.0
    for piece in [piece for row in zip_longest(others) for piece in row]:
        if total < seconds:
            own.append(piece)
            total += float(piece.duration)
    if total < 0.9 * seconds or len(last) < HELD_OUT:
        raise EvaluationError(
            f"{folder} has {total:.0f} s of sounds to learn from and {len(last)} clips of another voice; {seconds:g} s "
            f"and {HELD_OUT} are needed."
        )
    return [*own, *last[:HELD_OUT]]


def zip_longest(rows: Sequence[Sequence[Speech]]) -> list[list[Speech]]:
    """The first of each row, the second of each, and so on, as long as there are any."""
    return [[row[i] for row in rows if i < len(row)] for i in range(max(map(len, rows), default=0))]


def _base(clip: Speech) -> Recording:
    """The clip in the default style: its phones, its prosody and its moments are those of every speaker."""
    from mien.speech_analysis.prosody import analyse_prosody
    from mien.speech_analysis.recogniser import recognise_phones

    take = animate(recognise_phones(clip), analyse_prosody(clip), Direction(), clip.duration)
    return recording_of(clip.name, take, clip)


def _first(recordings: Sequence[Recording], seconds: float) -> list[Recording]:
    some: list[Recording] = []
    for recording in recordings:
        if sum(each.seconds for each in some) < seconds - 1:
            some.append(recording)
    return some


def _seed(name: str) -> int:
    return 10_000_000 + 10_000 * KNOWN.index(name)


def _speaking(recordings: Sequence[Recording], style: Style, seed: int) -> list[Recording]:
    """The same clips as somebody in this style performs them."""
    return [
        dataclasses.replace(each, motion=each.performed(style, seed + 100 * i)) for i, each in enumerate(recordings)
    ]


def _several(recordings: Sequence[Recording], style: Style, seed: int) -> list[Recording]:
    """PERFORMANCES of each."""
    return [take for i in range(PERFORMANCES) for take in _speaking(recordings, style, seed + 17 * i)]


def _spearman(truth: Sequence[Style], found: Sequence[Style], gain: str) -> float:
    from scipy.stats import spearmanr

    result: Any = spearmanr([getattr(each, gain) for each in truth], [getattr(each, gain) for each in found])
    return float(result.statistic)


def _nearness(
    title: str, seconds: float, held_out: Sequence[Recording], names: Sequence[str], styles: Sequence[Style]
) -> Nearness:
    plain = STYLES["default"]
    lips, nonverbal = [], []
    for name, style in zip(names, styles, strict=True):
        if name == "default":
            continue
        own = _several(held_out, STYLES[name], _seed(name) + 5_000)
        takes = [_several(held_out, each, _seed(name) + 7_000) for each in (plain, style, STYLES[name])]
        lips.append([_distance(own, take) for take in takes])
        nonverbal.append([_difference(own, take) for take in takes])
    return _summary(title, seconds, np.array(lips), np.array(nonverbal))


def _summary(title: str, seconds: float, lips: np.ndarray, nonverbal: np.ndarray | None) -> Nearness:
    """Of (S, K): without a persona, with it, and what else there is."""

    def middle(values: np.ndarray) -> tuple[float, ...]:
        return tuple(float(value) for value in np.median(values, axis=0))

    nearer = (
        float((lips[:, 1] < lips[:, 0]).mean()),
        None if nonverbal is None else float((nonverbal[:, 1] < nonverbal[:, 0]).mean()),
    )
    return Nearness(title, seconds, middle(lips), None if nonverbal is None else middle(nonverbal), nearer)


def _distance(own: Sequence[Recording], other: Sequence[Recording]) -> float:
    """Mean mm between the vertices of the lips."""
    head = load_head()
    deltas = head.deltas[head.order(ARKIT)][:, regions_of(head).lips].astype(float)
    apart = np.concatenate([a.motion.weights - b.motion.weights for a, b in zip(own, other, strict=True)])
    moved = np.tensordot(apart, deltas, 1)
    return 1000 * float(np.linalg.norm(moved, axis=2).mean())


def _difference(own: Sequence[Recording], other: Sequence[Recording]) -> float:
    """Mean |log| of the nonverbal statistics of both."""
    one, two = (measures.nonverbal_statistics([(each, each.motion) for each in some]) for some in (own, other))
    return float(np.mean([abs(np.log(max(one[key], 0.01) / max(two[key], 0.01))) for key in one]))


def _habits(learnt_from: Sequence[Recording], held_out: Sequence[Recording], seconds: float) -> Nearness:
    """Speakers in the default style whose lips differ at each phone."""
    rows = []
    for number in range(HABITS):
        true = _own_phones(number)
        learnt = learn_lip_habits([_with_lips(each, true.of, number) for each in learnt_from]).correction
        rows.append([])
        for lips in (None, learnt):
            apart = [
                _distance([_with_lips(each, true.of, number)], [_with_lips(each, lips.of if lips else None, number)])
                for each in held_out
            ]
            rows[-1].append(float(np.mean(apart)))
    return _summary(f"{HABITS} speakers with phones of their own", seconds, np.array(rows), None)


def _own_phones(number: int) -> LipCorrection:
    """Each phone's own effect on aperture, width and jaw, as large as people's phones differ."""
    kernel = np.zeros((3, len(PHONES), len(lip_statistics().offsets)))
    drawn = stream(number, "phones of one's own").normal(0, HABIT_SIZE, (2, len(PHONES)))
    kernel[:, :, kernel.shape[2] // 2] = drawn[[0, 1, 0]]  # the jaw goes with the aperture
    kernel[:, INDEX["SIL"]] = 0
    return LipCorrection(kernel, np.zeros(3), np.ones(3))


def _with_lips(recording: Recording, change: Callable | None, seed: int) -> Recording:
    curve = lip_curve(recording.phones, recording.prosody)
    if change is not None:
        curve = change(curve, recording.phones.posteriors)
    direction = Direction(seed=seed)
    take = animate(recording.phones, recording.prosody, direction, recording.duration, curve).resample(FPS)
    rows = np.clip(np.round(recording.moments * FPS).astype(int), 0, take.frames - 1)
    whole = motion_of(take)
    return dataclasses.replace(recording, motion=Motion(whole.weights[rows], whole.rotation[rows], whole.gaze[rows]))


def for_page(recoveries: Sequence[Recovery], near: Sequence[Nearness]) -> str:
    """Both tables, in Markdown."""
    head = ("learnt from", *(gain.replace("_", " ") for gain in GAINS))
    rows = [[f"{each.seconds:g} s", *(f"{each.correlations[gain]:.2f}" for gain in GAINS)] for each in recoveries]
    beside = ("speakers", "learnt from", "lips, mm", "nearer for", "nonverbal", "nearer for")
    others = []
    for each in near:
        share = "" if each.nearer[1] is None else f"{each.nearer[1]:.0%}"
        lips, nonverbal = (
            " / ".join(f"{value:.2f}" for value in values or ()) for values in (each.lips, each.nonverbal)
        )
        others.append([each.name, f"{each.seconds:g} s", lips, f"{each.nearer[0]:.0%}", nonverbal, share])
    return f"{table(head, rows)}\n\n{table(beside, others)}"
