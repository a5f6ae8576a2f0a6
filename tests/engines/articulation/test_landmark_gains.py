# SPDX-License-Identifier: GPL-3.0-or-later
"""Gains of the head that ships, and what they are for: amounts in % of the face."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from mien.channels import INDEX
from mien.engines.articulation import brows, eyelids, landmark_gains, mouth_corners
from mien.engines.articulation.accents import Accent
from mien.engines.articulation.landmark_gains import LEAST, USUAL, LandmarkGains
from mien.numeric.random_streams import stream

FRAMES = 2000


def test_every_channel_moves_what_it_is_named_for() -> None:
    gains = asdict(landmark_gains.landmark_gains())
    for name, usual in asdict(USUAL).items():
        assert LEAST * usual <= gains[name] < 3 * usual + 12 * (name == "inner_knit"), name


def corners(gains: LandmarkGains, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    for room in (mouth_corners, eyelids, brows):
        monkeypatch.setattr(room, "landmark_gains", lambda: gains)
    return mouth_corners.mouth_corners(FRAMES, 1.0, 1.0, stream(0, "corners"))


def test_a_shape_that_moves_half_as_far_is_given_twice_the_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = corners(USUAL, monkeypatch)
    halved = corners(replace(USUAL, smile=USUAL.smile / 2, aside=USUAL.aside / 2), monkeypatch)
    for name, factor in (("mouthSmileLeft", 2), ("mouthLeft", 2), ("mouthFrownRight", 1), ("mouthDimpleLeft", 1)):
        np.testing.assert_allclose(halved[:, INDEX[name]], factor * usual[:, INDEX[name]], atol=1e-12)


def test_a_raise_does_not_knit_brows_whose_inner_ends_go_inwards(monkeypatch: pytest.MonkeyPatch) -> None:
    def raised(gains: LandmarkGains) -> np.ndarray:
        corners(gains, monkeypatch)
        still = np.zeros(FRAMES)
        accents = [Accent(at, at - 5, 1.5) for at in (400, 800, 1200, 1600)]
        return brows.brows(FRAMES, accents, [], still + 1, still, 0.0, stream(0, "brows"))

    usual, gathers = raised(USUAL), raised(replace(USUAL, inner_knit=6.9))
    inner, outer = INDEX["browInnerUp"], INDEX["browOuterUpLeft"]
    assert usual[:, inner].max() > 0.2
    np.testing.assert_allclose(gathers[:, inner], usual[:, inner] / 4, atol=1e-9)
    height = [USUAL.brow_inner * each[:, inner] + USUAL.brow_outer * each[:, outer] for each in (usual, gathers)]
    np.testing.assert_allclose(*height, atol=1e-9)
