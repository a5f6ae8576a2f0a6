# SPDX-License-Identifier: GPL-3.0-or-later
from types import SimpleNamespace

import numpy as np
from mien.engines.personatalk.film.kept_pictures import (
    COVERED,
    NO_FACE,
    PAUSE,
    TURNED,
    kept_pictures,
    stretches_kept,
    why_kept,
    without_short_gaps,
)  # fmt: skip

FRAME = 0.04

SHAPES = SimpleNamespace(
    seen=np.array([True, True, False, True, True]), turn=np.radians([[0, 0, 0], [0, 60, 0], [0] * 3, [0] * 3, [0] * 3])
)


def test_each_picture_that_stays_says_why() -> None:
    sources = np.array([0, 1, 2, 3, 4, 3])
    pause = np.array([False, True, True, True, False, False])
    assert kept_pictures(SHAPES, sources, pause, FRAME) == [None, TURNED, NO_FACE, PAUSE, None, None]
    assert kept_pictures(SHAPES, sources, None, FRAME) == [None, TURNED, NO_FACE, None, None, None]


def test_a_mouth_does_not_flash_up_between_pictures_that_stay() -> None:
    assert kept_pictures(SHAPES, np.array([0, 1, 0, 2, 0]), None, FRAME) == [None, TURNED, TURNED, NO_FACE, None]
    longer = [True] + [False] * 4 + [True]
    assert without_short_gaps(np.array(longer), FRAME).tolist() == longer
    assert without_short_gaps(np.array(longer), FRAME / 2).all()


def test_the_far_side_of_a_turned_head_covers_nothing() -> None:
    shapes = SimpleNamespace(turn=np.radians([[0, 0, 0], [0, -44, 0]]))
    kept: list[str | None] = [COVERED, None, COVERED, COVERED, None]
    assert why_kept(kept, shapes, np.array([0, 0, 0, 1, 1])) == [COVERED, None, TURNED, TURNED, None]


def test_stretches_are_told_in_seconds() -> None:
    kept = [None, NO_FACE, NO_FACE, None, PAUSE, NO_FACE]
    found = stretches_kept(kept, np.arange(6) / 25, 0.04)
    assert found == ((0.04, 0.12, NO_FACE), (0.16, 0.2, PAUSE), (0.2, 0.24, NO_FACE))
    assert stretches_kept([None] * 3, np.arange(3) / 25, 0.04) == ()
