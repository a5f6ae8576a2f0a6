# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate nonverbal`: what makes a face look alive, measured on takes of the default head beside real people.

Blinks, brows, head, gaze, lips, jaw and asymmetry, each a number of a take at 25 frames a second;
`nonverbal_of_people.json`
has the same statistics of people. Lengths are distances of the head's 68 landmarks with the head held still, in % of
the distance of the outer corners of the eyes.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks, welch

from mien import engines
from mien.audio.speech import RATE, Speech, SpeechError, read_speech
from mien.direction import Direction
from mien.engines import Progress
from mien.evaluation import EvaluationError
from mien.files.markdown import table
from mien.heads.default import load_head
from mien.speak import speak_takes
from mien.take import Take

PEOPLE = Path(__file__).with_name("nonverbal_of_people.json")
FPS = 25
VOICES, SEEDS, LONGEST = 6, (1, 2), 14.0  # the longest sounds of a folder; seconds of each
SLOW = 1.0  # s: what is slower is an expression, no blink, no accent and no phone
BLINK, BLINK_END = 0.35, 0.1  # by how much of itself the lid aperture falls in a blink; where it begins and ends
RAISE = 1.5  # % by which a brow rises above its course of 2 s
SHUT = 1.5  # % of aperture up to which the lips count as shut, rounded up to the neutral face's 1.504
STILL, FAST, SPECTRUM = 2.0, 1.0, 10  # deg/s; Hz; s of a window
LEAST = 1e-9  # of a standard deviation: what varies less does not vary
SHIFT, SHIFT_TIME = 4.0, 0.12  # degrees of gaze within seconds
RIGHT_BROW, LEFT_BROW = range(17, 22), range(22, 27)
RIGHT_LIDS, LEFT_LIDS = ((37, 41), (38, 40)), ((43, 47), (44, 46))
RIGHT_CORNER, LEFT_CORNER, OUTER_EYES, CHIN, NOSE_TIP, NOSE_BASE = 48, 54, (36, 45), 8, 30, 33


@dataclass(frozen=True)
class PeopleRow:
    """One statistic of people: its key in what `nonverbal` returns, its name, median, quartiles, and 10th and 90th
    percentile where they are known."""

    key: str
    name: str
    median: float
    quartiles: tuple[float, float]
    p10_p90: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class EngineNonverbal:
    """Of one engine: the median over takes of each statistic, NaN where no take has it; shares of the rows whose median
    lies within people's quartiles, and within their 10th to 90th percentile, of those where that is known."""

    engine: str
    medians: dict[str, float]
    within_quartiles: float
    within_p10_p90: float | None


@functools.cache
def people() -> tuple[PeopleRow, ...]:
    """The statistics of people, in the order of the table."""
    rows = json.loads(PEOPLE.read_text("utf-8"))["rows"]
    return tuple(
        PeopleRow(
            row["key"], row["statistic"], row["median"], tuple(row["quartiles"]),
            row["p10_p90"] and tuple(row["p10_p90"]),
        )
        for row in rows
    )  # fmt: skip


def evaluate_nonverbal(
    audio: Path, names: Sequence[str], progress: Progress, voices: int = VOICES, seeds: Sequence[int] = SEEDS,
    direction: Direction | None = None,
) -> list[EngineNonverbal]:  # fmt: skip
    """Each engine on the longest `voices` sounds in a folder, 14 s of each at most, from several seeds. SpeechError
    without sounds, EvaluationError for an engine that does not move the default head."""
    for name in names:
        if engines.info_of(name).head != "mien":
            raise EvaluationError(
                f"{name} moves another head; nonverbal motion is measured on the default head's landmarks."
            )
    sounds = longest(audio, voices)
    results = []
    for i, name in enumerate(names):
        measured = []
        for j, sound in enumerate(sounds):
            progress((i + j / len(sounds)) / len(names), f"{name} on {sound.name}")
            measured += [nonverbal(take) for take in speak_takes(sound, direction or Direction(), seeds, name)]
        medians = {row.key: _median([each[row.key] for each in measured]) for row in people()}
        results.append(EngineNonverbal(name, medians, *shares(medians)))
    progress(1.0, "done")
    return results


def longest(audio: Path, voices: int) -> list[Speech]:
    """The longest sounds (.wav) of a folder, cut to LONGEST. SpeechError where there are fewer than one."""
    sounds = [read_speech(path) for path in sorted(audio.glob("*.wav"))] if audio.is_dir() else []
    if not sounds:
        raise SpeechError(f"there are no .wav files in {audio}; name their folder with --audio.")
    sounds = sorted(sounds, key=lambda sound: len(sound.samples), reverse=True)[:voices]
    return [Speech.from_samples(sound.samples[: round(LONGEST * RATE)], sound.name) for sound in sounds]


