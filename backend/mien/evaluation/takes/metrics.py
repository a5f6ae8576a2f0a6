# SPDX-License-Identifier: GPL-3.0-or-later
"""Distance of takes from the true face, and their diversity: the measures of ProbTalk3D (arXiv 2409.07966), as
its published evaluation computes them, and how far takes of one sound agree in their articulation.

Ten takes ("samples") of a sound are compared with its true performance, as vertices in metres, the head held still.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.evaluation import EvaluationError
from mien.evaluation.running_sums import Sums, mean
from mien.evaluation.takes.face_regions import Regions
from mien.heads.default import Head
from mien.numeric.random_streams import stream
from mien.take import Take

SAMPLES = 10  # the measures are of ten: five pairs
BLOCK = 128  # frames that are held in float64 at once
RESTING = 1e-12  # of a curve's power: what less moves is rounding of float32


@dataclass(frozen=True)
class Measures(Sums):
    """Sums over sequences; two of them add up, `Measures()` being none. Means of nothing are NaN.

    Means over frames count a long sequence for more, as the paper's do; `fdd` and `diversity` count each alike.
    """

    sequences: int = 0
    frames: int = 0
    distance: float = 0.0  # m, frame by frame: mean of the vertices, of the first sample
    lips_first: float = 0.0  # m^2, frame by frame: the worst of the lips, of the first sample,
    lips_mean: float = 0.0  # of the mean of all samples,
    lips_best: float = 0.0  # of the sample that does best over the sequence
    dynamics: float = 0.0  # m^2, sequence by sequence
    spread: float = 0.0  # m, sequence by sequence

    @property
    def mve(self) -> float:
        """Mean vertex error, metres: how far a vertex of the first sample is from the truth."""
        return mean(self.distance, self.frames)

    @property
    def lve(self) -> float:
        """Lip vertex error, m^2: the squared distance of the worst lip vertex, of the first sample."""
        return mean(self.lips_first, self.frames)

    @property
    def mee(self) -> float:
        """Mean estimate error, m^2: the same of the mean of the samples."""
        return mean(self.lips_mean, self.frames)

    @property
    def ce(self) -> float:
        """Coverage error, m^2: the same of each sequence's best sample."""
        return mean(self.lips_best, self.frames)

    @property
    def fdd(self) -> float:
        """Upper-face dynamics deviation, m^2, signed: positive where the truth moves more than the first sample."""
        return mean(self.dynamics, self.sequences)

    @property
    def diversity(self) -> float:
        """Metres between the vertices of two samples of one sound."""
        return mean(self.spread, self.sequences)


def measure(
    regions: Regions,
    truth: np.ndarray,
    samples: Sequence[np.ndarray],
    order: Sequence[int] | None = None,
    seed: int = 0,
) -> Measures:
    """Measures of one sequence: truth (T, V, 3) and ten samples (T', V, 3), metres. Add them up over sequences.

    A truth that is longer than the samples is cut to them. For diversity the samples are shuffled, and the first five
    paired with the last five: `order` is that shuffle, drawn from `seed` when None. Two samples at a time are asked
    for, so `samples` may pose them only then (see Faces). EvaluationError where the faces do not fit together.
    """
    shuffle = stream(seed, "pairs of samples").permutation(SAMPLES) if order is None else np.asarray(order)
    if len(samples) != SAMPLES:
        raise EvaluationError(f"{len(samples)} samples of a sound were given; the measures are of {SAMPLES}.")
    if sorted(shuffle.tolist()) != list(range(SAMPLES)):
        raise EvaluationError(f"the order {shuffle.tolist()} is no shuffle of the samples 0 to {SAMPLES - 1}.")
    first = samples[0]
    frames = len(first)
    if not 0 < frames <= len(truth):
        raise EvaluationError(f"a sample has {frames} frames and the truth {len(truth)}; it must have as many or more.")
    truth = truth[:frames]
    _check(regions, truth, "the truth", frames)
    _check(regions, first, "sample 0", frames)
    dynamics = variation(regions, truth) - variation(regions, first)
    distance = frames * mean_distance(truth, first)
    true_lips = truth[:, regions.lips].astype(float)
    errors, mean_lips, spread = np.zeros((SAMPLES, frames)), np.zeros_like(true_lips), 0.0
    for pair in zip(*np.split(shuffle, 2), strict=True):
        faces = [samples[int(i)] for i in pair]
        for i, face in zip(pair, faces, strict=True):
            _check(regions, face, f"sample {i}", frames)
            lips = face[:, regions.lips].astype(float)
            errors[i] = worst(true_lips, lips)
            mean_lips += lips / SAMPLES
        spread += mean_distance(*faces) / (SAMPLES // 2)
    return Measures(
        1, frames, distance, float(errors[0].sum()), float(worst(true_lips, mean_lips).sum()),
        float(errors.sum(1).min()), dynamics, spread,
    )  # fmt: skip


def mean_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Metres between the vertices of two performances (T, V, 3), mean over both axes."""
    total = 0.0
    for begin in range(0, len(one), BLOCK):
        apart = one[begin : begin + BLOCK].astype(float) - other[begin : begin + BLOCK]
        total += float(np.sqrt(np.einsum("tvi,tvi->tv", apart, apart)).sum())
    return total / (one.shape[0] * one.shape[1])


def worst(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(T,) m^2: the largest squared distance of a vertex, of two (T, V, 3)."""
    apart = one - other
    return np.einsum("tvi,tvi->tv", apart, apart).max(1)


def variation(regions: Regions, face: np.ndarray) -> float:
    """m^2: standard deviation over time (of the frames there are) of the squared distance from the neutral face, mean
    over the upper face of (T, V, 3)."""
    moved = face[:, regions.upper].astype(float) - regions.neutral[regions.upper]
    return float(np.einsum("tvi,tvi->tv", moved, moved).std(0).mean())


def articulation_agreement(apertures: np.ndarray) -> np.ndarray:
    """(N,) Pearson correlations of N takes' lip apertures (N, F) with the mean of all N, in any unit.

    Each is a part of that mean: takes that have nothing in common still reach 1/sqrt(N). NaN for a mouth that never
    moves. `real_speech.curves` has the aperture of a take. EvaluationError for fewer than two takes.
    """
    if apertures.ndim != 2 or len(apertures) < 2:
        raise EvaluationError(f"apertures of shape {apertures.shape} were given; agreement is of two takes or more.")
    off = apertures - apertures.mean(1, keepdims=True, dtype=float)
    mean = off.mean(0)
    size = np.linalg.norm(off, axis=1) * np.linalg.norm(mean)
    moves = size > RESTING * (apertures.astype(float) ** 2).sum(1).max()
    return np.divide(off @ mean, size, out=np.full(len(off), np.nan), where=moves)


@dataclass(frozen=True, eq=False)
class Faces(Sequence[np.ndarray]):
    """The faces (F, V, 3) of takes on a head that is held still, posed one by one on access."""

    takes: Sequence[Take]
    head: Head

    def __len__(self) -> int:
        return len(self.takes)

    def __getitem__(self, index: int) -> np.ndarray:
        """float32 metres. HeadError when the take is not of this head."""
        return self.head.faces(self.takes[index])


def _check(regions: Regions, face: np.ndarray, name: str, frames: int) -> None:
    if face.shape != (frames, *regions.neutral.shape):
        raise EvaluationError(f"{name} has shape {face.shape}; expected {(frames, *regions.neutral.shape)}.")
    if not np.isfinite(face).all():
        raise EvaluationError(f"{name} has vertices that are no numbers; it cannot be measured.")
