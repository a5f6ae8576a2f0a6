# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import numpy as np
from mien.evaluation.films.looks import LOOKS, Look, composited
from mien.heads.default import load_head

EMPTY = np.full((60, 60, 3), 100, np.uint8)


def head() -> np.ndarray:
    picture = EMPTY.copy()
    picture[10:50, 20:40] = (200, 150, 130)
    return picture


def test_the_studio_is_left_alone() -> None:
    np.testing.assert_array_equal(composited(head(), EMPTY, LOOKS[0], 0), head())


def test_a_background_goes_behind_the_head() -> None:
    picture = composited(head(), EMPTY, Look("x", background=3), 0)
    np.testing.assert_allclose(picture[15:45, 25:35], head()[15:45, 25:35], atol=3)
    assert picture[:, :15].std() > 10


def test_hair_is_on_top_and_the_face_stays_free() -> None:
    picture = composited(head(), EMPTY, Look("x", hair=(20, 20, 20)), 0).astype(int)
    assert picture[12, 30].max() < 100
    np.testing.assert_allclose(picture[30, 30], head()[30, 30], atol=3)
    np.testing.assert_array_equal(picture[:, :10], EMPTY[:, :10])


def test_light_noise_and_blur() -> None:
    side = composited(EMPTY, EMPTY, Look("x", light=((1, 1, 1), (0.2, 0.2, 0.2))), 0)
    assert side[30, 0, 0] == 100
    assert side[30, -1, 0] == 20
    grain = [composited(EMPTY, EMPTY, Look("x", noise=9), frame) for frame in (0, 0, 1)]
    np.testing.assert_array_equal(grain[0], grain[1])
    assert (grain[0] != grain[2]).any()
    sharp, soft = (composited(head(), EMPTY, Look("x", blur=blur), 0).astype(int) for blur in (0, 2))
    assert np.abs(np.diff(soft, axis=1)).max() < np.abs(np.diff(sharp, axis=1)).max()


def test_a_scene_without_a_head_has_no_hair() -> None:
    np.testing.assert_array_equal(composited(EMPTY, EMPTY, Look("x", hair=(0, 0, 0)), 0), EMPTY)


def test_the_looks_differ_and_use_faces_that_there_are() -> None:
    assert len({replace(look, name="") for look in LOOKS}) == len(LOOKS)
    assert {look.identity for look in LOOKS if look.identity} <= set(load_head().identities)
