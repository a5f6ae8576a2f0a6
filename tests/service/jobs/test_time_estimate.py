# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import pytest
from mien.service.jobs.database import Store
from mien.service.jobs.time_estimate import Pace


def test_nothing_is_told_before_anything_was_measured(tmp_path: Path) -> None:
    pace = Pace(Store(tmp_path / "jobs.sqlite"))
    assert pace.expected("toy", 10) is None and pace.left("toy", 10, 0.1, 5) is None
    assert pace.left("toy", 10, 0.25, 5) == 15  # the work itself tells its speed


def test_what_takes_took_is_expected_of_the_next_and_remembered(tmp_path: Path) -> None:
    store = Store(tmp_path / "jobs.sqlite")
    pace = Pace(store)
    pace.learn("toy", 10, 5)
    assert pace.expected("toy", 20) == 10 and pace.left("toy", 20, 0.0, 4) == 6 and pace.left("toy", 20, 0.0, 40) == 0
    pace.learn("toy", 10, 15)
    assert pace.expected("toy", 1) == pytest.approx(0.8)
    assert Pace(store).expected("toy", 1) == pytest.approx(0.8)
    pace.learn("other", 0.2, 0.5)  # the least that work takes is not the pace of a long sound
    assert pace.expected("other", 10) == 5
    store.close()
