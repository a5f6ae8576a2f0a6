# SPDX-License-Identifier: GPL-3.0-or-later
"""The windows in which a network of limited reach sees a long sound: what it makes of one has no seams."""

from __future__ import annotations

WINDOW = 1000  # frames


def windows(frames: int, reach: int, stride: int) -> list[tuple[int, int, int, int]]:
    """(begin, end, low, high): frames [begin, end) need [low, high). All are multiples of `stride` if `frames` is."""
    margin = -(-reach // stride) * stride
    width = WINDOW // stride * stride
    return [
        (begin, min(begin + width, frames), max(0, begin - margin), min(begin + width + margin, frames))
        for begin in range(0, frames, width)
    ]
