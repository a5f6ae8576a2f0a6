# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.heads import teeth

LIPS = np.array([0.0, 0.1, 0.115])


@pytest.mark.parametrize("row", [teeth.upper_row(LIPS), teeth.lower_row(LIPS)])
def test_a_row_is_a_symmetric_arch_behind_the_lips(row):
    crowns = row.vertices[~row.gum]
    assert crowns[:, 0].max() == pytest.approx(-crowns[:, 0].min(), abs=1e-6)
    assert crowns[:, 2].max() < LIPS[2] - 0.004
    assert row.quads.max() < len(row.vertices)
    assert 0.04 < np.ptp(crowns[:, 0]) < 0.07  # metres, as wide as a person's


def test_the_upper_front_teeth_stand_before_the_lower_ones():
    upper, lower = teeth.upper_row(LIPS).vertices, teeth.lower_row(LIPS).vertices
    assert upper[:, 2].max() > lower[:, 2].max() + 0.001


@pytest.mark.parametrize("row", [teeth.upper_row(LIPS), teeth.lower_row(LIPS)])
def test_the_faces_look_outwards(row):
    crown = row.quads[: teeth.AROUND * (teeth.UP - 1)]  # the sides of the first tooth
    a, b, c, d = (row.vertices[crown[:, i]] for i in range(4))
    outward = (a + b + c + d) / 4 - row.vertices[np.unique(crown)].mean(0)
    assert (np.einsum("ij,ij->i", np.cross(c - a, d - b), outward) > 0).mean() > 0.9
