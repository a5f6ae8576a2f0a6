# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos of nobody have a face, turned as asked; the contact sheet has its rows and columns."""

import numpy as np
import pytest
from mien.evaluation.films.drawn_photos import drawn_photo
from mien.evaluation.films.portrait_sheet import CELL, MOMENTS, write_sheet
from mien.photo.fit import fit_face
from mien.video import OpenGLMissing
from PIL import Image


def test_a_drawn_photo_has_a_face_turned_as_asked() -> None:
    try:
        pixels = drawn_photo("woman_a", 0.2, 256)
    except OpenGLMissing as error:
        pytest.skip(str(error))
    assert pixels.shape == (256, 256, 3)
    assert abs(fit_face(pixels).pose.head_rotation[1] - 0.2) < 0.1


@pytest.mark.slow
def test_the_sheet_has_a_row_for_each_face(tmp_path) -> None:
    write_sheet(tmp_path / "sheet.png", ("man_b",))
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (CELL, CELL * len(MOMENTS), 3)
