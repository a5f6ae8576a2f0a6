# SPDX-License-Identifier: GPL-3.0-or-later
from types import SimpleNamespace

import numpy as np
from mien.engines.personatalk.film.kept_pictures import NO_FACE, PAUSE, TURNED, kept_pictures, stretches_kept

SHAPES = SimpleNamespace(
    seen=np.array([True, True, False, True, True]), turn=np.radians([[0, 0, 0], [0, 60, 0], [0] * 3, [0] * 3, [0] * 3])
)


def test_each_picture_that_stays_says_why() -> None:
    sources = np.array([0, 1, 2, 3, 4, 3])
    pause = np.array([False, True, True, True, False, False])
    assert kept_pictures(SHAPES, sources, pause) == [None, TURNED, NO_FACE, PAUSE, None, None]
    assert kept_pictures(SHAPES, sources, None) == [None, TURNED, NO_FACE, None, None, None]


def test_stretches_are_told_in_seconds() -> None:
    kept = [None, NO_FACE, NO_FACE, None, PAUSE, NO_FACE]
    found = stretches_kept(kept, np.arange(6) / 25, 0.04)
    assert found == ((0.04, 0.12, NO_FACE), (0.16, 0.2, PAUSE), (0.2, 0.24, NO_FACE))
    assert stretches_kept([None] * 3, np.arange(3) / 25, 0.04) == ()
