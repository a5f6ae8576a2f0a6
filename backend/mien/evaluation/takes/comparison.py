# SPDX-License-Identifier: GPL-3.0-or-later
"""Distance of ten takes from held-out performances, beside that of the baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from mien.evaluation.running_sums import Sums, mean
from mien.evaluation.takes.baselines import System
from mien.evaluation.takes.clips import Clip
from mien.evaluation.takes.face_regions import regions_of
from mien.evaluation.takes.metrics import Faces, Measures, articulation_agreement, measure
from mien.heads.default import Head, load_head
from mien.speech_analysis.network.inference import recognise
from mien.speech_analysis.prosody import analyse_prosody
from mien.take import Take

SHUT = 0.0005  # m between the lips, and less, is shut; the widest frame that must be has 0.32 mm
NEAR = 1  # frames within which a closure is met
SPEAKERS = ("all", "known speakers", "unknown speakers")


@dataclass(frozen=True)
class Lips(Sums):
    """Sums over clips; two of them add up. Means of nothing are NaN.

    closures: p, b and m in the speech; met: share of the takes that close the lips there, summed; truth: correlation of
    the first take's lip aperture with the true one; agreement: mean correlation of each take's with the mean of the
    ten; moving: clips in which the lips move.
    """

    clips: int = 0
    closures: int = 0
    met: float = 0.0
    truth: float = 0.0
    moving: int = 0
    agreement: float = 0.0

    @property
    def share_met(self) -> float:
        """Share of the spoken p, b and m that are met, 0..1, mean over the takes."""
        return mean(self.met, self.closures)

    @property
    def with_truth(self) -> float:
        return mean(self.truth, self.moving)

    @property
    def among_takes(self) -> float:
        return mean(self.agreement, self.moving)


@dataclass(frozen=True)
class Row:
    system: str
    speakers: str
    measures: Measures
    lips: Lips


def compare(clips: Iterable[Clip], systems: Mapping[str, System], progress: Callable[[str], None]) -> list[Row]:
    """A row for each system and each of SPEAKERS."""
    head = load_head()
    regions = regions_of(head)
    sums = {(name, who): (Measures(), Lips()) for name in systems for who in SPEAKERS}
    for clip in clips:
        progress(clip.name)
        truth = Faces([clip.true_take], head)[0]
        analysis = recognise(clip.speech), analyse_prosody(clip.speech)
        for name, perform in systems.items():
            takes = perform(clip.speech, *analysis, clip.direction)
            clip_measures, clip_lips = measure(regions, truth, Faces(takes, head)), _lips(clip, takes, head)
            for who in ("all", "known speakers" if clip.known else "unknown speakers"):
                measures, lips = sums[name, who]
                sums[name, who] = measures + clip_measures, lips + clip_lips
    return [Row(name, who, *both) for (name, who), both in sums.items() if both[0].sequences]


def aperture(take: Take, head: Head) -> np.ndarray:
    """(F,) metres between the lips, of a take on the channels."""
    assert take.weights is not None
    return head.lip_aperture(take.weights, take.channels)


def _lips(clip: Clip, takes: list[Take], head: Head) -> Lips:
    true = aperture(clip.true_take, head)
    apertures = np.stack([aperture(take, head) for take in takes])
    frames = min(len(true), apertures.shape[1])
    true, apertures = true[:frames], apertures[:, :frames]
    closures = runs_of(clip.lips_shut[:frames])
    met = sum(float((apertures[:, max(0, a - NEAR) : b + NEAR].min(1) <= SHUT).mean()) for a, b in closures)
    if apertures.std() < 1e-6 or true.std() < 1e-6:
        return Lips(1, len(closures), met)
    agreement = float(articulation_agreement(apertures).mean())
    return Lips(1, len(closures), met, float(np.corrcoef(apertures[0], true)[0, 1]), 1, agreement)


def runs_of(marked: np.ndarray) -> list[tuple[int, int]]:
    """(begin, end) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
