# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate gestures` writes each of its tables between marks of its own, and names a page without them first."""

from pathlib import Path

import pytest
from mien.cli.evaluate import gestures as gestures_command
from mien.cli.main import main
from mien.evaluation.body import gestures, held_out_gestures
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
    scores = StressScores(6, 100, 0.89, 0.78, 0.87, 0.58, 0.5), MotionDistances(10, 1.5, 1.7, 2.5, 9.5, 3.5, 4.5)
    monkeypatch.setattr(held_out_gestures, "evaluate", lambda *given: scores)
    assert main(["evaluate", "gestures", "--held-out", "--audio", str(page.parent), "--page", str(page)]) == 0
    kept, _, written = page.read_text().partition("<!-- gestures held out -->")
    assert "old" in kept
    assert all(number in written for number in ("89 %", "78 %", "87 %", "58 %", "50 %", "1.5", "1.7", "2.5", "9.5"))


def test_a_network_is_measured_into_a_section_of_its_own(page: Path, monkeypatch, capsys) -> None:
    command = ["evaluate", "gestures", "--audio", str(page.parent), "--page", str(page), "--weights", "w.safetensors"]
    assert main(command) != 0
    assert "gestures by the denoiser" in capsys.readouterr().err
    page.write_text(page.read_text() + "<!-- gestures by the denoiser -->\n<!-- /gestures by the denoiser -->\n")
    measured = []
    monkeypatch.setattr(gestures, "evaluate", lambda *given: measured.append(given[-1]))
    monkeypatch.setattr(gestures, "cells", lambda scores: [["a", "0.25", ""]])
    monkeypatch.setattr(gestures_command, "asdict", lambda scores: {})
    assert main(command) == 0
    assert measured[0].keywords == {"weights": Path("w.safetensors")}
    assert "0.25" in page.read_text() and "old" in page.read_text()
