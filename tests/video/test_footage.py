# SPDX-License-Identifier: GPL-3.0-or-later
from fractions import Fraction

import numpy as np
from mien.video.footage import Footage, Picture


def test_pictures_are_made_anew_for_each_reader() -> None:
    made = []

    def pictures():
        for i in range(3):
            made.append(i)
            yield Picture(Fraction(i, 25), np.full((2, 2, 3), i, np.uint8))

    footage = Footage("drawn", 2, 2, Fraction(25), Fraction(3, 25), False, Fraction(0), False, (), pictures)
    assert made == []  # nothing is decoded before it is asked for
    first = footage.pictures()
    assert next(first).time == 0
    assert [picture.pixels[0, 0, 0] for picture in footage.pictures()] == [0, 1, 2]
    assert next(first).time == Fraction(1, 25)
