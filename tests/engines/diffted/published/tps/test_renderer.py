# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import motion_model
import numpy as np
import pytest
import torch
from mien.engines.base import EngineError, EngineMissing
from mien.engines.diffted.published.tps import FOLDER
from mien.engines.diffted.published.tps.renderer import Renderer, open_renderer, square
from mien.engines.diffted.published.tps.weights import import_weights
from tps_golden import needs_golden, recorded, tiny_model

PHOTO = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(motion_model.model(), PHOTO, 128)


def test_frames_are_those_of_the_whole_network(renderer: Renderer) -> None:
    points = renderer.key_points + np.array([0.2, -0.1], np.float32)
    with torch.inference_mode():
        source = torch.from_numpy(PHOTO).permute(2, 0, 1)[None].float() / 255
        model = renderer.model
        whole = model(source, model.kp_detector(source), torch.from_numpy(points)[None]).picture
    frame = renderer.frame(points)
    assert frame.shape == (128, 128, 3) and frame.dtype == np.uint8
    np.testing.assert_allclose(frame, 255 * whole[0].permute(1, 2, 0).numpy(), atol=0.51)


def test_the_photos_features_are_computed_once(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("computed again")

    for network, name in ((renderer.model.inpainting_network, "encode"), (renderer.model.kp_detector, "forward")):
        monkeypatch.setattr(network, name, fail)
    assert renderer.frame(renderer.key_points).any()


def test_progress_says_how_long_a_frame_takes(renderer: Renderer) -> None:
    said: list[tuple[float, str]] = []
    motion = np.repeat(renderer.key_points[None], 3, 0)
    assert len(list(renderer.frames(motion, lambda *each: said.append(each)))) == 3
    assert [fraction for fraction, _ in said] == pytest.approx([0, 1 / 3, 2 / 3])
    assert said[0][1] == "drawing on cpu" and "s a frame, " in said[1][1] and said[1][1].endswith("s left")


def test_points_of_another_picture_are_found_as_those_of_the_photo(renderer: Renderer) -> None:
    np.testing.assert_allclose(renderer.detect(PHOTO), renderer.key_points, atol=1e-5)
    assert np.abs(renderer.detect(PHOTO[::-1]) - renderer.key_points).max() > 1e-4


def test_a_photo_is_cut_to_a_square_where_heads_are() -> None:
    wide, high = np.zeros((4, 8, 3), np.uint8), np.zeros((8, 4, 3), np.uint8)
    wide[:, 2:6], high[:4] = 1, 1
    assert square(wide).shape == square(high).shape == (4, 4, 3) and square(wide).all() and square(high).all()


@pytest.mark.parametrize("side", [0, 200, -128])
def test_sides_that_the_networks_cannot_draw_are_refused(side: int) -> None:
    with pytest.raises(EngineError, match=f"multiples of 128 px; {side} is none"):
        Renderer(motion_model.model(), PHOTO, side)


def test_imported_weights_are_opened_by_their_name(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match=r"no weights of the motion model are called 'vox'\. The weights of the"):
        open_renderer(PHOTO, tmp_path, "vox")
    checkpoint = motion_model.saved(tmp_path / "ted.pth.tar", motion_model.model())
    import_weights(checkpoint, tmp_path / FOLDER / "ted.safetensors")
    assert open_renderer(PHOTO, tmp_path, "ted", device="cpu").side == 384
    assert open_renderer(PHOTO, tmp_path, "ted", 128, "cpu").frame(np.zeros((50, 2))).shape == (128, 128, 3)
    with pytest.raises(EngineMissing, match="called 'vox'. Imported are: ted"):
        open_renderer(PHOTO, tmp_path, "vox")


@needs_golden
def test_the_recorded_picture_in_bytes() -> None:
    golden = recorded("tiny_pipeline_bg0")
    renderer = Renderer(tiny_model(), golden["source_u8"].numpy(), 256)
    frame = renderer.frame(golden["kp_driving"][0].numpy())
    np.testing.assert_allclose(frame, 255 * golden["prediction"][0].permute(1, 2, 0).numpy(), atol=0.7)
