# SPDX-License-Identifier: GPL-3.0-or-later
"""What a face looks like at a geometry: Lip-Attention and Face-Attention as two kernels over all references.

PersonaTalk (Zhang et al. 2024) samples textures of reference frames by two cross-attentions. Here the references lie
over one another in the template, so that attention needs no search; its weights are those of Gaussian process
regression (Rasmussen and Williams 2006, section 2.2), which extrapolates where a softmax of distances cannot: near in
mouth shape for the lips, near in mouth shape, head pose and light for the skin. Every weight falls on pixels of the
speaker; the weights of a query sum to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mien.engines.personatalk.references.bank import ReferenceBank


@dataclass(frozen=True)
class Attention:
    """Lengths over which appearance changes: of mouth shape (eye distances), of the head's turn (radians), of the light
    on the ring (0: not looked at); noise: variance of what geometry does not tell, 1 being what it does."""

    mouth: float
    turn: float
    ring: float
    noise: float
    rough: bool  # a Matern 1/2 kernel in place of a Matern 3/2 one


# By cross-validation over blocks within the learnt parts of three real clips: all within a factor of two do alike
LIP = Attention(mouth=0.1, turn=2.0, ring=0.0, noise=0.03, rough=True)
FACE = Attention(mouth=0.12, turn=0.5, ring=0.25, noise=0.03, rough=False)


class KernelRegression:
    """Weights of N references for a geometry."""

    def __init__(self, attention: Attention, mouth: np.ndarray, turn: np.ndarray, ring: np.ndarray) -> None:
        """mouth (N, 12), turn (N, 3), ring (N, 8) of the references."""
        self._attention = attention
        self._keys = self._features(mouth, turn, ring)
        kernel = self._kernel(self._keys)
        self._inverse = np.linalg.inv(kernel + attention.noise * np.eye(len(kernel)))

    def weights(self, mouth: np.ndarray, turn: np.ndarray, ring: np.ndarray) -> np.ndarray:
        """(n, N) for queries mouth (n, 12), turn (n, 3), ring (n, 8); each row sums to 1."""
        weights = self._kernel(self._features(mouth, turn, ring)) @ self._inverse
        return weights + (1 - weights.sum(1, keepdims=True)) / weights.shape[1]

    def _features(self, mouth: np.ndarray, turn: np.ndarray, ring: np.ndarray) -> np.ndarray:
        parts = [mouth / self._attention.mouth, turn / self._attention.turn]
        return np.concatenate([*parts, ring / self._attention.ring] if self._attention.ring else parts, 1)

    def _kernel(self, queries: np.ndarray) -> np.ndarray:
        squared = (queries**2).sum(1)[:, None] + (self._keys**2).sum(1) - 2 * queries @ self._keys.T
        squared = np.maximum(squared, 0)
        if self._attention.rough:
            return np.exp(-np.sqrt(squared))
        far = np.sqrt(3 * squared)
        return (1 + far) * np.exp(-far)


class Appearance:
    """The low band of the textures that a bank of references gives for a geometry."""

    def __init__(self, bank: ReferenceBank) -> None:
        self.bank = bank
        self.ring = bank.ring(bank.textures)
        self._lip = KernelRegression(LIP, bank.mouth, bank.turn, self.ring)
        self._face = KernelRegression(FACE, bank.mouth, bank.turn, self.ring)

    def textures(self, mouth: np.ndarray, turn: np.ndarray, ring: np.ndarray) -> Tensor:
        """(n, 3, H, W) for geometries mouth (n, 12), turn (n, 3), ring (n, 8). All at once: what takes time is to read
        the references."""
        query = mouth, turn, ring
        weights = np.concatenate([self._lip.weights(*query), self._face.weights(*query)]).astype(np.float32)
        height, width = self.bank.template.size
        lip, face = (torch.from_numpy(weights) @ self.bank.textures).view(2, len(mouth), 3, height, width)
        return face + self.bank.template.lips * (lip - face)

    def lip_weights(self, mouth: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """(n, N) of Lip-Attention for geometries mouth (n, 12), turn (n, 3)."""
        return self._lip.weights(mouth, turn, np.zeros((len(mouth), self.ring.shape[1])))
