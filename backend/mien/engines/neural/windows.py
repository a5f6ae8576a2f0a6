# SPDX-License-Identifier: GPL-3.0-or-later
"""Overlapping windows of a long sound for networks of finite receptive field: their output has no seams."""

from __future__ import annotations

WINDOW = 1000  # frames


def windows(frames: int, receptive: int, stride: int) -> list[tuple[int, int, int, int]]:
    """(begin, end, low, high): frames [begin, end) need [low, high). All are multiples of `stride` if `frames` is."""
    margin = -(-receptive // stride) * stride
    width = WINDOW // stride * stride
    return [
        (begin, min(begin + width, frames), max(0, begin - margin), min(begin + width + margin, frames))
        for begin in range(0, frames, width)
    ]
