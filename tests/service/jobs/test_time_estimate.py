# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import pytest
from mien.service.jobs.database import JobDatabase
from mien.service.jobs.time_estimate import TimeEstimate


def test_nothing_is_known_before_anything_was_measured(tmp_path: Path) -> None:
    estimate = TimeEstimate(JobDatabase(tmp_path / "jobs.sqlite"))
    assert estimate.expected(("toy", 10)) is None and estimate.left(("toy", 10), 0.1, 5) is None
    assert estimate.left(("toy", 10), 0.25, 5) == 15  # from the speed of the work itself


def test_what_takes_took_is_expected_of_the_next_and_remembered(tmp_path: Path) -> None:
    database = JobDatabase(tmp_path / "jobs.sqlite")
    estimate = TimeEstimate(database)
    estimate.learn(("toy", 10), 5)
    assert estimate.expected(("toy", 20)) == 10 and estimate.left(("toy", 20), 0.0, 4) == 6
    assert estimate.left(("toy", 20), 0.0, 40) == 0
    estimate.learn(("toy", 10), 15)
    assert estimate.expected(("toy", 1)) == pytest.approx(0.8)
    assert TimeEstimate(database).expected(("toy", 1)) == pytest.approx(0.8)
    estimate.learn(("other", 0.2), 0.5)  # the least that work takes is not the rate of a long sound
    assert estimate.expected(("other", 10)) == 5
    estimate.learn(None, 7)  # a kind of work that is not measured
    assert estimate.expected(None) is None and estimate.left(None, 0.1, 5) is None
    database.close()
