# SPDX-License-Identifier: GPL-3.0-or-later
"""How somebody's lips differ from people's at each phone: a ridge regression on what people's statistics leave.

The lips of a recording, in standard deviations about the speaker's own mean, less the curve of the statistics, are
explained by phones^0.5 at the statistics' offsets of +-80 ms, and by the same summed over visemes: what all of a viseme
have in common is cheaper than what one phone has alone. A minute is little, so the regression is drawn to zero by as
much as serves best on parts of the recordings that are left out; where nothing serves there, there is no correction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.engines.articulation.coarticulation import smooth
from mien.engines.articulation.lips.curve import POWER, SMOOTHING, lip_curve
from mien.engines.articulation.lips.statistics import lip_statistics
from mien.engines.articulation.persona import LipCorrection
from mien.persona.recording import FPS, Recording
from mien.speech_analysis.track import PHONES
from mien.speech_analysis.viseme_groups import GROUP, NAMES

PENALTIES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)  # of a weight's square, beside the mean square error of the curves
FOLDS, BLOCK = 8, 4.0  # parts that are left out in turn: blocks of so many seconds, all over the recordings
# Of the correlation on what is left out; standard errors of its mean over the parts. Of eight parts chance reaches two
# in one case of twenty (Student's t), more as the best penalty is taken (2 of 12 shuffled faces); three in one of 100
LEAST_GAIN, CERTAIN = 0.01, 3.0
LEAST_SECONDS = 20.0  # of speech
VISEMES = np.eye(len(NAMES))[GROUP]  # (40, 9)


@dataclass(frozen=True, eq=False)
class LipHabits:
    """correction: None where people's statistics alone follow the lips as well; `without` and `with_it`: correlations
    of aperture, width and jaw with the speaker's on parts left out; gap_mm: mean aperture by viseme, and of the
    statistics at the speaker's amplitude."""

    correction: LipCorrection | None
    without: tuple[float, ...]
    with_it: tuple[float, ...]
    gap_mm: dict[str, tuple[float, float]]


@dataclass(frozen=True, eq=False)
class _Rows:
    """N frames of speech: features (N, D), curves of the speaker and of the statistics (N, 3) standardised as a
    `LipCurve` is, block (N,) of time, viseme (N,)."""

    features: np.ndarray
    own: np.ndarray
    people: np.ndarray
    block: np.ndarray
    posteriors: np.ndarray


def learn_lip_habits(recordings: Sequence[Recording]) -> LipHabits:
    """Of one person's recordings."""
    rows, aperture = _rows(recordings)
    without, gaps = _correlations(rows.people, rows.own), _gaps(rows, aperture)
    if sum(float(recording.speaking.sum()) for recording in recordings) < LEAST_SECONDS * FPS:
        return LipHabits(None, without, without, gaps)
    left_out = {penalty: _predicted(rows, penalty) for penalty in PENALTIES}
    with_it = {penalty: _correlations(curves, rows.own) for penalty, curves in left_out.items()}
    penalty = max(PENALTIES, key=lambda each: with_it[each][0])
    gain = np.array([
        _correlations(left_out[penalty][part], rows.own[part])[0] - _correlations(rows.people[part], rows.own[part])[0]
        for part in (rows.block % FOLDS == number for number in range(FOLDS))
        if part.sum() >= FPS
    ])  # fmt: skip
    certain = len(gain) > 2 and gain.mean() > CERTAIN * gain.std(ddof=1) / np.sqrt(len(gain))
    if not certain or with_it[penalty][0] - without[0] < LEAST_GAIN:
        return LipHabits(None, without, with_it[penalty], gaps)
    return LipHabits(_correction(rows, penalty), without, with_it[penalty], gaps)


