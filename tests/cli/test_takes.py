# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien idle` writes a take, and refuses in words."""

import json
from pathlib import Path

from mien.cli.main import main
from mien.errors import USAGE
from mien.take import read_take
from personas import write_persona


def test_a_take_is_written(tmp_path, capsys):
    path = tmp_path / "a.take.safetensors"
    command = ["idle", "--seconds", "2", "-o", str(path), "--fps", "24", "--seed", "5", "--emotion", "happy", "--json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["frames"] == 48
    take = read_take(path)
    assert take.meta["seed"] == "5" and take.channel("mouthSmileLeft").max() > 0.3


def test_a_folder_gets_a_file_of_its_own_name(tmp_path, capsys):
    film = tmp_path / "idle.mp4"
    assert main(["idle", "--seconds", "1", "-o", str(tmp_path), "--preview", str(film)]) == 0
    assert film.stat().st_size > 1000 and f"{film}: the preview" in capsys.readouterr().out
    assert (tmp_path / "idle.take.safetensors").is_file()


def test_faults_are_sentences(tmp_path, capsys):
    assert main(["idle", "--seconds", "0", "-o", str(tmp_path / "a.take.safetensors")]) == 2
    assert "more than 0" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_persona_that_is_read_is_not_written_over(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path / "data"))
    persona = write_persona(tmp_path, "ada")
    before = persona.read_bytes()
    for output in (persona, persona.parent / ".." / persona.parent.name / persona.name):
        assert main(["idle", "--seconds", "1", "--persona", str(persona), "-o", str(output)]) == USAGE
        assert "is the persona itself, which would be lost" in capsys.readouterr().err
    assert persona.read_bytes() == before
