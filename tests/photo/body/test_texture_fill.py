# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.photo.body.texture_fill import texture_filled


def test_stripes_go_on_through_a_hole() -> None:
    y, x = np.mgrid[:80, :100]
    stripes = np.repeat((120 + 80 * np.sign(np.sin(2 * np.pi * x / 8)))[..., None], 3, 2)
    hole = (np.abs(y - 40) < 10) & (np.abs(x - 50) < 12)
    broken = np.where(hole[..., None], 0, stripes)
    filled = texture_filled(broken, ~hole, hole)
    assert np.array_equal(filled[~hole], broken[~hole])
    smooth = np.abs(stripes[hole].mean() - stripes[hole]).mean()
    assert np.abs(filled - stripes)[hole].mean() < 0.6 * smooth


def test_a_hole_without_surroundings_is_filled_smoothly() -> None:
    hole = np.ones((20, 20), bool)
    hole[:, 0] = False
    filled = texture_filled(np.full((20, 20, 3), 90.0), ~hole, hole)
    assert np.isfinite(filled).all()
    np.testing.assert_allclose(filled, 90, atol=1)


def test_no_hole_changes_nothing() -> None:
    pixels = np.random.default_rng(0).uniform(0, 255, (16, 16, 3)).astype(np.float32)
    assert np.array_equal(texture_filled(pixels, np.ones((16, 16), bool), np.zeros((16, 16), bool)), pixels)
