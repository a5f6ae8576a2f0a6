# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that is done in processes beside each other: each item once, and nothing more after a failure."""

from __future__ import annotations

import functools
import operator

import pytest
from mien.batch.process_pool import done

HALVE = functools.partial(operator.truediv, 1)


def test_every_item_is_done_once() -> None:
    assert sorted(done(2, HALVE, [1, 2, 4, 8])) == [1, 2, 4, 8]


def test_a_failure_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(done(1, HALVE, [0, 1]))
