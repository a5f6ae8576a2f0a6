# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of CSV files, JSON files and folders, with the numbers that their faults are said by."""

from __future__ import annotations

from pathlib import Path

import pytest
from mien.batch.plan_file import PlanError, read_plan_file, refuse
from mien.files.text import TextError


def rows(path: Path) -> list[tuple[int, dict]]:
    return [(row.number, dict(row.values)) for row in read_plan_file(path).rows]


def plan(folder: Path, text: str | bytes, name: str = "plan.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_rows_have_the_numbers_of_their_lines(tmp_path: Path) -> None:
    text = 'id,Voice,text\n\n# a comment\na,a.wav,"two\nlines"\n b , b.wav ,\n'
    assert rows(plan(tmp_path, text)) == [
        (4, {"id": "a", "voice": "a.wav", "text": "two\nlines"}),
        (6, {"id": "b", "voice": "b.wav"}),
    ]


@pytest.mark.parametrize("text", ["id;voice\na;a.wav\n", "id\tvoice\na\ta.wav\n", "\ufeffid,voice\r\na,a.wav\r\n"])
def test_as_spreadsheets_write_it(tmp_path: Path, text: str) -> None:
    assert rows(plan(tmp_path, text)) == [(2, {"id": "a", "voice": "a.wav"})]
    assert rows(plan(tmp_path, text.removeprefix("\ufeff").encode("utf-16"))) == [(2, {"id": "a", "voice": "a.wav"})]


def test_empty_lines_before_the_columns_are_passed_over(tmp_path: Path) -> None:
    assert rows(plan(tmp_path, "\n;\nid;voice\na;a.wav\n")) == [(4, {"id": "a", "voice": "a.wav"})]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,voices\na,b\n", r"first line .* 'voices'.*did you mean 'voice'"),
        ("id,id\na,b\n", "'id' twice"),
        ("voice\n", "no lines below its first"),
        ("", "no lines below its first"),
        ("voice\na.wav,b\nb.wav\nc.wav,d\n", r"2 of .*\nline 2: it has 2 cells.*\nline 4: "),
        ('voice\n"a"b.wav\n', "line 2"),
    ],
)
def test_faults_of_csv(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        read_plan_file(plan(tmp_path, text))


def test_entries_of_json(tmp_path: Path) -> None:
    text = '[{"voice": "a.wav", "seed": 2, "id": ""}, {"voice": "b.wav", "emotion": {"happy": [[0, 0], [1, 1]]}}]'
    expected = [(1, {"voice": "a.wav", "seed": 2}), (2, {"voice": "b.wav", "emotion": {"happy": [[0, 0], [1, 1]]}})]
    assert rows(plan(tmp_path, text, "plan.json")) == expected
    assert rows(plan(tmp_path, f'{{"lines": {text}}}', "plan.json")) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ("{}", "is no list"),
        ("[]", "is no list"),
        ('[{"voice": "a"}, 3]', "entry 2: it is 3, no object"),
        ('[{"voice": "a"}, {"voize": "b"}]', "entry 2 .*'voize'.*did you mean 'voice'"),
        ('[{"voice": "a", "voice": "b"}]', "'voice' is there twice"),
    ],
)
def test_faults_of_json(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        read_plan_file(plan(tmp_path, text, "plan.json"))


def test_the_sounds_of_a_folder(tmp_path: Path) -> None:
    for name in ("b.WAV", "scene 1/a[1].flac", "notes.txt", ".hidden/c.wav", ".d.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert rows(tmp_path) == [
        (1, {"id": "b", "voice": "b.WAV"}),
        (2, {"id": "scene 1/a[1]", "voice": "scene 1/a[[]1].flac"}),
    ]


def test_what_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="no sound in"):
        read_plan_file(tmp_path)
    with pytest.raises(PlanError, match="is no plan: name a"):
        read_plan_file(plan(tmp_path, "a", "plan.txt"))
    with pytest.raises(FileNotFoundError):
        read_plan_file(tmp_path / "none.csv")
    with pytest.raises(FileNotFoundError, match="no such plan"):
        read_plan_file(tmp_path / "none")
    with pytest.raises(TextError):
        read_plan_file(plan(tmp_path, b"\xff\xd8\xff\xe0" * 10))


def test_many_faults_are_not_all_said() -> None:
    refuse([], "line", "the lines")
    with pytest.raises(PlanError) as error:
        refuse([(number, "no.") for number in range(100, 0, -1)], "line", "the lines of a plan")
    lines = str(error.value).splitlines()
    assert lines[:2] == ["nothing was made, as 100 of the lines of a plan cannot be followed.", "line 1: no."]
    assert len(lines) == 22 and lines[-1] == "and 80 more"
