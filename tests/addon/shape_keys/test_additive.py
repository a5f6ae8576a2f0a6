# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of one region together go no farther than one of them alone."""

import numpy as np
import pytest

from addon.formats.channels import ARKIT
from addon.shape_keys import additive
from addon.shape_keys.key_table import Row, values

BROWS = ("Fcl_BRW_Angry", "Fcl_BRW_Sorrow", "Fcl_BRW_Surprised")


@pytest.mark.parametrize("prefix", ["", "Face.M_F00_000_00_", "Face_(merged).baked."])
def test_brows_of_vroid_are_shares_of_one(prefix):
    together = {prefix + name: np.array([1.0, 0.5, 0.2]) for name in BROWS}
    capped = additive.cap(together)
    np.testing.assert_allclose(sum(capped.values()), [1.0, 1.0, 0.6], atol=1e-6)
    np.testing.assert_allclose(capped[prefix + BROWS[0]], [1 / 3, 1 / 3, 0.2], atol=1e-6)


def test_lids_shut_whatever_the_face_expresses():
    capped = additive.cap({"Fcl_EYE_Close": np.array([1.0, 0.0]), "Fcl_EYE_Surprised": np.array([0.8, 0.8])})
    np.testing.assert_allclose(capped["Fcl_EYE_Close"], [1.0, 0.0])
    np.testing.assert_allclose(capped["Fcl_EYE_Surprised"], [0.0, 0.8], atol=1e-6)


def test_keys_of_channels_are_left_alone():
    given = {name: np.full(3, 1.2, np.float32) for name in ARKIT}
    capped = additive.cap(given)
    assert all(capped[name] is given[name] for name in ARKIT)


@pytest.mark.parametrize(
    ("source", "most"),
    [
        ("0.83 mouthSmileLeft + 0.83 mouthSmileRight", 1.0),
        ("mouthPucker + 1.03 mouthFunnel", 1.03),
        ("0.5 browDownLeft + 0.5 browDownRight", 1.0),
        ("jawOpen - 1.03 mouthClose", 1.2),
        ("jawOpen", 1.2),
    ],
)
def test_a_sum_of_channels_goes_no_farther_than_one_of_them(source, most):
    sources = {name: np.full(2, 1.2) for name in ARKIT} | {"mouthClose": np.zeros(2)}
    assert values([Row("key", source)], sources, 2)["key"] == pytest.approx(most)


def test_a_gain_of_the_animators_still_counts():
    assert values([Row("key", "jawOpen", gain=2.0)], {"jawOpen": np.ones(1)}, 1)["key"] == pytest.approx(2.0)
