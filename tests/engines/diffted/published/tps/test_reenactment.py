# SPDX-License-Identifier: GPL-3.0-or-later
import motion_model
import numpy as np
import pytest
from mien.engines.base import EngineError
from mien.engines.diffted.published.tps.reenactment import reenact
from mien.engines.diffted.published.tps.renderer import Renderer

PHOTO, *FILM = np.random.default_rng(0).integers(0, 256, (4, 128, 128, 3), np.uint8)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(motion_model.model(), PHOTO, 128)


def test_the_first_frame_of_a_relative_film_is_the_photo_at_rest(renderer: Renderer) -> None:
    first, second, _ = reenact(renderer, FILM)
    np.testing.assert_allclose(first, renderer.frame(renderer.key_points), atol=1)
    moved = renderer.detect(FILM[1]) - renderer.detect(FILM[0])
    assert np.abs(moved).max() > 1e-4 and second.shape == first.shape


def test_absolute_points_are_those_of_the_film(renderer: Renderer) -> None:
    frames = list(reenact(renderer, FILM, "standard"))
    np.testing.assert_allclose(frames[2], renderer.frame(renderer.detect(FILM[2])), atol=1)


def test_an_unknown_mode_is_refused(renderer: Renderer) -> None:
    with pytest.raises(EngineError, match="has no mode 'absolute'"):
        next(reenact(renderer, FILM, "absolute"))
