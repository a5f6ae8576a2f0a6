# SPDX-License-Identifier: GPL-3.0-or-later
"""How strongly the sound and the expression guide what is sampled, each by itself.

Classifier-free guidance (Ho & Salimans 2022) of two conditions, composed as by Brooks, Holynski & Efros 2023
(InstructPix2Pix, section 3.2.1): from a prediction that is told nothing, so far towards one that hears, and from there
so far towards one that hears and feels. At 1 and 1 that is the last alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from mien.engines.base import EngineError

MOST = 5.0


@dataclass(frozen=True)
class Guidance:
    """0 is not at all, 1 as it was learnt, more is exaggerated. EngineError beyond 0 to 5."""

    sound: float = 1.0
    emotion: float = 1.0

    def __post_init__(self) -> None:
        for name in ("sound", "emotion"):
            if not 0 <= (asked := getattr(self, name)) <= MOST:
                raise EngineError(f"a guidance by {name} of {asked} was asked for; give a number from 0 to {MOST:g}.")

    @property
    def shares(self) -> list[tuple[float, bool, bool]]:
        """(share, hears, feels) of the predictions that are needed; the shares sum to 1."""
        of = ((1 - self.sound, False, False), (self.sound - self.emotion, True, False), (self.emotion, True, True))
        return [each for each in of if each[0]]

    def __call__(self, predict: Callable[[bool, bool], torch.Tensor]) -> torch.Tensor:
        """The guided prediction of predict(hears, feels)."""
        return sum(share * predict(hears, feels) for share, hears, feels in self.shares)


AS_LEARNT = Guidance()
