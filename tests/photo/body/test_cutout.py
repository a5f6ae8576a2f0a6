# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from drawn_body import CLOTH, PLACES, SKIN, drawn_body, hand_points, matte, picture
from mien.photo.body.cutout import Surroundings, arm_mask


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


def left_arm(pixels: np.ndarray, person: np.ndarray, other: np.ndarray | None = None) -> np.ndarray:
    body, torso = drawn_body(), np.zeros(person.shape, bool)
    torso[105:, 75:165] = True
    hand, about = body.hands["left"], Surroundings(np.array(PLACES[11], float), torso, other)
    return arm_mask(pixels, person, np.array(PLACES[13], float), hand.points[:, :2], hand.palm, True, about)


def test_a_sleeve_that_is_wider_than_sleeves_are_goes_with_its_forearm() -> None:
    pixels, person = picture().copy(), matte()
    pixels[140:170, 200:230], person[140:170, 200:230] = CLOTH, 1
    wide = left_arm(pixels, person)
    body = drawn_body()
    hand = body.hands["left"]
    narrow = arm_mask(pixels, person, np.array(PLACES[13], float), hand.points[:, :2], hand.palm, True)
    assert wide[145:165, 222:227].min() > 0.9 and narrow[145:165, 222:227].max() < 0.5


def test_another_hand_on_the_forearm_is_none_of_it() -> None:
    pixels, person = picture().copy(), matte()
    pixels[138:158, 192:210] = SKIN
    other = hand_points((201, 158), 20.0)[:, :2]
    with_other, alone = left_arm(pixels, person, other), left_arm(pixels, person)
    assert with_other[141:155, 197:205].mean() < 0.2 < alone[141:155, 197:205].mean()
