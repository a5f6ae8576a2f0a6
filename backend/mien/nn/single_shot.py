# SPDX-License-Identifier: GPL-3.0-or-later
"""What single-shot detectors of the BlazeFace family share: anchors, the square that they see, boxes that are merged.

Bazarevsky et al. 2019, BlazeFace; Liu et al. 2016, SSD.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image


def anchor_centres(grids: Sequence[tuple[int, int]]) -> np.ndarray:
    """(A, 2) in parts of the square, of grids of (cells a side, anchors a cell)."""
    centres = []
    for cells, anchors in grids:
        rows, columns = np.divmod(np.arange(cells * cells), cells)
        centres.append(np.repeat((np.stack([columns, rows], 1) + 0.5) / cells, anchors, 0))
    return np.concatenate(centres)


def letterboxed(pixels: np.ndarray, side: int, size: tuple[int, ...]) -> np.ndarray:
    """(side, side, 3) in -1..1: a picture of size (H, W, ...) in the middle of a square, black around it. pixels: the
    picture, or a thinned copy of it."""
    longer = max(size[:2])
    across, down = (max(1, round(side * n / longer)) for n in (size[1], size[0]))
    small = Image.fromarray(np.ascontiguousarray(pixels)).resize((across, down), Image.Resampling.BILINEAR)
    square = np.zeros((side, side, 3), np.float32)
    left, top = (side - across) // 2, (side - down) // 2
    square[top : top + down, left : left + across] = np.asarray(small)
    return square / np.float32(127.5) - 1


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Of logits (N,)."""
    return 1 / (1 + np.exp(-np.clip(logits.astype(float), -100, 100)))


def merged(
    points: np.ndarray, boxes: np.ndarray, scores: np.ndarray, overlap: float
) -> Iterator[tuple[np.ndarray, float]]:
    """Weighted non-maximum suppression: (mean points (K, 2), best score) of each cluster of detections, the best first.

    points (N, K, 2) and boxes (N, 2, 2), opposite corners; overlap: intersection over union from which two are one.
    """
    left = list(np.argsort(-scores))
    while left:
        best = left[0]
        near = [i for i in left if _overlap(boxes[best], boxes[i]) > overlap] or [best]
        weights = scores[near] / scores[near].sum()
        yield np.tensordot(weights, points[near], 1), float(scores[best])
        left = [i for i in left if i not in near]


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two boxes (2, 2): corners."""
    inner = np.clip(np.minimum(one[1], other[1]) - np.maximum(one[0], other[0]), 0, None).prod()
    union = (one[1] - one[0]).prod() + (other[1] - other[0]).prod() - inner
    return float(inner / union) if union > 0 else 0.0
