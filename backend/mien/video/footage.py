# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage: a film or a photo as its pictures, one after another, each with its exact time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np


@dataclass(frozen=True, eq=False)
class Picture:
    """`time` in seconds after the first picture; pixels (H, W, 3) uint8 sRGB, as it is meant to be seen."""

    time: Fraction
    pixels: np.ndarray


@dataclass(frozen=True, eq=False)
class Footage:
    """Moving pictures, or one still, with what is known of them before they are decoded.

    name: for messages; width, height: in pixels, turned as it is seen; rate: pictures a second as the file names it,
    which those of a variable rate keep only roughly; length: seconds from the first picture to the end of the last,
    None where the header does not tell; has_sound: whether there is a sound track; start: the moment of the sound, in
    seconds of what `mien.audio` reads of the same file, at which the first picture is shown; still: whether it is a
    photo; notes: sentences on what was converted or is unusual.
    """

    name: str
    width: int
    height: int
    rate: Fraction
    length: Fraction | None
    has_sound: bool
    start: Fraction
    still: bool
    notes: tuple[str, ...]
    open_pictures: Callable[[], Iterator[Picture]]

    def pictures(self) -> Iterator[Picture]:
        """All pictures from the first, in the order of their times, each decoded when it is asked for.

        Memory holds a few of them whatever the length. Each call begins anew. Raises VideoError where the file is
        damaged or cut short.
        """
        return self.open_pictures()
