# SPDX-License-Identifier: GPL-3.0-or-later
"""All bad rows of a plan are said at once, by number."""

from __future__ import annotations

from pathlib import Path

import pytest
from mien.batch.plan import read_plan, sentence_of
from mien.batch.plan_file import PlanError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).touch()
    return tmp_path


def plan(folder: Path, text: str) -> Path:
    (folder / "plan.csv").write_text(text)
    return folder / "plan.csv"


def test_the_lines_are_in_the_order_of_the_rows(folder: Path) -> None:
    read = read_plan(plan(folder, "id,voice\nz,b.wav\ny,[ab].wav\n"))
    assert [line.id for line in read.lines] == ["z", "y.a", "y.b"] and read.unit == "line"


def test_paths_begin_where_the_plan_is(folder: Path, monkeypatch) -> None:
    path = plan(folder, f"id,voice\n1,a.wav\n2,{folder / 'b.wav'}\n3,{folder}/?.wav\n")
    monkeypatch.chdir("/")
    assert [line.voice.name for line in read_plan(path).lines] == ["a.wav", "b.wav", "a.wav", "b.wav"]


def test_all_bad_rows_are_said_by_number(folder: Path) -> None:
    with pytest.raises(PlanError) as error:
        read_plan(plan(folder, "voice,emotion,seed\na.wav,hapy,\nb.wav,,\nc.wav,,\nb.wav,,x\n"))
    first, *rows = str(error.value).splitlines()
    assert "3 of the lines of" in first
    assert [row.partition(":")[0] for row in rows] == ["line 2", "line 4", "line 5"]


def test_two_lines_of_one_name(folder: Path) -> None:
    with pytest.raises(PlanError, match="line 4: 'A' is the id of line 2, too"):
        read_plan(plan(folder, "id,voice\na,a.wav\nb,b.wav\nA,b.wav\n"))


def test_entries_and_sounds_are_called_so(folder: Path) -> None:
    (folder / "plan.json").write_text('[{"voice": "c.wav"}]')
    with pytest.raises(PlanError, match=r"1 of the entries of .*\nentry 1: "):
        read_plan(folder / "plan.json")
    (folder / "a.flac").touch()
    with pytest.raises(PlanError, match="sound 2: 'a' is the id of sound 1, too"):
        read_plan(folder)


def test_faults_of_files_name_them() -> None:
    assert sentence_of(PermissionError(13, "Permission denied", "a.txt")) == "a.txt: permission denied."
