# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate gestures` writes each of its tables between marks of its own, and names a page without them first."""

from pathlib import Path

import pytest
from mien.cli.main import main
from mien.evaluation.body import held_out_gestures
from mien.evaluation.body.held_out_gestures import StressScores
from mien.evaluation.body.motion_distance import MotionDistances


@pytest.fixture
def page(tmp_path: Path) -> Path:
    page = tmp_path / "page.md"
    page.write_text("<!-- gestures -->\nold\n<!-- /gestures -->\n")
    return page


def test_a_page_without_the_marks_is_named_before_the_measurement(page: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(held_out_gestures, "evaluate", lambda *given: pytest.fail("measured"))
    assert main(["evaluate", "gestures", "--held-out", "--audio", str(page.parent), "--page", str(page)]) != 0
    assert "gestures held out" in capsys.readouterr().err


def test_held_out_gestures_go_into_their_own_section(page: Path, monkeypatch) -> None:
    page.write_text(page.read_text() + "<!-- gestures held out -->\n<!-- /gestures held out -->\n")
    scores = StressScores(6, 100, 0.89, 0.78, 0.87, 0.58, 0.5), MotionDistances(10, 1.5, 2.5, 9.5, 3.5, 4.5)
    monkeypatch.setattr(held_out_gestures, "evaluate", lambda *given: scores)
    assert main(["evaluate", "gestures", "--held-out", "--audio", str(page.parent), "--page", str(page)]) == 0
    kept, _, written = page.read_text().partition("<!-- gestures held out -->")
    assert "old" in kept
    assert all(number in written for number in ("89 %", "78 %", "87 %", "58 %", "50 %", "1.5", "2.5", "9.5"))
