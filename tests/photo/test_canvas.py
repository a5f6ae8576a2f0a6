# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of triangles: images pixel for pixel, order by slots, holes that let what is behind be seen."""

import numpy as np
import pytest
from mien.photo.canvas import AT, OPACITY, POSITION, TINT, Part, PhotoCanvas, block
from mien.video import OpenGLMissing, VideoError

SIZE = (48, 32)
QUAD = np.array([[0, 1, 2], [0, 2, 3]])
WHITE = np.full((1, 1, 4), 255, np.uint8)


def rectangle(x0: float, y0: float, x1: float, y1: float, colour: tuple[float, float, float]) -> np.ndarray:
    vertices = block(4)
    vertices[:, POSITION] = [[x0, y0, 0], [x1, y0, 0], [x1, y1, 0], [x0, y1, 0]]
    vertices[:, AT] = vertices[:, :2]
    vertices[:, TINT] = colour
    return vertices


def canvas(images: dict, parts: dict) -> PhotoCanvas:
    try:
        return PhotoCanvas(SIZE, images, parts)
    except OpenGLMissing as error:
        pytest.skip(str(error))


def test_an_image_comes_back_as_it_is() -> None:
    image = np.random.default_rng(0).integers(0, 255, (32, 48, 4), np.uint8)
    image[..., 3] = 255
    with canvas({"a": image}, {"a": Part(4, QUAD, 0, "a")}) as made:
        assert np.array_equal(made.draw({"a": rectangle(0, 0, 48, 32, (1, 1, 1))}), image)


def test_what_lies_behind_is_seen_through_a_hole_alone() -> None:
    parts = {
        "wall": Part(4, QUAD, 5, "white"),
        "hole": Part(4, QUAD, 2, "white", opens=True),
        "inside": Part(4, QUAD, 3, "white"),
    }
    with canvas({"white": WHITE}, parts) as made:
        drawn = made.draw(
            {
                "wall": rectangle(0, 0, 48, 32, (1, 0, 0)),
                "hole": rectangle(10, 10, 20, 20, (0, 0, 0)),
                "inside": rectangle(15, 0, 48, 32, (0, 1, 0)),
            }
        )
    assert tuple(drawn[5, 5, :3]) == (255, 0, 0)
    assert tuple(drawn[15, 12, :3]) == (0, 0, 0)
    assert tuple(drawn[15, 17, :3]) == (0, 255, 0)
    assert tuple(drawn[25, 40, :3]) == (255, 0, 0)


def test_soft_parts_and_those_with_edges_lie_over_one_another_in_their_order() -> None:
    parts = {
        "wall": Part(4, QUAD, 0, "white", soft=True),
        "face": Part(4, QUAD, 6, "white"),
        "hand": Part(4, QUAD, 7, "white", soft=True),
    }
    with canvas({"white": WHITE}, parts) as made:
        # The window grows, moves, is partly outside of the picture and is empty.
        for left, right in ((10, 14), (2, 40), (-9, 12), (60, 70)):
            face = rectangle(left, 5, right, 25.5, (0, 1, 0))
            face[:, OPACITY] = 0.5
            face[:, TINT] = (0, 1, 0)
            drawn = made.draw({
                "wall": rectangle(0, 0, 48, 32, (1, 0, 0)), "face": face, "hand": rectangle(0, 20, 48, 22, (0, 0, 1)),
            }).astype(int)  # fmt: skip
            wanted = np.tile(np.array([255, 0, 0, 255]), (32, 48, 1))
            wanted[5:25, max(left, 0) : right] = [127, 128, 0, 255]
            wanted[25, max(left, 0) : right] = [191, 64, 0, 255]  # half of the samples of these
            wanted[20:22] = [0, 0, 255, 255]
            assert np.abs(drawn - wanted).max() <= 2


def test_sizes_are_checked_and_a_closed_canvas_says_so() -> None:
    with pytest.raises(VideoError, match="16 to 4096"):
        PhotoCanvas((8, 8), {}, {})
    made = canvas({"white": WHITE}, {"wall": Part(4, QUAD, 0, "white")})
    made.close()
    made.close()
    with pytest.raises(VideoError, match="closed"):
        made.draw({})
