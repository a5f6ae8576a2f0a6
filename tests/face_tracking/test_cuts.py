# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.face_tracking.cuts import CutDetector


def noise(seed: int, size: tuple[int, int] = (60, 80)) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    return coarse.repeat(size[0] // 6, 0).repeat(size[1] // 8, 1)


def cuts(pictures) -> list[int]:
    is_cut = CutDetector()
    return [i for i, picture in enumerate(pictures) if is_cut(picture)]


def test_each_cut_is_found() -> None:
    shots = [noise(i) for i in range(4)]
    assert cuts([shots[i // 5] for i in range(20)]) == [5, 10, 15]


def test_a_cut_of_a_strip_is_found() -> None:
    shots = [np.full((16, 4000, 3), value, np.uint8) for value in (0, 200)]
    assert cuts([shots[i // 5] for i in range(10)]) == [5]


def test_a_still_film_has_none() -> None:
    assert cuts([noise(0)] * 30) == []


def test_movement_and_grain_are_no_cuts() -> None:
    grain = np.random.default_rng(1)
    wide = noise(0, (60, 400))
    pan = [wide[:, 2 * i : 2 * i + 80] for i in range(40)]
    pan = [np.clip(p + grain.normal(0, 6, p.shape), 0, 255).astype(np.uint8) for p in pan]
    assert cuts(pan) == []


def test_a_slow_fade_is_none() -> None:
    one, other = noise(0).astype(float), noise(1).astype(float)
    assert cuts([(one + (other - one) * i / 50).astype(np.uint8) for i in range(51)]) == []


def test_pictures_of_one_pixel_do() -> None:
    assert cuts([np.zeros((1, 1, 3), np.uint8)] * 3) == []
