# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from drawn_body import HEIGHT, WIDTH, hand_points, matte, picture
from mien.body_tracking.hand_support import in_the_air

PALM, CHIN = 20.0, 90.0
BESIDE = hand_points((215, 205))  # away from the person, over the wall


def look(pixels: np.ndarray, hand: np.ndarray = BESIDE) -> bool:
    mask = matte()
    low, high = hand[:, :2].min(0).astype(int), hand[:, :2].max(0).astype(int)
    mask[low[1] : high[1], low[0] : high[0]] = 1
    return in_the_air(pixels, mask, hand, PALM, CHIN)


def test_a_hand_before_the_wall_is_in_the_air() -> None:
    assert look(picture())


def test_a_hand_on_a_table_is_not() -> None:
    pixels = picture()
    pixels[206:] = (150, 110, 70)
    assert not look(pixels)


def test_a_table_of_nearly_the_wall_s_colour_is_seen_by_its_ledge() -> None:
    pixels = picture().astype(int)
    pixels[196:202] -= 60
    assert not look(np.clip(pixels, 0, 255).astype(np.uint8))


def test_the_folds_of_a_curtain_are_no_ledge_and_a_wall_may_darken() -> None:
    folds = 25 * np.sin(np.arange(WIDTH) / 5)
    shade = np.linspace(0, -20, HEIGHT)
    pixels = picture() + folds[None, :, None] + shade[:, None, None]
    assert look(np.clip(pixels, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("wrist", [(215, HEIGHT), (120, 225)], ids=["at the picture's edge", "before the person"])
def test_where_nothing_of_the_wall_is_below_nobody_knows(wrist) -> None:
    assert not look(picture(), hand_points(wrist))
