# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts, the threshold that fails a batch, and report.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from batch_outcomes import FLAGGED, outcome, report
from mien.batch.report import write_report
from mien.batch.run import FAILED, KEPT, MADE, Outcome


@pytest.mark.parametrize(
    ("outcomes", "most_flagged", "passed"),
    [
        ([outcome("a"), outcome("b", KEPT)], 0.0, True),
        ([outcome("a"), outcome("b", **FLAGGED)], 0.5, True),
        ([outcome("a"), outcome("b", **FLAGGED)], 0.49, False),
        ([outcome("a", **FLAGGED)], 1.0, True),
        ([outcome("a"), outcome("b", FAILED, error="no.")], 1.0, False),
    ],
)
def test_what_fails_a_batch(outcomes: list[Outcome], most_flagged: float, passed: bool) -> None:
    assert report(*outcomes, most_flagged=most_flagged).passed == passed


def test_the_json_has_every_line(tmp_path: Path) -> None:
    made = report(outcome("a", **FLAGGED), outcome("b", KEPT), outcome("c", FAILED, error="no."))
    written = json.loads(write_report(made, tmp_path).read_text("utf-8"))
    assert {name: written[name] for name in ("lines", "made", "kept", "failed", "flagged", "faults", "passed")} == {
        "lines": 3, "made": 1, "kept": 1, "failed": 1, "flagged": 1, "faults": {"clipped": 1}, "passed": False,
    }  # fmt: skip
    assert [each["state"] for each in written["results"]] == [MADE, KEPT, FAILED]
    assert written["results"][0]["file"] == "a.take.safetensors" and written["results"][2]["error"] == "no."


def test_what_a_terminal_shows() -> None:
    made = report(outcome("a", **FLAGGED), outcome("b", FAILED, error="no."), most_flagged=0.0)
    assert made.sentences() == [
        "2 lines: 1 made, 1 failed; 1 flagged (clipped: 1)",
        "b (line 2): no.",
        "1 of 2 lines are flagged, and --most-flagged allows 0.0%.",
    ]
