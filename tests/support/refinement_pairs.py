# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs of a training of the refinement, without a face in them."""

import numpy as np
from mien.photo.refinement.condition import SIZE
from mien.photo.refinement.crop import SIDE
from mien.training.refinement.pairs import Pairs


def some_pairs(seed: int, count: int = 2) -> Pairs:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 255, (count, SIDE, SIDE, 3)).astype(np.uint8)
    area = np.zeros((count, 3, SIDE, SIDE), np.uint8)
    area[:, 0, 20:100, 20:100] = area[:, 1, 70:90, 40:80] = 255
    return Pairs(
        truth[0], truth // 2, truth, area, rng.standard_normal((count, SIZE)).astype(np.float32),
        np.ones(count, np.float32), np.array([True, False] * count)[:count], np.zeros(count, np.float32),
    )  # fmt: skip
