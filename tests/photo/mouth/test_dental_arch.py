# SPDX-License-Identifier: GPL-3.0-or-later
"""A row of teeth on a strip: enamel at the edges, gum at the neck, nothing beyond; an arch that goes back."""

import numpy as np
import pytest
from mien.photo.mouth.dental_arch import ABOVE, BELOW, HALF_WIDTH, depth_at, row_image, strip

SCALE = 4000.0  # pixels a metre


@pytest.mark.parametrize("lower", [False, True])
def test_a_row_is_teeth_then_gum_and_clear_beyond_the_edges(lower: bool) -> None:
    image = row_image(lower, SCALE).astype(float)
    rows = len(image)
    assert not image[0, :, 3].any()
    tooth = round((BELOW + 0.005) / (ABOVE + BELOW) * rows)
    middle = image.shape[1] // 2
    crown, gum = image[tooth, middle + 6], image[-1, middle]
    assert crown[3] == gum[3] == 255
    assert crown[:3].min() > 150 > gum[1]
    assert gum[0] > 1.5 * gum[1]


@pytest.mark.parametrize("lower", [False, True])
def test_the_strip_is_an_arch_with_its_front_in_the_middle(lower: bool) -> None:
    places, at, triangles = strip(lower)
    assert at.min() >= 0 and at.max() <= 1 and triangles.max() == len(places) - 1
    edge = places[at[:, 1] == 0]
    front = edge[np.abs(edge[:, 0]).argmin()]
    assert front[2] == edge[:, 2].max()
    assert np.abs(places[:, 0]).max() <= HALF_WIDTH + 1e-9
    grows = 1.0 if not lower else -1.0
    assert grows * (places[at[:, 1] == 1][:, 1] - edge[:, 1]).min() > 0


def test_depth_is_that_of_the_strip() -> None:
    places, at, _ = strip(False)
    edge = places[(at[:, 1] == 0) & (np.abs(places[:, 0]) < 0.02)]
    level = edge[:, 2] - edge[:, 2].max()
    assert np.allclose(depth_at(edge[:, 0]), level, atol=1e-4)


def test_the_edge_of_the_lower_incisors_is_one_line() -> None:
    """The lip leaves no more of it than that, often."""

    def clear(lower: bool) -> float:
        """The share of the line 1 mm from the edges, over four incisors, through which the dark is seen."""
        image = row_image(lower, SCALE)
        line = image[round((BELOW + 0.001) / (ABOVE + BELOW) * len(image)), :, 3]
        middle, half = len(line) // 2, round(0.01 * SCALE)
        return 1 - float(line[middle - half : middle + half].mean()) / 255

    assert clear(True) < 0.03 < clear(False)
