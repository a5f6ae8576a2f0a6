# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast clients are served: how much is asked for, and a small measurement that is a real one."""

import sys
from pathlib import Path

import pytest
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


def test_every_length_is_asked_for_and_no_row_is_endless() -> None:
    grid = {(clients, length): rounds(clients, length) for clients in CLIENTS for length in LENGTHS_S}
    assert all(grid[1, length] >= 1 for length in LENGTHS_S) and all(grid[clients, 1] >= 1 for clients in CLIENTS)
    assert all(c * n * each <= BUDGET_S for (c, n), each in grid.items() if c > 1)
    assert grid[1, 1] == TAKES and grid[64, 1] == 1 and grid[64, 60] == 0 and grid[1, 3600] == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are looked at through /proc")
def test_a_small_measurement(tmp_path: Path, recording) -> None:
    said = []
    result = measure(tmp_path, recording.samples, "toy", clients=(1, 2), lengths_s=(100,), repeats=3, say=said.append)
    assert [(row.clients, row.length_s, row.takes) for row in result.rows] == [(1, 100, 9), (2, 100, 8)]
    assert all(0 < row.median_s <= row.p95_s and row.server > 10e6 and row.worker > 10e6 for row in result.rows)
    assert len(said) == 1 + len(result.rows)
    assert (result.asked, result.made) == (40, 20)
    assert result.repeats.count == 3 and result.repeats.bare_s > 0
    assert "40 takes, each asked for by two clients at once, were made 20 times in all." in report(result)

    page = tmp_path / "page.md"
    page.write_text("<!-- serve -->\n<!-- /serve -->\n")
    write_into(page, result)
    assert "With the engine toy:" in page.read_text() and f"| {' | '.join(HEAD)} |" in page.read_text()
    assert f"| {' | '.join(cells(result.rows[0]))} |" in page.read_text()
