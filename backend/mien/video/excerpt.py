# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of footage, by time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from mien.video import VideoError
from mien.video.footage import Footage, Picture


def excerpt(footage: Footage, begin: Fraction, end: Fraction | None = None) -> Footage:
    """The pictures of `footage` shown from `begin` to `end`, seconds of its sound; to its own end for None.

    What was before is decoded all the same, and dropped. VideoError where there is no picture in between.
    """
    first = max(Fraction(0), begin - footage.start)
    last = None if end is None else end - footage.start
    empty = (
        f"The film {footage.name!r} has no picture between {float(begin):.2f} s and "
        f"{'its end' if end is None else f'{float(end):.2f} s'}; name another part of it."
    )
    if (last is not None and last <= first) or (footage.length is not None and first >= footage.length):
        raise VideoError(empty)
    shown = next((p for p in footage.pictures() if p.time >= first), None) if first > 0 else None
    if first > 0 and (shown is None or (last is not None and shown.time >= last)):
        raise VideoError(empty)
    zero = shown.time if shown is not None else Fraction(0)

    def pictures() -> Iterator[Picture]:
        for picture in footage.pictures():
            if last is not None and picture.time >= last:
                return
            if picture.time >= zero:
                yield Picture(picture.time - zero, picture.pixels)

    ends = [time for time in (footage.length, last) if time is not None]
    return replace(
        footage,
        length=min(ends) - zero if ends else None,
        start=footage.start + zero,
        open_pictures=pictures,
    )
