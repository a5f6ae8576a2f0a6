# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from drawn_body import CLOTH, PLACES, SKIN, drawn_body, matte, picture
from mien.photo.body.cutout import arm_mask


def test_an_arm_is_cut_out_with_its_hand_and_without_the_wall() -> None:
    body, pixels = drawn_body(), picture()
    hand = body.hands["left"]
    mask = arm_mask(pixels, matte(), np.array(PLACES[13], float), hand.points[:, :2], hand.palm, sure=True)
    skin = (np.abs(pixels.astype(int) - SKIN).max(2) < 12) & (np.arange(240) > 185)
    skin[:60] = False
    assert mask[skin].mean() > 0.9
    assert mask[matte() == 0].mean() < 0.02
    assert mask[150, 202] > 0.9  # the sleeve, drawn in the colour of the torso
    assert np.abs(pixels[150, 202].astype(int) - CLOTH).max() < 12
    assert mask[:, :150].max() == 0


def test_a_hand_of_unsure_fingers_is_within_the_person() -> None:
    hand = drawn_body().hands["left"]
    mask = arm_mask(picture(), matte(), np.array(PLACES[13], float), hand.points[:, :2], hand.palm, sure=False)
    assert mask.max() == 1
    assert mask[matte() == 0].mean() < 0.02


def test_an_arm_outside_the_picture_is_nothing() -> None:
    far = np.full((21, 2), 1000.0)
    assert not arm_mask(picture(), matte(), np.array([990.0, 990.0]), far, 20.0, sure=True).any()