def shares(medians: dict[str, float]) -> tuple[float, float | None]:
    """Shares of the rows within people's quartiles, and within the 10th to 90th percentile where they are known."""
    inside = [row.quartiles[0] <= medians[row.key] <= row.quartiles[1] for row in people()]
    known = [row for row in people() if row.p10_p90 is not None]
    wide = [row.p10_p90[0] <= medians[row.key] <= row.p10_p90[1] for row in known if row.p10_p90 is not None]
    return float(np.mean(inside)), float(np.mean(wide)) if wide else None


def nonverbal(take: Take) -> dict[str, float]:
    """Every statistic of a take on the 52 channels; NaN where it has none, as the depth of blinks without blinks."""
    take = take.resample(Fraction(FPS))
    points = landmarks(take)
    return _lids(points) | _brows(points) | _head(take) | _gaze(take) | _mouth(take, points)


def landmarks(take: Take) -> np.ndarray:
    """(F, 68, 3) % of the distance of the outer eye corners: the landmarks with the head held still."""
    assert take.weights is not None  # engines of the default head make channels
    head = load_head()
    rest = head.vertices[head.landmarks].astype(float)
    moved = head.deltas[head.order(take.channels)][:, head.landmarks].astype(float)
    unit = np.linalg.norm(np.subtract(*rest[list(OUTER_EYES)]))
    return 100 * (rest + np.tensordot(take.weights.astype(float), moved, 1)) / unit


def _lids(points: np.ndarray) -> dict[str, float]:
    """Aperture of an eye: mean distance of two pairs of lid points, of its median over the take."""
    sides = []
    for pairs in (RIGHT_LIDS, LEFT_LIDS):
        aperture = np.mean([_distance(points, *pair) for pair in pairs], axis=0)
        sides.append(aperture / max(float(np.median(aperture)), 1e-9))
    mean = np.mean(sides, axis=0)
    fallen = 1 - mean
    peaks, shapes = find_peaks(fallen, height=BLINK, prominence=BLINK, distance=3)
    durations = []
    for peak in peaks:
        around = np.flatnonzero(fallen < BLINK_END * fallen[peak])
        before, after = around[around < peak], around[around > peak]
        if len(before) and len(after):
            durations.append((_crossing(fallen, peak, before[-1]) + _crossing(fallen, peak, after[0])) / FPS)
    blinking = np.zeros(len(mean), bool)
    for peak in peaks:
        blinking[max(0, peak - 6) : peak + 10] = True
    awake = np.interp(np.arange(len(mean)), np.flatnonzero(~blinking), mean[~blinking]) if not blinking.all() else mean
    sides_apart = np.where(blinking, np.nan, sides[0] - sides[1])
    return {
        "blinks": 60 * FPS * len(peaks) / len(mean),
        "blink_duration": _median(durations),
        "blink_depth": _median(shapes["peak_heights"]),
        "lid_slow": 100 * float(_slow(awake).std()),
        "lid_sides": 100 * float(np.nanstd(sides_apart)) if not blinking.all() else float("nan"),
    }


def _crossing(fallen: np.ndarray, peak: int, end: int) -> float:
    """Frames from a peak to where it has fallen to BLINK_END of itself, between `end` and the frame before it."""
    inner = end + (1 if end < peak else -1)
    level = BLINK_END * fallen[peak]
    share = (fallen[inner] - level) / max(fallen[inner] - fallen[end], 1e-9)
    return abs(inner - peak) + float(np.clip(share, 0, 1))


def _brows(points: np.ndarray) -> dict[str, float]:
    """Height of a brow: mean of its five points, the head being still."""
    right, left = (points[:, list(brow), 1].mean(1) for brow in (RIGHT_BROW, LEFT_BROW))
    height, apart = (right + left) / 2, left - right
    speed = np.abs(np.gradient(height)) * FPS
    raised, _ = find_peaks(height - uniform_filter1d(height, 2 * FPS), height=RAISE / 2, prominence=RAISE)
    knit = _distance(points, RIGHT_BROW[-1], LEFT_BROW[0])
    return {
        "brow_sd": float(height.std()),
        "brow_range": _spread(height),
        "brow_speed_p95": float(np.percentile(speed, 95)),
        "brow_speed_rms": float(np.sqrt(np.square(speed).mean())),
        "brow_raises": 60 * FPS * len(raised) / len(height),
        "brow_knit": float(knit.std()),
        "brow_side_share": float(apart.std() / height.std()) if height.std() > LEAST else float("nan"),
        "brow_sides": float(apart.std()),
    }


def _head(take: Take) -> dict[str, float]:
    """Angles as the take has them; speed: of all three together; power: of what is left of a straight line."""
    angles = np.degrees(take.head_rotation.astype(float))
    speed = np.linalg.norm(np.gradient(angles, axis=0), axis=1) * FPS
    frequency, power = welch(angles, FPS, nperseg=min(len(angles), SPECTRUM * FPS), detrend="linear", axis=0)
    total = power[frequency > 0].sum()
    return {
        "head_pitch": _spread(angles[:, 0]),
        "head_yaw": _spread(angles[:, 1]),
        "head_roll": _spread(angles[:, 2]),
        "head_speed_median": float(np.median(speed)),
        "head_speed_p95": float(np.percentile(speed, 95)),
        "head_still": 100 * float((speed < STILL).mean()),
        "head_fast_power": 100 * float(power[frequency > FAST].sum() / total) if total > 0 else float("nan"),
    }


