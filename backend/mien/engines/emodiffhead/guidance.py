# SPDX-License-Identifier: GPL-3.0-or-later
"""Classifier-free guidance by the audio and by the expression, each with its own strength.

Guidance (Ho & Salimans 2022) of two conditions, composed as by Brooks, Holynski & Efros 2023 (InstructPix2Pix, section
3.2.1): from an unconditional prediction so far towards one with the audio, and from there so far towards one with audio
and expression. At 1 and 1 that is the last alone.
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
            if not 0 <= (strength := getattr(self, name)) <= MOST:
                raise EngineError(
                    f"a guidance by {name} of {strength} was asked for; give a number from 0 to {MOST:g}."
                )

    @property
    def terms(self) -> list[tuple[float, bool, bool]]:
        """(share, use_audio, use_expression) of the predictions that are needed; the shares sum to 1."""
        terms = ((1 - self.sound, False, False), (self.sound - self.emotion, True, False), (self.emotion, True, True))
        return [term for term in terms if term[0]]

    def __call__(self, predict: Callable[[bool, bool], torch.Tensor]) -> torch.Tensor:
        """The guided prediction of predict(use_audio, use_expression)."""
        predictions = (share * predict(use_audio, use_expression) for share, use_audio, use_expression in self.terms)
        return sum(predictions, start=torch.zeros(()))


AS_TRAINED = Guidance()
