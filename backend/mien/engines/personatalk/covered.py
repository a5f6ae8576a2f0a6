# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether something is before a mouth: a hand or a microphone makes a lower face unlike all others of the speaker."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mien.engines.personatalk.template import FaceTemplate

UNLIKE = 3.0  # times the usual difference
LEAST = 28.0  # of 255, root mean square: below it nothing covers a face, however still it is
SAMPLES = 5  # every so many-th sample is looked at


class CoverTest:
    """Call it with a picture's texture (3, H, W): is its mouth covered, by textures (N, 3 * H * W) of others?"""

    def __init__(self, textures: Tensor, template: FaceTemplate) -> None:
        lips = template.lips[0].numpy() > 0.02
        skin = template.face & (template.dubbed > 0) & ~lips & (template.coverage.triangle >= 0)
        places = np.flatnonzero(skin)[::SAMPLES]
        self._columns = torch.from_numpy(np.concatenate([places + channel * skin.size for channel in range(3)]))
        seen = textures[:, self._columns]
        self._usual = seen.median(0).values
        self.differences = self._difference(seen)
        self._limit = max(LEAST, UNLIKE * float(self.differences.median()))

    def __call__(self, texture: Tensor) -> bool:
        return float(self._difference(texture.flatten()[self._columns][None])[0]) > self._limit

    @property
    def covered(self) -> np.ndarray:
        """(N,) bool of the textures themselves."""
        return (self.differences > self._limit).numpy()

    def _difference(self, seen: Tensor) -> Tensor:
        """(n,) root mean square, the mean colour difference taken out: light that changes covers nothing."""
        away = (seen - self._usual).view(len(seen), 3, -1)
        away = away - away.mean(2, keepdim=True)
        return away.square().mean((1, 2)).sqrt()