def _rows(recordings: Sequence[Recording]) -> tuple[_Rows, np.ndarray]:
    """(rows, (N,) apertures in mm)."""
    parts: list[tuple[np.ndarray, ...]] = []
    begin = 0.0
    for recording in recordings:
        rows, speaking = recording.rows, recording.speaking
        curve = lip_curve(recording.phones, recording.prosody)
        people = np.column_stack([curve.aperture, curve.width, curve.jaw])[rows]
        motion = recording.motion
        own = np.column_stack([motion.aperture, motion.width, motion.jaw])
        features = _features(recording.phones.posteriors)[rows]
        block = ((begin + recording.moments) // BLOCK).astype(int)
        begin += float(recording.duration) + BLOCK
        everything = (features, own, people, block, recording.phones.posteriors[rows])
        parts.append(tuple(values[speaking] for values in everything))
    features, own, people, block, posteriors = (np.concatenate(values) for values in zip(*parts, strict=True))
    spread, mean = people.std(0), people.mean(0)
    standard = (own - own.mean(0)) / np.maximum(own.std(0), 1e-9)
    return _Rows(features, standard * spread + mean, people, block, posteriors), 1000 * own[:, 0]


def _features(posteriors: np.ndarray) -> np.ndarray:
    """(T, O * 49) of posteriors (T, 40): phones and visemes at each offset, smoothed as the curves are."""
    strengths = posteriors.astype(float) ** POWER
    both = np.concatenate([strengths, strengths @ VISEMES], 1)
    frames, last = np.arange(len(both)), len(both) - 1
    taps = SMOOTHING["aperture"]
    return np.concatenate(
        [smooth(both[np.clip(frames + offset, 0, last)], taps) for offset in lip_statistics().offsets], 1
    )


def _fit(features: np.ndarray, missed: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """((D, 3) weights, (D,) mean of the features, (3,) mean of what is missed)."""
    middle, off = features.mean(0), missed.mean(0)
    centred = features - middle
    left = centred.T @ centred / len(centred) + penalty * np.eye(features.shape[1])
    return np.linalg.solve(left, centred.T @ (missed - off) / len(centred)), middle, off


def _predicted(rows: _Rows, penalty: float) -> np.ndarray:
    """(N, 3) curves with the correction, each part by a regression on the others."""
    curves = rows.people.copy()
    fold = rows.block % FOLDS
    for number in range(FOLDS):
        out = fold == number
        if not out.any() or out.all():
            continue
        weights, middle, off = _fit(rows.features[~out], (rows.own - rows.people)[~out], penalty)
        curves[out] += (rows.features[out] - middle) @ weights + off
    return curves


def _correction(rows: _Rows, penalty: float) -> LipCorrection:
    """Of all rows; visemes' weights become those of their phones."""
    weights, middle, _ = _fit(rows.features, rows.own - rows.people, penalty)
    curves = rows.people + (rows.features - middle) @ weights
    amplitude = rows.people.std(0) / np.maximum(curves.std(0), 1e-9)
    offsets, width = len(lip_statistics().offsets), len(PHONES) + len(NAMES)
    blocks = weights.reshape(offsets, width, 3)
    phones = blocks[:, : len(PHONES)] + np.einsum("pv,ovc->opc", VISEMES, blocks[:, len(PHONES) :])
    return LipCorrection(phones.transpose(2, 1, 0), middle @ weights, np.clip(amplitude, 0.3, 3))


def _correlations(curves: np.ndarray, own: np.ndarray) -> tuple[float, ...]:
    pairs = zip(curves.T, own.T, strict=True)
    return tuple(float(np.nan_to_num(np.corrcoef(one, other)[0, 1])) for one, other in pairs)


def _gaps(rows: _Rows, aperture: np.ndarray) -> dict[str, tuple[float, float]]:
    """Mean mm of aperture while each viseme is likely, and what the statistics give at the same mean and amplitude."""
    spread = aperture.std() / max(float(rows.people[:, 0].std()), 1e-9)
    people = aperture.mean() + spread * (rows.people[:, 0] - rows.people[:, 0].mean())
    likely = rows.posteriors @ VISEMES > 0.5
    return {
        name: (round(float(aperture[here].mean()), 2), round(float(people[here].mean()), 2))
        for name, here in zip(NAMES, likely.T, strict=True)
        if here.sum() >= 5 and name != "silence"
    }
