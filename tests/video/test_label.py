# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.video.label import TEXTS, draw_label
from mien.video.provenance import SOURCE_TYPES


@pytest.mark.parametrize("size", [(720, 1280), (256, 256), (2160, 3840), (16, 24), (8, 8)])
def test_the_label_is_drawn_into_the_lower_left_corner_alone(size) -> None:
    picture = np.full((*size, 3), 128, np.uint8)
    out = draw_label(picture, "dub")
    assert out.shape == picture.shape and (picture == 128).all()
    rows, columns = np.nonzero((out != picture).any(axis=-1))
    assert len(rows) > 20 and out.max() > 200 or min(size) < 32
    assert rows.min() >= size[0] // 2 - 16 and columns.max() <= max(size[1] // 2, 60)


def test_it_is_opaque_on_a_transparent_picture() -> None:
    picture = np.zeros((64, 128, 4), np.uint8)
    out = draw_label(picture, "portrait")
    marked = (out[..., :3] > 200).any(axis=-1)
    assert marked.any() and (out[..., 3][marked] > 100).all()
    assert not out[:32].any()


def test_every_kind_of_film_has_its_text() -> None:
    assert set(TEXTS) == set(SOURCE_TYPES)
    assert (draw_label(np.zeros((64, 256, 3), np.uint8), "dub", "Made with software") > 200).any()
