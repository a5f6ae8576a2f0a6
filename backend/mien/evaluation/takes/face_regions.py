# SPDX-License-Identifier: GPL-3.0-or-later
"""The regions of a face that takes are measured on: lips and upper face.

ProbTalk3D lists both for FLAME's mesh; on Mien's head they follow from the masks and channels of the head file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.evaluation import EvaluationError
from mien.heads.default import Head

SPEECH, EXPRESSION = ("jaw", "mouth"), ("brow", "eye")  # how the names of the channels begin
STILL = 0.0001  # m: what never moves further would only dilute a mean over the region


@dataclass(frozen=True, eq=False)
class Regions:
    """neutral (V, 3) metres, the face at rest; lips and upper (n,) indices of its vertices.

    Raises EvaluationError where they are no parts of that face.
    """

    neutral: np.ndarray
    lips: np.ndarray
    upper: np.ndarray

    def __post_init__(self) -> None:
        if self.neutral.ndim != 2 or self.neutral.shape[1] != 3:
            raise EvaluationError(f"the neutral face has shape {self.neutral.shape}; expected (vertices, 3).")
        for name, ids in (("lips", self.lips), ("upper face", self.upper)):
            if ids.ndim != 1 or not len(ids) or len(np.unique(ids)) != len(ids):
                raise EvaluationError(f"the {name} are no list of different vertices; give at least one, each once.")
            if ids.min() < 0 or ids.max() >= len(self.neutral):
                raise EvaluationError(
                    f"the {name} name vertices {ids.min()} to {ids.max()}; the face has {len(self.neutral)}."
                )


def regions_of(head: Head) -> Regions:
    """On Mien's head: 304 vertices of lips, 889 of the upper face.

    Lips are the head's `lip_mask`: the rings of both lips' red, to the wet inside. The upper face is what its
    `upper_face_mask` holds (the skin of forehead, brows, lids and the root of the nose, from the front) as far as it
    is the brows' and eyes' own: moved further by one of their channels than by any of the jaw and the mouth (a corner
    of the cheek is not), and at all (the edge of the hair is not).
    """
    distance = np.linalg.norm(head.deltas, axis=-1)
    of_speech, of_expression = (
        distance[[name.startswith(kind) for name in head.channels]].max(0) for kind in (SPEECH, EXPRESSION)
    )
    upper = head.upper_face_mask.astype(bool) & (of_expression > np.maximum(of_speech, STILL))
    return Regions(head.vertices, np.flatnonzero(head.lip_mask), np.flatnonzero(upper))
