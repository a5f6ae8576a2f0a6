# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures drawn anew by a tiny motion model: its square, what is around it, which weights, and what is said."""

from __future__ import annotations

from pathlib import Path

import motion_model
import numpy as np
import pytest
from mien.engines.base import EngineMissing
from mien.engines.diffted.published.tps import FOLDER
from mien.engines.diffted.published.tps.renderer import Renderer
from mien.engines.diffted.published.tps.weights import import_weights
from mien.photo.motion_model import MotionModelDrawing, Square, open_drawing, square_around, weights_named

PHOTO = np.random.default_rng(0).integers(0, 256, (160, 240, 3), np.uint8)
SQUARE = Square(60, 0, 128)


@pytest.fixture(scope="module")
def drawing() -> MotionModelDrawing:
    return MotionModelDrawing(PHOTO, SQUARE, "vox", Renderer(motion_model.model(), SQUARE.of(PHOTO), 128))


def test_the_square_is_the_model_s_picture_and_the_rest_is_the_warp_s(drawing: MotionModelDrawing) -> None:
    moved = np.roll(PHOTO, 3, 1)
    drawn = drawing(moved)
    own = drawing.renderer.frame(drawing.renderer.detect(SQUARE.of(moved)))
    # Above is the picture's own edge, which stays sharp; left, right and below the model's picture fades out.
    np.testing.assert_allclose(drawn[:100, 70:180], own[:100, 10:120], atol=1)
    outside = np.ones(PHOTO.shape[:2], bool)
    outside[:128, 60:188] = False
    assert np.array_equal(drawn[outside], moved[outside])
    seam = np.abs(drawn[:100, 60].astype(int) - moved[:100, 60]).mean()
    assert seam < 0.3 * np.abs(own[:100, 0].astype(int) - moved[:100, 60]).mean()


def test_another_picture_moves_the_photo_elsewhere(drawing: MotionModelDrawing) -> None:
    moved = np.roll(PHOTO, 20, 0)
    assert drawing.renderer.detect(SQUARE.of(moved)).shape == (50, 2)
    assert np.abs(drawing(moved).astype(int) - drawing(PHOTO)).max() > 0


def test_how_long_it_takes_is_measured_and_said() -> None:
    fresh = MotionModelDrawing(PHOTO, SQUARE, "ted", Renderer(motion_model.model(), SQUARE.of(PHOTO), 128))
    assert fresh.left(100) == ""
    fresh(PHOTO)
    fresh.seconds = 3.0
    assert fresh.left(100) == "3 s a picture on the processor, 5 min left"
    assert fresh.note() == (
        "a square of 128 pixels was drawn anew by the motion model 'ted' at 128 pixels; a picture took 3 s on the "
        "processor, all of them 3 s"
    )
    larger = MotionModelDrawing(PHOTO, Square(0, 0, 160), "ted", fresh.renderer)
    assert "at 128 pixels, enlarged to 160;" in larger.note()


@pytest.mark.parametrize(
    ("box", "square"),
    [
        ((60, 40, 160, 100), Square(60, 20, 100)),  # about the box
        ((-40, 10, 60, 110), Square(0, 10, 100)),  # inside the picture
        ((20, 0, 220, 160), Square(40, 0, 160)),  # no larger than the shorter side
        ((100, 30, 140, 400), Square(40, 0, 160)),
    ],
)
def test_the_square_lies_about_the_person_and_in_the_picture(box, square: Square) -> None:
    assert square_around(box, (240, 160)) == square


def test_of_a_person_taller_than_the_square_the_head_is_kept() -> None:
    assert square_around((20, 30, 150, 400), (160, 400)) == Square(0, 30, 160)


def test_the_weights_that_fit_are_taken_and_none_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match="weights that are not here. The weights of .* mien models import FILE"):
        weights_named(None, "talk", tmp_path)
    checkpoint = motion_model.saved(tmp_path / "any.pth.tar", motion_model.model())
    for name in ("other", "ted-384", "vox"):
        import_weights(checkpoint, tmp_path / FOLDER / f"{name}.safetensors")
    assert weights_named(None, "talk", tmp_path) == "ted-384"
    assert weights_named(None, "portrait", tmp_path) == "vox"
    assert weights_named("other", "talk", tmp_path) == "other"
    with pytest.raises(EngineMissing, match="called 'fox'. Imported are: other, ted-384, vox"):
        weights_named("fox", "talk", tmp_path)
    opened = open_drawing(PHOTO, (60, 0, 188, 128), "vox", tmp_path)
    assert opened.square == SQUARE and opened.renderer.side == 256
