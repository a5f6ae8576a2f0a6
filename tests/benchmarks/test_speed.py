# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import pytest
from mien.benchmarks.measured_process import BenchError
from mien.benchmarks.speed import RULES, measure, table, write_into
from mien.engines import NAMES

ROWS = [{"what": "a job", "seconds": 2.0, "megabytes": 100.0, "of": "another", "ratio": 0.25}]


@pytest.mark.slow  # a dozen processes, each of which loads its models
def test_what_is_measured_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    rows = measure(2.0)
    compared = [row["of"] for row in rows[:2]]
    assert compared == ["the length of the speech", "PocketSphinx's own all-phone decoding of it"]
    assert all(row["seconds"] > 0 and row["ratio"] > 0 for row in rows)
    assert rows[0]["ratio"] == pytest.approx(rows[0]["seconds"] / 2.0)
    stderr = capsys.readouterr().err
    tracked = [row for row in rows if "mien track" in row["what"]]
    assert len(tracked) == (0 if "nothing was measured of tracking: " in stderr else 1)
    dubs = [row for row in rows if "mien dub" in row["what"]]
    assert len(dubs) == (len(tracked) if "nothing was measured of dubs: " not in stderr else 0)
    portraits = [row for row in rows if "a portrait" in row["what"]]
    assert len(portraits) == (0 if "nothing was measured of portraits: " in stderr else 1)
    talks = [row for row in rows if "a talk" in row["what"]]
    assert len(talks) == (0 if "nothing was measured of talks: " in stderr else 1)
    frames = [row for row in rows if "of the motion model (tps)" in row["what"]]
    assert [row["ratio"] for row in frames] == [pytest.approx(25 * frames[0]["seconds"])]
    for name in NAMES:  # every engine has its rows, or the reason why not
        takes = [row["what"] for row in rows if f"of {name}," in row["what"]]
        assert len(takes) == (0 if f"nothing was measured of {name}: " in stderr else 3 if name == RULES else 4), name


def test_the_table_has_seconds_for_the_terminal_and_only_ratios_for_the_readme(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n")
    write_into(readme, ROWS)
    text = readme.read_text()
    assert "| a job | another | 0.250 | 100 MB |" in text and "old" not in text and "2.0" not in text
    assert text.startswith("before") and text.endswith("after\n")
    assert "    2.00      100   0.250  a job, of another" in table(ROWS)


def test_a_rhubarb_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="npm install"):
        measure(1.0, rhubarb=tmp_path)
