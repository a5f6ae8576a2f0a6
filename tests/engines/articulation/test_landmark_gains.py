# SPDX-License-Identifier: GPL-3.0-or-later
"""Gains of the head that ships, and what they are for: amounts in % of the face."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from mien.channels import INDEX
from mien.engines.articulation import brows, eyelids, landmark_gains, mouth_corners
from mien.engines.articulation.landmark_gains import LEAST, USUAL, LandmarkGains
from mien.numeric.random_streams import stream

FRAMES = 2000


def test_every_channel_moves_what_it_is_named_for() -> None:
    gains = asdict(landmark_gains.landmark_gains())
    for name, usual in asdict(USUAL).items():
        assert LEAST * usual <= gains[name] < 3 * usual, name


def corners(gains: LandmarkGains, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    for room in (mouth_corners, eyelids, brows):
        monkeypatch.setattr(room, "landmark_gains", lambda: gains)
    return mouth_corners.mouth_corners(FRAMES, 1.0, 1.0, stream(0, "corners"))


def test_a_shape_that_moves_half_as_far_is_given_twice_the_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = corners(USUAL, monkeypatch)
    halved = corners(replace(USUAL, smile=USUAL.smile / 2, aside=USUAL.aside / 2), monkeypatch)
    for name, factor in (("mouthSmileLeft", 2), ("mouthLeft", 2), ("mouthFrownRight", 1), ("mouthDimpleLeft", 1)):
        np.testing.assert_allclose(halved[:, INDEX[name]], factor * usual[:, INDEX[name]], atol=1e-12)
