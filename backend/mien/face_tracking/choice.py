# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several faces is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mien.errors import USAGE
from mien.face_tracking import TrackingError

if TYPE_CHECKING:
    from mien.face_tracking.detector import Detection

REACH = 0.5  # how far beside a face's box, in box sizes, `at` may point


class ChoiceError(TrackingError):
    """A choice that names no face."""

    exit_status = USAGE


@dataclass(frozen=True)
class FaceChoice:
    """The `number`-th largest face (1 is the largest), or the one `at` (x, y) pixels, in the first picture that has it.

    Raises ChoiceError for a number under 1, or for both at once.
    """

    number: int = 1
    at: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.number < 1:
            raise ChoiceError(f"Faces are numbered from 1, the largest; face {self.number} was asked for.")
        if self.at is not None and self.number != 1:
            raise ChoiceError("A face is chosen by its number or by a point, not by both; leave one out.")

    @property
    def by_size(self) -> bool:
        """Whether simply the largest face is meant."""
        return self.number == 1 and self.at is None

    def of(self, faces: Sequence[Detection]) -> Detection | None:
        """The face that is meant among those of one picture, the largest first; None where it is not there."""
        if self.at is None:
            return faces[self.number - 1] if len(faces) >= self.number else None
        reached = [(self._distance(face), i) for i, face in enumerate(faces)]
        nearest, i = min(reached, default=(np.inf, 0))
        return faces[i] if nearest <= REACH else None

    def _distance(self, face: Detection) -> float:
        """From the point to the face's box, in box sizes; 0 inside."""
        outside = np.maximum(np.maximum(face.box[:2] - self.at, self.at - face.box[2:]), 0)
        return float(np.hypot(*(outside / np.maximum(face.box[2:] - face.box[:2], 1e-6))))

    def __str__(self) -> str:
        return f"face {self.number}" if self.at is None else f"the face at {self.at[0]:g},{self.at[1]:g}"
