# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a PhoneTrack names the viseme of each frame: counts that add up over recordings.

Nine groups of phones that look alike. A frame counts as right only if the most probable group of that very frame is
the one that is spoken there.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from mien.engines.articulation.constraints import LIKELY
from mien.numeric.mask_runs import runs
from mien.speech_analysis.track import RATE, PhoneTrack
from mien.speech_analysis.viseme_groups import GROUP, NAMES

BILABIAL, LABIODENTAL = NAMES.index("p b m"), NAMES.index("f v")
SHIFTS = np.arange(-12, 13)  # frames by which a track may lag
THRESHOLDS = np.round(np.arange(0.05, 0.96, 0.05), 2)  # to open an event; it ends below half of that
THRESHOLD = LIKELY  # at which the articulation engine closes the lips
NEAR = 3  # frames either side of a segment in which an event still meets it
COARSE = 2  # frames in one of 20 ms


def grouped(track: PhoneTrack) -> np.ndarray:
    """(T, 11) float16: probability of each group, then of a closure and of a labiodental."""
    groups = np.stack([track.posteriors[:, group == GROUP].sum(1) for group in range(len(NAMES))], 1)
    flags = [getattr(track, name, None) for name in ("closure", "labiodental")]
    flags = [groups[:, g] if flag is None else flag for flag, g in zip(flags, (BILABIAL, LABIODENTAL), strict=True)]
    return np.column_stack([groups, *flags]).astype(np.float16)


@dataclass(frozen=True, eq=False)
class Score:
    """Counts; two of them add up. Frames of speech are those that have a phone in the reference."""

    confusion: np.ndarray  # (9, 9) frames of 10 ms by true and recognised group
    coarse: np.ndarray  # (9, 9) frames of 20 ms
    shifted: np.ndarray  # (S, 2) frames of speech that are right, and all, with the track moved back by SHIFTS
    agreement: np.ndarray  # (S, 2) sum of the probability of the true group, and frames, likewise
    closures: np.ndarray  # (H, 4) by threshold: segments met, segments, events that meet none, frames wrongly open
    labiodentals: np.ndarray  # (H, 4)

    def __add__(self, other: Score) -> Score:
        return Score(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def seconds(self) -> float:
        return self.confusion.sum() / RATE

    @property
    def speech_seconds(self) -> float:
        return self.confusion[1:].sum() / RATE

    @property
    def accuracy(self) -> float:
        """Share of the frames of speech that are right."""
        return _share(self.confusion[1:].trace(offset=1), self.confusion[1:].sum())

    @property
    def accuracy_with_silence(self) -> float:
        return _share(self.confusion.trace(), self.confusion.sum())

    @property
    def coarse_accuracy(self) -> float:
        return _share(self.coarse[1:].trace(offset=1), self.coarse[1:].sum())

    @property
    def accuracy_unlagged(self) -> float:
        """The same with the track moved by the whole frames that serve it best."""
        return float((self.shifted[:, 0] / np.maximum(1, self.shifted[:, 1])).max())

    @property
    def recall(self) -> np.ndarray:
        """(9,) share of each group's frames that are right; NaN where there are none."""
        return np.array([_share(row[i], row.sum()) for i, row in enumerate(self.confusion)])

    @property
    def lag(self) -> float:
        """Seconds by which the track is late: the peak of its cross-correlation with the reference."""
        mean = self.agreement[:, 0] / np.maximum(1, self.agreement[:, 1])
        peak = int(np.clip(mean.argmax(), 1, len(mean) - 2))
        before, at, after = mean[peak - 1 : peak + 2]
        bend = before - 2 * at + after
        return float(SHIFTS[peak] + (0.5 * (before - after) / bend if bend else 0.0)) / RATE

    def events(self, kind: str) -> dict[str, float]:
        """Of `closures` or `labiodentals` at THRESHOLD: hits, false ones a second of speech and of sound, share of the
        time that is wrongly held; and the hits at the threshold with at most 0.4 false ones a second of speech."""
        counts = getattr(self, kind)
        met, segments, false, wrong = counts[int(np.flatnonzero(THRESHOLDS == THRESHOLD)[0])]
        speech = max(self.speech_seconds, 1 / RATE)
        few = counts[:, 2] / speech <= 0.4
        return {
            "segments": float(segments), "hits": _share(met, segments),
            "false_a_second_of_speech": false / speech, "false_a_second": false / max(self.seconds, 1 / RATE),
            "wrongly_held": _share(wrong, self.confusion.sum()),
            "hits_at_0.4_false": max((_share(row[0], row[1]) for row in counts[few]), default=float("nan")),
        }  # fmt: skip


def score(phones: np.ndarray, track: np.ndarray) -> Score:
    """Score of true phones (T,), indices in PHONES, and a track (T', 11) of `grouped`, over the frames that both
    have."""
    frames = min(len(phones), len(track))
    truth, probabilities = GROUP[phones[:frames]], track[:frames].astype(np.float32)
    groups = probabilities[:, : len(NAMES)]
    best = groups.argmax(1)
    even = frames // COARSE * COARSE
    coarse = groups[:even].reshape(-1, COARSE, len(NAMES)).mean(1).argmax(1)
    shifted, agreement = np.zeros((len(SHIFTS), 2)), np.zeros((len(SHIFTS), 2))
    for i, shift in enumerate(SHIFTS):
        at = np.arange(max(0, -shift), max(frames - max(0, shift), 0))
        agreement[i] = groups[at + shift, truth[at]].sum(), len(at)
        at = at[truth[at] > 0]
        shifted[i] = (best[at + shift] == truth[at]).sum(), len(at)
    return Score(
        _confusion(truth, best), _confusion(truth[:even:COARSE], coarse), shifted, agreement,
        _events(truth == BILABIAL, probabilities[:, -2]), _events(truth == LABIODENTAL, probabilities[:, -1]),
    )  # fmt: skip


def open_runs(probability: np.ndarray, threshold: float) -> np.ndarray:
    """(N, 2) frames [begin, end) of events: they open at `threshold` and last while above half of it."""
    held = runs(probability >= threshold / 2)
    return np.array([run for run in held if probability[run[0] : run[1]].max() >= threshold], int).reshape(-1, 2)


def _events(truth: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """(H, 4) as in Score."""
    segments = runs(truth)
    near = np.convolve(truth, np.ones(2 * NEAR + 1), mode="same") > 0 if len(truth) else truth
    counts = np.zeros((len(THRESHOLDS), 4))
    for i, threshold in enumerate(THRESHOLDS):
        events = open_runs(probability, threshold)
        meets = (events[None, :, 0] < segments[:, None, 1] + NEAR) & (events[None, :, 1] > segments[:, None, 0] - NEAR)
        wrong = sum(int((~near[begin:end]).sum()) for begin, end in events)
        counts[i] = meets.any(1).sum(), len(segments), (~meets.any(0)).sum(), wrong
    return counts


def _confusion(truth: np.ndarray, recognised: np.ndarray) -> np.ndarray:
    counts = np.bincount(truth * len(NAMES) + recognised, minlength=len(NAMES) ** 2)
    return counts.reshape(len(NAMES), len(NAMES)).astype(float)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
