# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a performance says who performs it: numbers of motion, the same for recordings and for takes by the rules."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.ndimage import minimum_filter1d
from scipy.signal import butter, find_peaks, peak_widths, sosfiltfilt

from mien.channels import INDEX, columns
from mien.persona.recording import FPS, Motion, Recording

Pairs = Iterable[tuple[Recording, Motion]]  # a recording, and its own motion or another of the same sound

BLINK, APART = 0.35, 0.4  # of eyeBlink above the lids around; s between two
AROUND = 1.2  # s
SHIFT = 8  # frames over which a shift of the gaze is measured: sizes of saccades, not where they lead
GESTURES = (1.5, 6.0)  # Hz: nods and shakes; drift and rhythm are slower
LEAST_FRAMES = 40  # of a stretch that is filtered
LEANING = ("mouthStretch", "mouthSmile", "mouthLowerDown", "mouthUpperUp", "mouthDimple")
BROWS = ("browOuterUp", "browDown")
INNER, OUTER, DOWN, LIDS = INDEX["browInnerUp"], columns("browOuterUp"), columns("browDown"), columns("eyeBlink")
MOUTH = ("aperture", "jaw", "narrow", "wide", "funnel", "pucker", "stretch", "lifted")
LEAST = 1e-4


def mouth(pairs: Pairs) -> np.ndarray:
    """(8,) logarithms of MOUTH while speaking: how far aperture and jaw range, how far the mouth narrows and widens
    from its median, and how much the lips round, spread and part."""
    gap, jaw, width, weights = (
        np.concatenate(values) for values in zip(*(_lips(*pair) for pair in pairs), strict=True)
    )
    low, middle, high = np.percentile(width, [10, 50, 90])
    rounding = weights[:, [INDEX["mouthFunnel"], INDEX["mouthPucker"]]].mean(0)
    spread, lifted = (weights[:, columns(name)].mean() for name in ("mouthStretch", "mouthUpperUp"))
    values = [1000 * _range(gap), _range(jaw), 1000 * (middle - low), 1000 * (high - middle), *rounding, spread, lifted]
    return np.log(np.maximum(values, LEAST))


def leans(pairs: Pairs) -> dict[str, float]:
    """By how much the left side is stronger: of the mouth while speaking, of the brows' movement."""
    sides = {"mouth_lean": np.zeros(2), "brow_lean": np.zeros(2)}
    for recording, motion in pairs:
        spoken, seen = motion.weights[recording.speaking], motion.weights[recording.seen]
        for side in (0, 1):
            sides["mouth_lean"][side] += sum(spoken[:, columns(name)[side]].sum() for name in LEANING)
            sides["brow_lean"][side] += sum(_moved(seen[:, columns(name)[side]]) for name in BROWS)
    return {name: float((left - right) / max(left + right, LEAST)) for name, (left, right) in sides.items()}


def nonverbal_statistics(pairs: Pairs) -> dict[str, float]:
    """Standard deviations of head and its gestures (degrees), of shifts of the gaze beside the head's (degrees), and of
    the brows; blinks a second and the seconds that one takes; each clip about its own mean."""
    squares = {"head": 0.0, "gestures": 0.0, "gaze": 0.0, "brows": 0.0}
    frames, blinks, lengths = 0, 0, []
    for recording, motion in pairs:
        seen = recording.seen
        if seen.sum() < LEAST_FRAMES:
            continue
        turn, count = np.degrees(motion.rotation[seen]), int(seen.sum())
        turn = turn - turn.mean(0)
        eyes = np.degrees(motion.gaze[seen])
        eyes = eyes - eyes.mean(0)
        for axis in (0, 1):  # the eyes are held against the head
            eyes[:, axis] -= turn[:, axis] * (eyes[:, axis] @ turn[:, axis]) / max(turn[:, axis] @ turn[:, axis], LEAST)
        brows = motion.weights[seen][:, [INNER, *OUTER]].sum(1) - motion.weights[seen][:, DOWN].sum(1)
        band = sosfiltfilt(butter(2, GESTURES, "band", fs=FPS, output="sos"), turn[:, :2], axis=0)
        for name, values in (("head", turn), ("gestures", band), ("brows", brows - brows.mean())):
            squares[name] += float((values**2).sum())
        squares["gaze"] += count * float(np.mean((eyes[SHIFT:] - eyes[:-SHIFT]) ** 2))
        found = _blinks(motion.weights[seen][:, LIDS].mean(1))
        blinks, frames, lengths = blinks + len(found), frames + count, [*lengths, *found]
    result = {name: float(np.sqrt(value / max(frames, 1))) for name, value in squares.items()}
    return result | {"blinks": blinks * FPS / max(frames, 1), "blink_time": float(np.mean(lengths)) if lengths else 0.0}


def pose(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """((52,) medians over all that is seen, (3,) mean degrees of the head)."""
    pairs = list(pairs)
    weights = np.concatenate([motion.weights[recording.seen] for recording, motion in pairs])
    turn = np.concatenate([motion.rotation[recording.seen] for recording, motion in pairs])
    return np.median(weights, axis=0), np.degrees(turn.mean(0))


def _lips(recording: Recording, motion: Motion) -> tuple[np.ndarray, ...]:
    speaking = recording.speaking
    return motion.aperture[speaking], motion.jaw[speaking], motion.width[speaking], motion.weights[speaking]


def _range(values: np.ndarray) -> float:
    return float(np.subtract(*np.percentile(values, [92, 8])))


def _moved(values: np.ndarray) -> float:
    return float(np.abs(values - np.median(values)).sum()) if len(values) else 0.0


def _blinks(lids: np.ndarray) -> list[float]:
    """Seconds that each blink takes at half its depth."""
    above = lids - minimum_filter1d(lids, round(AROUND * FPS))
    peaks, _ = find_peaks(above, height=BLINK, distance=round(APART * FPS), prominence=BLINK / 2)
    return list(peak_widths(above, peaks, rel_height=0.5)[0] / FPS) if len(peaks) else []
