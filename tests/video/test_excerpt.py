# SPDX-License-Identifier: GPL-3.0-or-later
from fractions import Fraction

import numpy as np
import pytest
from films import squares
from mien.video import VideoError
from mien.video.excerpt import excerpt
from rendered_faces import footage

TWENTY = squares(20)


def test_the_pictures_in_between_and_their_place_in_the_sound() -> None:
    part = excerpt(footage(TWENTY, start=Fraction(1, 5)), Fraction(2, 5), Fraction(3, 5))
    pictures = list(part.pictures())
    assert (part.start, part.length) == (Fraction(2, 5), Fraction(1, 5))
    assert [picture.time for picture in pictures] == [Fraction(i, 25) for i in range(5)]
    np.testing.assert_array_equal(pictures[0].pixels, TWENTY[5])


def test_from_between_two_pictures_on_the_next_is_the_first() -> None:
    part = excerpt(footage(TWENTY), Fraction(1, 20))
    assert part.start == Fraction(2, 25) and len(list(part.pictures())) == 18


def test_the_whole_is_the_whole() -> None:
    whole = excerpt(footage(TWENTY), Fraction(0))
    assert (whole.start, whole.length, len(list(whole.pictures()))) == (0, Fraction(4, 5), 20)


@pytest.mark.parametrize(("begin", "end"), [(Fraction(2), None), (Fraction(1, 2), Fraction(1, 2)), (Fraction(5), 6)])
def test_a_part_without_pictures_is_refused(begin: Fraction, end: Fraction | None) -> None:
    with pytest.raises(VideoError, match="no picture between"):
        excerpt(footage(TWENTY), begin, end)
