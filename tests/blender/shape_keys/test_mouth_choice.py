# SPDX-License-Identifier: GPL-3.0-or-later
"""Visemes or channels: what opens the mouth farther moves it."""

import numpy as np
import pytest

from addon.formats.channels import ARKIT
from addon.shape_keys import keys, mouth_choice

VISEMES = ("viseme_sil", "viseme_PP", "viseme_FF", "viseme_aa", "viseme_E", "viseme_I", "viseme_O", "viseme_U")
CHANNELS = ARKIT


def with_keys(obj, names, opening: dict[str, float]):
    """Shape keys that move the lower half down by so much; the others by a little."""
    rest = keys.rest(obj.data)
    for name in names:
        moved = rest.copy()
        moved[rest[:, 2] < 0, 2] -= opening.get(name, 0.01)
        keys.add(obj, name, moved)
    return obj


def test_how_far_a_key_opens_is_the_difference_of_what_it_moves(cube):
    with_keys(cube, ("jawOpen", "all"), {"jawOpen": 0.3})
    cube.data.shape_keys.key_blocks["all"].points.foreach_set("co", (keys.rest(cube.data) + 0.5).ravel())
    assert mouth_choice.opens(cube, "jawOpen") == pytest.approx(0.3)
    assert mouth_choice.opens(cube, "all") == pytest.approx(0.0, abs=1e-6)  # as a whole it opens nothing


@pytest.mark.parametrize(
    ("jaw", "viseme", "chosen"), [(0.3, 0.2, "CHANNELS"), (0.1, 0.2, "VISEMES"), (0.2, 0.2, "CHANNELS")]
)
def test_the_farther_one_is_chosen(cube, jaw, viseme, chosen):
    with_keys(cube, CHANNELS + VISEMES, {"jawOpen": jaw, "viseme_aa": viseme})
    assert mouth_choice.choose(cube) == chosen


@pytest.mark.parametrize("names", [(), CHANNELS, VISEMES])
def test_without_both_there_is_nothing_to_choose(cube, names):
    assert mouth_choice.choose(with_keys(cube, names, dict.fromkeys(names, np.float32(0.2)))) == "AUTO"
