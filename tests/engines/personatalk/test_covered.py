# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import torch
from dub_banks import drawn_bank
from mien.engines.personatalk.covered import CERTAIN, DOUBTFUL, CoverTest


def test_a_hand_before_the_mouth_is_seen_and_a_darker_room_is_not() -> None:
    made = drawn_bank()
    test = CoverTest(made.bank.textures, made.template)
    texture = made.bank.pictures[4].texture
    assert not test.covered.any() and test(texture) < DOUBTFUL
    assert test(texture - 40) < DOUBTFUL
    hand = texture.clone()
    half = hand.shape[1] // 3
    hand[:, half:, : hand.shape[2] // 2] = torch.tensor([235.0, 60.0, 40.0])[:, None, None]
    assert test(hand) > CERTAIN
    assert test.covered.shape == (len(made.bank),) and test.covered.dtype == np.bool_


def test_a_flat_hand_of_the_skins_own_colour_is_seen() -> None:
    made = drawn_bank()
    test = CoverTest(made.bank.textures, made.template)
    texture = made.bank.pictures[4].texture
    lips = made.template.lips[0].numpy() > 0.02
    skin = texture[:, torch.from_numpy(made.template.face & (made.template.dubbed > 0) & ~lips)].mean(1)
    hand = texture.clone()
    hand[:, 10:-10, 10:-10] = skin[:, None, None]
    assert test(hand) > CERTAIN
    across = torch.linspace(-20, 20, texture.shape[2])
    assert test(texture + across) < CERTAIN, "light from the side"
