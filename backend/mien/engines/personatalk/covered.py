# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether something is before a mouth: a microphone or a gloved hand has other colours than all lower faces of the
speaker, and a hand of the face's own colour lacks their structure, lips, teeth and the shadows of nose, lip and chin.

Lips that are rolled in take the red and not the shadows: the structure of the speaker's own pictures is at least .62
alike on two real clips, that of a flat hand drawn into them .19 at most.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mien.engines.personatalk.template import FaceTemplate, texture_columns

UNLIKE = 3.0  # times the usual difference
LEAST = 28.0  # of 255, root mean square: below it nothing covers a face, however still it is
ALIKE = 0.45  # times the usual correlation of brightness: below it the face's structure is not there
CERTAIN, DOUBTFUL = 1.0, 0.55
SAMPLES = 5  # every so many-th sample is looked at


class CoverTest:
    """Call it with a picture's texture (3, H, W): how unlike its lower face is to textures (N, 3 * H * W) of the same
    speaker. From CERTAIN on something is before the mouth, from DOUBTFUL on something may begin to be."""

    def __init__(self, textures: Tensor, template: FaceTemplate) -> None:
        lips = template.lips[0].numpy() > 0.02
        face = template.face & (template.dubbed > 0) & (template.coverage.triangle >= 0)
        self._skin, self._face = (torch.from_numpy(texture_columns(part, SAMPLES)) for part in (face & ~lips, face))
        self._usual = textures[:, self._skin].median(0).values
        row, column = np.divmod(np.flatnonzero(face)[::SAMPLES], face.shape[1])
        plane = np.stack([np.ones(len(row)), row, column], 1)
        self._plane = torch.from_numpy(np.linalg.qr(plane)[0].astype(np.float32))
        brightness = self._brightness(textures)
        self._structure = brightness.median(0).values
        differences, likeness = self._difference(textures), self._correlation(brightness)
        self._limit = max(LEAST, UNLIKE * float(differences.median()))
        self._usual_likeness = max(float(likeness.median()), 1e-6)
        self.covered = (self._unlike(differences, likeness) > CERTAIN).numpy()  # (N,) bool of the textures themselves

    def __call__(self, texture: Tensor) -> float:
        seen = texture.flatten()[None]
        return float(self._unlike(self._difference(seen), self._correlation(self._brightness(seen)))[0])

    def _unlike(self, difference: Tensor, likeness: Tensor) -> Tensor:
        """(n,) the greater of what colours (n,) and structure (n,) say."""
        lost = (1 - likeness / self._usual_likeness) / (1 - ALIKE)
        return torch.maximum(difference / self._limit, lost)

    def _difference(self, textures: Tensor) -> Tensor:
        """(n,) root mean square of the skin, without the mean difference: light that changes covers nothing."""
        away = (textures[:, self._skin] - self._usual).view(len(textures), 3, -1)
        away = away - away.mean(2, keepdim=True)
        return away.square().mean((1, 2)).sqrt()

    def _brightness(self, textures: Tensor) -> Tensor:
        """(n, places) of the lower face, without what grows evenly over it, as light from one side does."""
        seen = textures[:, self._face].view(len(textures), 3, -1).mean(1)
        return seen - (seen @ self._plane) @ self._plane.T

    def _correlation(self, brightness: Tensor) -> Tensor:
        """(n,) of brightness (n, places) with the usual one."""
        length = brightness.norm(dim=1) * self._structure.norm()
        return (brightness @ self._structure) / length.clamp(min=1e-6)
