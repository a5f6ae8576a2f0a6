# SPDX-License-Identifier: GPL-3.0-or-later
"""Stages add up to the whole, their time is kept, and a cancel is heard at the next step."""

import pytest
from mien.engines.base import Cancelled
from mien.engines.staged_progress import StagedProgress

SHARES = {"reading": 0.25, "drawing": 0.75}


def test_stages_add_up_and_parts_of_one_lie_within_it() -> None:
    said = []
    work = StagedProgress(SHARES, lambda fraction, stage: said.append((fraction, stage)), lambda: False, "Stopped.")
    work("reading", 1.0)
    work.of("drawing", 0.5, 0.5)(0.5, "of another")
    work("drawing", 2.0)
    assert said == [(0.25, "reading"), (0.25 + 0.75 * 0.75, "drawing"), (1.0, "drawing")]
    work("drawing", 1.0, "2 s left")
    assert said[-1] == (1.0, "drawing, 2 s left")
    assert set(work.seconds) == set(SHARES) and min(work.seconds.values()) >= 0


def test_a_cancel_ends_the_work_in_its_words() -> None:
    work = StagedProgress(SHARES, lambda *_: None, lambda: True, "The film was stopped.")
    with pytest.raises(Cancelled, match="The film was stopped."):
        work("reading", 0.0)
