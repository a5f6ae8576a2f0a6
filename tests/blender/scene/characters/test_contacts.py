# SPDX-License-Identifier: GPL-3.0-or-later
"""Lips and lids that come together are found by the keys that move them."""

import numpy as np

from addon.formats import head_file
from addon.scene.characters import contacts


def test_pairs_of_the_default_head_are_across_the_mouth_and_the_eyes():
    source = head_file.read_head(head_file.find_file())
    offsets = {name: source.deltas[source.channels.index(name)] for name in ("jawOpen", "eyeBlinkLeft")}
    lips = contacts.find(source.vertices, {"jawOpen": offsets["jawOpen"]})
    lids = contacts.find(source.vertices, {"eyeBlinkLeft": offsets["eyeBlinkLeft"]})
    assert len(lips) > 10 and len(lids) > 10
    apart = np.linalg.norm(source.vertices[lips[:, 0]] - source.vertices[lips[:, 1]], axis=1)
    assert apart.max() < 0.15 * np.linalg.norm(offsets["jawOpen"], axis=1).max()
    assert (source.vertices[lids, 0] > 0).all()  # the character's left
    shut = source.vertices + offsets["eyeBlinkLeft"]
    closer = np.linalg.norm(shut[lids[:, 0]] - shut[lids[:, 1]], axis=1)
    assert np.median(closer) < 0.002


def test_keys_that_move_nothing_have_no_pairs():
    rest = np.random.default_rng(0).random((20, 3))
    assert contacts.find(rest, {"jawOpen": np.zeros((20, 3)), "mouthPucker": np.ones((20, 3))}).shape == (0, 2)
