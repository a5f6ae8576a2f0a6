# SPDX-License-Identifier: GPL-3.0-or-later
"""How a film's stream says its colours are meant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mien.video.reader import opened_film, picture_stream

BT709, UNSPECIFIED, SMPTE170M, MPEG, FULL = 1, 2, 6, 1, 2  # ISO/IEC 23091-2; AVColorRange
HDR = (16, 18)  # transfer curves that the reader maps down


@dataclass(frozen=True)
class Colours:
    """As the source's stream has them."""

    primaries: int
    transfer: int
    matrix: int
    range: int

    @classmethod
    def of(cls, path: Path) -> Colours:
        with opened_film(path) as container:
            context = picture_stream(container, path.name).codec_context
            read = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
            primaries, transfer, matrix, span = (int(value or 0) for value in read)
        if transfer in HDR or primaries == 9 or matrix not in (BT709, UNSPECIFIED, 5, SMPTE170M):
            return cls(BT709, BT709, BT709, MPEG)  # the reader's pictures are sRGB
        return cls(primaries or UNSPECIFIED, transfer or UNSPECIFIED, matrix, FULL if span == FULL else MPEG)
