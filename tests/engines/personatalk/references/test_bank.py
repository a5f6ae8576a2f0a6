# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import torch
from dub_banks import drawn_bank
from mien.engines.personatalk.references.bank import flattened


def test_textures_of_one_face_lie_over_one_another() -> None:
    made = drawn_bank()
    skin = (made.template.hidden > 0.9) & (made.template.lips[0].numpy() < 0.01)
    skin &= made.template.coverage.triangle >= 0
    textures = made.bank.textures.view(len(made.bank), 3, *made.template.size)[:, :, torch.from_numpy(skin)]
    apart = textures[0] - textures[20]
    assert float(apart.abs().median()) < 12  # of 255: the stripes go with the skin, 128 pixels wide
    assert float(textures.std((0, 2)).mean()) > 10


def test_places_are_those_of_the_crop() -> None:
    made = drawn_bank()
    bank = made.bank
    places = bank.places(5)
    assert places.shape == (2, *made.template.size) and bank.places(5) is places
    width, height = bank.pictures[5].crop.shape[2], bank.pictures[5].crop.shape[1]
    inside = (places[0] > -2) & (places[0] < width + 1) & (places[1] > -2) & (places[1] < height + 1)
    assert float(inside.float().mean()) > 0.95


def test_references_can_be_left_out() -> None:
    bank = drawn_bank().bank
    dropped = np.zeros(len(bank), bool)
    dropped[3] = True
    fewer = bank.without(dropped)
    assert len(fewer) == len(bank) - 1 and 3 not in fewer.frames
    torch.testing.assert_close(fewer.textures[3], bank.textures[4])


def test_the_ring_tells_the_light() -> None:
    made = drawn_bank()
    mesh, scale = made.talker.shapes.vertices(2), float(made.talker.shapes.pose.scale[2])
    brighter = np.clip(made.talker.pictures[2].astype(int) + 30, 0, 255).astype(np.uint8)
    textures = [flattened(p, mesh, scale, made.template).texture.flatten() for p in (made.talker.pictures[2], brighter)]
    one, other = made.bank.ring(torch.stack(textures))
    assert one.shape == (8,) or len(one) <= 8
    assert np.linalg.norm(other - one) > 1e-3
