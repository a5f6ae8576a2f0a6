# SPDX-License-Identifier: GPL-3.0-or-later
"""What was done to the markers of words is known by names and places."""

import numpy as np
import pytest

from addon.scene.timeline.marker_changes import compare, knots

PLACED = (("the", 10), ("cat", 20), ("and", 30), ("the", 40), ("dog", 50))


def changed(**new) -> list[tuple[str, int]]:
    markers = dict(enumerate(PLACED))
    for number, marker in new.items():
        markers[int(number[1:])] = marker
    return [marker for marker in markers.values() if marker is not None]


@pytest.mark.parametrize(
    ("found", "moved", "retyped", "deleted"),
    [
        (changed(), (), (), ()),
        (changed(_1=("cat", 23)), (1,), (), ()),
        (changed(_0=("the", 12), _3=("the", 37)), (0, 3), (), ()),
        (changed(_1=("cart", 20)), (), (1,), ()),
        (changed(_1=("cart", 20), _2=("and", 33)), (2,), (1,), ()),
        (changed(_4=None), (), (), (4,)),
        ([*changed(), ("Shot 2", 33)], (), (), ()),  # one of the animator's own
        ([*changed(_2=("and", 32)), ("Shot 2", 33)], (2,), (), ()),
    ],
)
def test_changes_are_recognised(found, moved, retyped, deleted):
    changes = compare(PLACED, found)
    assert (changes.moved, changes.retyped) == (moved, retyped)
    assert tuple(number for number, marker in enumerate(changes.present) if marker is None) == deleted


def test_a_moved_word_takes_what_lies_between_its_neighbours():
    old, new = knots(compare(PLACED, changed(_1=("cat", 26))), 1.0, 60.0)
    warped = np.interp([5, 10, 15, 20, 25, 30, 45], old, new)
    assert warped.tolist() == [5, 10, 18, 26, 28, 30, 45]


@pytest.mark.parametrize("frame", [10, 30, 31, -4])
def test_words_out_of_order_are_named(frame):
    with pytest.raises(ValueError, match="^cat$|^and$"):
        knots(compare(PLACED, changed(_1=("cat", frame))), 1.0, 60.0)
