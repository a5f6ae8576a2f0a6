# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien batch`: exit statuses, what is said, and what is written."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from batches import ENGINE, settings_in, voices_in
from mien.cli import batch, main
from mien.errors import FAILED, FILE, MISSING, USAGE
from sounds import silence, written


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> Path:
    settings_in(tmp_path, monkeypatch)
    voices_in(tmp_path / "voices", 2)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mien_batch(*arguments: str) -> int:
    return main.main(("batch", *arguments, "--engine", ENGINE, "--jobs", "1"))


def test_a_folder_is_made_then_kept(folder: Path, capsys) -> None:
    assert mien_batch("voices", "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["lines"], made["made"], made["passed"]) == (2, 2, True)
    assert made["reports"] == ["voices.batch/report.json", "voices.batch/report.html"]
    assert {path.name for path in (folder / "voices.batch").iterdir()} == {
        ".mien-batch", "0.take.safetensors", "1.take.safetensors", "report.json", "report.html",
    }  # fmt: skip
    assert mien_batch("voices") == 0
    assert capsys.readouterr().out.startswith("2 lines: 2 kept; 0 flagged\n")


def test_too_many_faults_fail_it(folder: Path, capsys) -> None:
    (folder / "voices" / "silent.wav").write_bytes(written(silence(1.0)))
    assert mien_batch("voices", "--most-flagged", "50%") == 0
    assert mien_batch("voices") == FAILED
    output = capsys.readouterr()
    assert "1 flagged (silent: 1)" in output.out and "1 of 3 lines are flagged" in output.err


def test_parts_have_reports_of_their_own(folder: Path, capsys) -> None:
    for number in (1, 2):
        assert mien_batch("voices", "--part", f"{number}/2") == 0
    assert mien_batch("voices", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["kept"] == 2
    assert {path.name for path in (folder / "voices.batch").glob("report*.json")} == {
        "report.json", "report.1-of-2.json", "report.2-of-2.json",
    }  # fmt: skip


def test_bad_rows_are_said_and_nothing_is_made(folder: Path, capsys) -> None:
    (folder / "plan.csv").write_text("voice,emotion\nvoices/0.wav,\nvoices/1.wav,hapy\n")
    assert mien_batch("plan.csv", "--json") == USAGE
    assert "line 3: there is no emotion 'hapy'" in json.loads(capsys.readouterr().out)["error"]
    assert not (folder / "plan.batch").exists()
    assert mien_batch("none.csv") == FILE


def test_a_dry_run_makes_nothing(folder: Path, capsys) -> None:
    assert mien_batch("voices", "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"lines": 2, "stale": ["0", "1"]}
    assert not (folder / "voices.batch").exists()
    assert mien_batch("voices", "-o", "out") == 0 and mien_batch("voices", "-o", "out", "--dry-run") == 0
    assert "0 of 2 lines would be made" in capsys.readouterr().out


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_ray_that_is_not_installed_is_said(capsys) -> None:
    assert mien_batch("voices", "--ray", "auto") == MISSING
    assert "pip install 'mien[ray]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--jobs", "0"), "'0' is no number of jobs"),
        (("--part", "3/2"), "'3/2' is no part"),
        (("--most-flagged", "101%"), "'101%' is no share"),
    ],
)
def test_flags_that_cannot_be(capsys, flags: tuple[str, str], words: str) -> None:
    assert main.main(("batch", "voices", *flags)) == USAGE
    assert words in capsys.readouterr().err


def test_a_core_is_there() -> None:
    assert batch.cores() >= 1


def test_the_rows_of_a_plan_that_cannot_be_followed_have_a_line_each(folder: Path, capsys) -> None:
    (folder / "plan.csv").write_text('id,voice,emotion\n../../x,voices/0.wav,\n"a\nb",voices/1.wav,hapy\n')
    assert mien_batch("plan.csv", "--dry-run") == USAGE
    first, *rows = capsys.readouterr().err.splitlines()
    assert first == "mien: nothing was made, as 2 of the lines of plan.csv cannot be followed."
    assert [row.partition(":")[0] for row in rows] == ["line 2", "line 3"]


def test_a_plan_is_not_written_over_by_its_report(folder: Path, capsys) -> None:
    plan = folder / "voices" / "report.json"
    plan.write_text('[{"voice": "0.wav"}]')
    assert mien_batch("voices/report.json", "-o", "voices/../voices") == USAGE
    assert "report.json is the plan itself, which would be lost" in capsys.readouterr().err
    assert plan.read_text() == '[{"voice": "0.wav"}]'
