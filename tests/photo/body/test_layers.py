# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from drawn_body import CLOTH, SKIN, drawn_body, matte, picture
from mien.photo import PortraitRefused
from mien.photo.body import layers


@pytest.fixture(scope="module")
def drawn_layers() -> layers.BodyLayers:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "person_matte", lambda pixels, points: matte())
        return layers.body_layers(picture(), np.zeros((478, 3)), drawn_body())


def over(layer: np.ndarray, under: np.ndarray) -> np.ndarray:
    return layer[..., :3] + (1 - layer[..., 3:] / 255) * under


def test_at_rest_the_layers_are_the_photo(drawn_layers) -> None:
    shown = over(drawn_layers.base.person.astype(float), drawn_layers.base.background[..., :3].astype(float))
    for arm in drawn_layers.arms:
        shown = over(arm.ring.astype(float), shown)
    apart = np.abs(shown - picture())
    assert apart.mean() < 0.3 and np.percentile(apart, 99) <= 5


def test_each_free_hand_is_a_layer_and_is_taken_from_the_base(drawn_layers) -> None:
    assert {arm.side for arm in drawn_layers.arms} == {"left", "right"}
    assert drawn_layers.base.person[100:120, 205, 3].max() < 128  # where the left hand was, there is wall
    left = next(arm for arm in drawn_layers.arms if arm.side == "left")
    assert left.image[112:126, 205, 3].min() > 200
    assert left.image[:, :140, 3].max() == 0


def test_a_hand_that_is_not_seen_is_no_layer(monkeypatch) -> None:
    monkeypatch.setattr(layers, "person_matte", lambda pixels, points: matte())
    drawn_layers = layers.body_layers(picture(), np.zeros((478, 3)), drawn_body(left=None))
    assert [arm.side for arm in drawn_layers.arms] == ["right"]


def test_a_person_that_cannot_be_told_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(layers, "person_matte", lambda pixels, points: None)
    with pytest.raises(PortraitRefused, match="background"):
        layers.body_layers(picture(), np.zeros((478, 3)), drawn_body())


def test_a_table_is_no_part_of_the_person() -> None:
    wide = np.zeros((100, 100), np.float32)
    wide[20:60, 40:60] = wide[80:, :] = 1
    pose = np.zeros((100, 100), np.float32)
    pose[20:60, 40:60] = 1
    gated = layers.gated(wide, pose)
    assert gated[30, 50] == 1 and not gated[85:].any()


def test_the_edge_of_a_hand_that_was_cut_too_narrowly_is_found_though_shaded() -> None:
    y, x = np.mgrid[:80, :80]
    away = np.hypot(x - 40, y - 40)
    pixels = np.where((away < 20)[..., None], np.array(SKIN) - 3 * np.clip(away - 12, 0, 8)[..., None], CLOTH)
    mask = (away < 14).astype(np.float32)
    left = layers.left_behind(pixels.astype(np.uint8), mask, away < 16, away < 28)
    assert left[(away > 16) & (away < 20)].all()
    assert not left[away > 20 + 2 * layers.MIXED].any()