def _gaze(take: Take) -> dict[str, float]:
    """Of the eyes in the head: shifts are more than SHIFT degrees within SHIFT_TIME."""
    gaze = np.degrees(np.zeros((take.frames, 2)) if take.gaze is None else take.gaze.astype(float))
    frames = max(1, round(SHIFT_TIME * FPS))
    moved = np.linalg.norm(gaze[frames:] - gaze[:-frames], axis=1)
    shifts, _ = find_peaks(np.concatenate([[0.0], moved, [0.0]]), height=SHIFT, distance=frames + 1)
    still = gaze[:, 1].std() < LEAST or take.head_rotation[:, 1].std() < LEAST
    return {
        "gaze_shifts": 60 * FPS * len(shifts) / len(gaze),
        "gaze_yaw": float(gaze[:, 1].std()),
        "gaze_pitch": float(gaze[:, 0].std()),
        "gaze_head": float("nan") if still else float(np.corrcoef(gaze[:, 1], take.head_rotation[:, 1])[0, 1]),
    }


def _mouth(take: Take, points: np.ndarray) -> dict[str, float]:
    """Aperture: the least distance of the inner lips at the mid-line. Jaw: chin to nose tip. A corner's height is below
    the nose's base, its width from the mid-line."""
    assert take.weights is not None
    head = load_head()
    unit = np.linalg.norm(np.subtract(*head.vertices[head.landmarks[list(OUTER_EYES)]].astype(float)))
    gap = 100 * head.lip_aperture(take.weights, take.channels).astype(float) / unit
    jaw, width = _distance(points, CHIN, NOSE_TIP), _distance(points, RIGHT_CORNER, LEFT_CORNER)
    corners = points[:, [RIGHT_CORNER, LEFT_CORNER]] - points[:, [NOSE_BASE]]
    lift = corners[:, :, 1].mean(1)
    return {
        "lip_gap_p95": float(np.percentile(gap, 95)),
        "lip_gap_mean": float(gap.mean()),
        "lip_gap_speed": _speed(gap),
        "lips_shut": 100 * float((gap < SHUT + 0.01).mean()),
        "jaw_range": _spread(jaw),
        "jaw_speed": _speed(jaw),
        "width_sd": float(width.std()),
        "width_speed": _speed(width),
        "corner_slow": float(_slow(lift).std()),
        "corner_speed": _speed(lift),
        "corner_height_sides": float((corners[:, 0, 1] - corners[:, 1, 1]).std()),
        "corner_width_sides": float((np.abs(corners[:, 0, 0]) - np.abs(corners[:, 1, 0])).std()),
    }


def for_page(results: Sequence[EngineNonverbal]) -> str:
    """Markdown: people beside engines; a star marks what lies within people's quartiles."""
    head = ("statistic", "people, median [quartiles]", *(result.engine for result in results))
    rows = [
        [row.name, f"{row.median:g} [{row.quartiles[0]:g}, {row.quartiles[1]:g}]"]
        + [_cell(result.medians[row.key], row) for result in results]
        for row in people()
    ]
    rows.append(["**within the quartiles**", "", *(f"{100 * result.within_quartiles:.0f} %" for result in results)])
    if any(result.within_p10_p90 is not None for result in results):
        wide = [result.within_p10_p90 for result in results]
        rows.append(["**within p10 to p90**", "", *("" if each is None else f"{100 * each:.0f} %" for each in wide)])
    return table(head, rows)


def as_json(results: Sequence[EngineNonverbal]) -> dict[str, object]:
    """By engine: medians (None where no take has the statistic) and shares."""
    return {
        result.engine: {
            "medians": {key: value if np.isfinite(value) else None for key, value in result.medians.items()},
            "within_quartiles": result.within_quartiles,
            "within_p10_p90": result.within_p10_p90,
        }
        for result in results
    }


def _cell(value: float, row: PeopleRow) -> str:
    if not np.isfinite(value):
        return "none"
    value = value if abs(value) > LEAST else 0.0
    return f"{value:.3g}{' *' if row.quartiles[0] <= value <= row.quartiles[1] else ''}"


def _distance(points: np.ndarray, one: int, other: int) -> np.ndarray:
    return np.linalg.norm(points[:, one] - points[:, other], axis=1)


def _slow(values: np.ndarray) -> np.ndarray:
    return uniform_filter1d(values, round(SLOW * FPS))


def _speed(values: np.ndarray) -> float:
    """95th percentile, a second."""
    return float(np.percentile(np.abs(np.gradient(values)) * FPS, 95))


def _spread(values: np.ndarray) -> float:
    """From the 5th to the 95th percentile."""
    return float(np.subtract(*np.percentile(values, [95, 5])))


def _median(values: Sequence[float]) -> float:
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    return float(np.median(finite)) if len(finite) else float("nan")
