# SPDX-License-Identifier: GPL-3.0-or-later
import json
from pathlib import Path

import pytest
from checkout import SAMPLES
from mien.cli.main import main
from mien.direction import Direction
from mien.take import read_take
from voices import SHIPPED

SUGGEST = ("suggest-emotion", str(SHIPPED))


def test_it_writes_a_direction_that_speak_follows(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path, take = tmp_path / "felt.json", tmp_path / "one.take.safetensors"
    assert main((*SUGGEST, "--emotion", "happy", "-o", str(path))) == 0
    said = capsys.readouterr().out
    assert "arousal" in said and "The intensity" in said and "which emotion" not in said
    direction = Direction.from_file(path)
    assert direction.emotion["happy"].constant == 1.0 and len(direction.intensity.times) > 1
    assert main(("speak", str(SHIPPED), "--engine", "articulation", "--direction", str(path), "-o", str(take))) == 0
    assert json.loads(read_take(take).meta["direction"])["intensity"] == json.loads(path.read_text())["intensity"]


def test_as_json_it_has_phrases_and_doubts(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "felt.json"
    assert main((*SUGGEST, "-o", str(path), "--json")) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["direction"] == str(path) and len(found["doubts"]) == 2
    assert all(0 <= phrase["confidence"] <= 1 for phrase in found["phrases"])


def test_its_default_name_replaces_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(SUGGEST) == 0 and Path(f"{SHIPPED.stem}.direction.json").is_file()
    assert main(SUGGEST) == 2 and "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("suggest-emotion", str(SAMPLES / "text.wav"), "-o", "x.json"), 3, "text"),
        ((*SUGGEST, "-o", "x.txt"), 2, "suffix"),
        ((*SUGGEST, "--emotion", "glum", "-o", "x.json"), 2, "glum"),
        ((*SUGGEST, "--track", "0", "-o", "x.json"), 2, "track"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    arguments, status, sentence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == status
    err = capsys.readouterr().err
    assert err.startswith("mien: ") and sentence in err and not list(tmp_path.iterdir())
