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


def test_the_fill_joins_what_it_is_not_made_of() -> None:
    y, x = np.mgrid[:80, :100]
    shade = np.repeat((170 - 60 * (y > 40) * np.clip((y - 40) / 20, 0, 1))[..., None], 3, 2).astype(np.float32)
    hole = (np.abs(y - 50) < 10) & (np.abs(x - 50) < 12)
    upper = ~hole & (y < 45)
    broken = np.where(hole[..., None], 0, shade)
    apart, joined = (texture_filled(broken, upper, hole, beside) for beside in (None, ~hole))
    wrong, right = (np.abs(each - shade)[58, 40:60].mean() for each in (apart, joined))
    assert right < 0.5 * wrong


def test_a_large_hole_has_the_grain_of_what_is_about_it() -> None:
    grain = np.random.default_rng(0).normal(120, 8, (500, 500, 1)).repeat(3, 2)
    y, x = np.mgrid[:500, :500]
    hole = (np.abs(y - 250) < 100) & (np.abs(x - 250) < 100)
    filled = texture_filled(np.where(hole[..., None], 0, grain), ~hole, hole)
    assert 0.6 * grain[~hole].std() < filled[hole].std() < 1.5 * grain[~hole].std()
