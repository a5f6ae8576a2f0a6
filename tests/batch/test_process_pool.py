# SPDX-License-Identifier: GPL-3.0-or-later
"""Each item is worked on once, and none after a failure."""

from __future__ import annotations

import functools
import operator

import pytest
from mien.batch.process_pool import map_unordered

HALVE = functools.partial(operator.truediv, 1)


def test_every_item_is_done_once() -> None:
    assert sorted(map_unordered(2, HALVE, [1, 2, 4, 8])) == [1, 2, 4, 8]


def test_a_failure_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(map_unordered(1, HALVE, [0, 1]))
