# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast takes are made: how much is submitted, and a small real measurement."""

import sys
from pathlib import Path

import pytest
from mien.benchmarks import throughput
from mien.benchmarks.throughput import (
    BUDGET_S,
    CLIENTS,
    HEAD,
    LENGTHS_S,
    TAKES,
    cells,
    measure,
    report,
    rounds,
    write_into,
)


def test_every_length_is_measured_and_no_row_is_endless() -> None:
    grid = {(clients, length): rounds(clients, length) for clients in CLIENTS for length in LENGTHS_S}
    assert all(grid[1, length] >= 1 for length in LENGTHS_S) and all(grid[clients, 1] >= 1 for clients in CLIENTS)
    assert all(c * n * each <= BUDGET_S for (c, n), each in grid.items() if c > 1)
    assert grid[1, 1] == TAKES and grid[64, 1] == 1 and grid[64, 60] == 0 and grid[1, 3600] == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are measured through /proc")
def test_a_small_measurement(tmp_path: Path, recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput, "BUDGET_S", 90.0)
    monkeypatch.setattr(throughput, "PAIRS", 4)
    lines = []
    result = measure(tmp_path, recording.samples, "toy", clients=(1, 2), lengths_s=(30,), repeats=3, say=lines.append)
    assert [(row.clients, row.length_s, row.takes) for row in result.rows] == [(1, 30, 3), (2, 30, 2)]
    assert all(0 < row.median_s <= row.p95_s and row.server > 10e6 and row.worker > 10e6 for row in result.rows)
    assert len(lines) == 1 + len(result.rows)
    assert (result.submitted, result.computed) == (8, 4)
    assert result.repeats.count == 3 and result.repeats.bare_s > 0
    assert "8 takes, each submitted by two clients at once, were made 4 times in all." in report(result)

    page = tmp_path / "page.md"
    page.write_text("<!-- serve -->\n<!-- /serve -->\n")
    write_into(page, result)
    assert "With the engine toy:" in page.read_text() and f"| {' | '.join(HEAD)} |" in page.read_text()
    assert f"| {' | '.join(cells(result.rows[0]))} |" in page.read_text()
