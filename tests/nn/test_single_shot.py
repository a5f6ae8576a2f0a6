# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.nn.single_shot import anchor_centres, letterboxed, merged, probabilities


def test_anchors_are_the_middles_of_the_cells() -> None:
    centres = anchor_centres(((2, 2), (1, 1)))
    np.testing.assert_allclose(centres[::2], [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75], [0.5, 0.5]])
    np.testing.assert_array_equal(centres[0], centres[1])


def test_a_picture_lies_in_the_middle_of_the_square() -> None:
    wide = np.full((30, 60, 3), 255, np.uint8)
    square = letterboxed(wide, 16, wide.shape)
    assert square.shape == (16, 16, 3) and square.dtype == np.float32
    np.testing.assert_allclose(square[4:12], 1)
    np.testing.assert_allclose(np.delete(square, slice(4, 12), 0), -1)
    np.testing.assert_array_equal(letterboxed(wide[::2, ::2], 16, wide.shape), square)


def test_a_huge_logit_is_no_overflow() -> None:
    with np.errstate(all="raise"):
        np.testing.assert_allclose(probabilities(np.array([-1e4, 0, 1e4])), [0, 0.5, 1], atol=1e-9)


def test_boxes_over_each_other_are_merged_by_their_scores() -> None:
    boxes = np.array([[[0, 0], [1, 1]], [[0.1, 0], [1.1, 1]], [[3, 3], [4, 4.0]]])
    found = list(merged(boxes, boxes, np.array([0.6, 0.9, 0.5]), 0.3))
    assert [score for _, score in found] == [0.9, 0.5]
    np.testing.assert_allclose(found[0][0], (0.6 * boxes[0] + 0.9 * boxes[1]) / 1.5)
    np.testing.assert_allclose(found[1][0], boxes[2])


def test_a_box_without_area_is_alone() -> None:
    boxes = np.zeros((2, 2, 2))
    assert len(list(merged(boxes, boxes, np.array([0.9, 0.8]), 0.3))) == 2
