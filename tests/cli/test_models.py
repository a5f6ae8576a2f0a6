# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien models`, `convert` and `export` on the command line."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import flame
import numpy as np
import probtalk3d
import published
import pytest
from checkout import SAMPLES
from mien.channels import ARKIT
from mien.cli import main
from mien.heads.flame import FLAME_FOLDER, read_flame
from mien.take import read_take, write_take

SAMPLE = SAMPLES / "default_style.take.safetensors"
SOUND = SAMPLES / "mono_16k.wav"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The working folder; its `data` is Mien's data folder."""
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    return main.main([str(each) for each in arguments])


def test_models_are_listed_for_people_and_for_machines(folder, capsys) -> None:
    assert run("models") == 0
    output = capsys.readouterr().out
    assert (
        "flame" in output and "not here" in output and "https://flame.is.tue.mpg.de" in output and "CC0-1.0" in output
    )
    assert run("models", "--json") == 0
    listed = json.loads(capsys.readouterr().out)["models"]
    assert set(listed[0]) == {"name", "what", "licence", "here", "needs"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html><html>Please sign in", "it is a web page"),
        (b"PK\x03\x04" + bytes(99), "it is the zip archive"),
    ],
)
def test_what_was_saved_in_the_place_of_flame_is_called_that(folder, capsys, content, words) -> None:
    Path("generic_model.pkl").write_bytes(content)
    for given in ("generic_model.pkl", "."):
        assert run("models", "import", given, "--accept") == 3
        assert words in capsys.readouterr().err


def test_an_import_shows_the_licence_and_waits_for_its_acceptance(folder, capsys) -> None:
    Path("generic_model.pkl").write_bytes(flame.python2(flame.as_published(flame.model(20, 4))))
    assert run("models", "import", "generic_model.pkl") == 2
    output = capsys.readouterr()
    assert "non-commercial" in output.out and "modellicense.html" in output.out
    assert "nothing was imported" in output.err and "--accept" in output.err and not (folder / "data").exists()
    assert run("models", "import", "generic_model.pkl", "--json") == 2
    assert json.loads(capsys.readouterr().out)["licence"]["paid"] is False
    assert run("models", "import", "generic_model.pkl", "--accept") == 0
    assert "converted, under FLAME model licence (non-commercial)" in capsys.readouterr().out
    assert read_flame(folder / "data" / FLAME_FOLDER).name == "generic_model"


@probtalk3d.needs_transformers
def test_probtalk3d_is_imported_and_speaks_on_both_heads(folder, capsys) -> None:
    published.download(folder / "download")
    assert run("models", "import", "download") == 2
    assert "Licence: CC-BY-NC-4.0" in capsys.readouterr().out and not (folder / "data").exists()
    assert run("models", "import", "download", "--accept") == 0
    assert "converted, under CC-BY-NC-4.0" in capsys.readouterr().out
    assert run("models", "import", "download", "--accept") == 0
    assert "made of the same before, nothing was done" in capsys.readouterr().out
    speak = ("speak", SOUND, "--engine", "probtalk3d-published", "--emotion", "happy")
    assert run(*speak, "-o", "a.take.safetensors") == 4
    output = capsys.readouterr().err
    assert "cannot work yet. FLAME is the user's own to bring: register on https://flame.is.tue.mpg.de" in output
    assert list(folder.glob("*.safetensors")) == []
    published.import_flame(folder / "data")
    assert run("models") == 0
    assert "MB of weights" in capsys.readouterr().out
    assert run(*speak, "-o", "a.take.safetensors") == 0
    take = read_take("a.take.safetensors")
    assert take.channels == ARKIT and take.meta["licence"].startswith("CC-BY-NC-4.0; FLAME")
    Path("shape.json").write_text("[1.5, -0.5]")
    assert run(*speak, "-o", "f.take.safetensors", "--head", "flame", "--shape", "shape.json") == 0
    take = read_take("f.take.safetensors")
    assert take.basis is not None and json.loads(take.meta["head_shape"]) == [1.5, -0.5]
    capsys.readouterr()
    assert run("export", "f.take.safetensors", "-o", "face.obj") == 0
    assert run("convert", "f.take.safetensors", "-o", "c.take.safetensors", "--to", "channels") == 0
    assert run(*speak, "--shape", "shape.json") == 2
    assert "ask for it together with the head flame" in capsys.readouterr().err
    assert run(*speak, "--head", "flame", "--preview", "p.mp4") == 2
    assert "--preview shows the default head" in capsys.readouterr().err
    Path("shape.json").write_text("[99]")
    assert run(*speak, "--head", "flame", "--shape", "shape.json") == 3
    assert "shape.json holds 99; coefficients of a shape are in standard deviations" in capsys.readouterr().err


def test_channels_go_onto_flame_and_come_back(folder, capsys) -> None:
    """Measured on the made-up FLAME: mouth and brows within 0.026."""
    published.import_flame(folder / "data")
    assert run("convert", SAMPLE, "-o", "f.take.safetensors", "--to", "flame") == 0
    assert run("convert", "f.take.safetensors", "-o", "c.take.safetensors", "--to", "channels", "--json") == 0
    speech_take, flame_take, back = (read_take(path) for path in (SAMPLE, "f.take.safetensors", "c.take.safetensors"))
    assert flame_take.meta["head"] == "flame" and "FLAME model licence" in flame_take.meta["licence"]
    shown = [
        speech_take.channels.index(name) for name in speech_take.channels if name.startswith(("mouth", "jaw", "brow"))
    ]
    np.testing.assert_allclose(back.weights[:, shown], speech_take.weights[:, shown], rtol=0, atol=0.05)
    assert run("convert", SAMPLE, "-o", "x.take.safetensors", "--to", "basis", "--shape", "shape.json") == 2
    assert "give it together with --to flame" in capsys.readouterr().err


def test_a_hostile_file_is_refused_in_a_sentence_and_nothing_is_left(folder, capsys) -> None:
    trap = b"\x80\x02c" + os.system.__module__.encode() + b"\nsystem\nX\x0b\x00\x00\x00touch harmed\x85R."
    Path("generic_model.pkl").write_bytes(trap)
    assert run("models", "import", "generic_model.pkl", "--accept") == 3
    assert "asks for posix.system, which is not among what may be in it" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["generic_model.pkl"]
    Path("last.ckpt").write_bytes(b"PK\x03\x04 and nothing more")
    assert run("models", "import", "last.ckpt", "--accept") == 3
    assert "last.ckpt is cut short" in capsys.readouterr().err


def test_there_and_back_on_the_command_line(folder, capsys) -> None:
    assert run("convert", SAMPLE, "-o", "v.take.safetensors", "--to", "vertices") == 0
    assert run("convert", "v.take.safetensors", "-o", "b.take.safetensors", "--to", "basis") == 0
    capsys.readouterr()
    assert run("convert", "v.take.safetensors", "-o", "c.take.safetensors", "--to", "channels", "--json") == 0
    output = json.loads(capsys.readouterr().out)
    assert output["frames"] == 75 and output["channel_error_m"] < 1e-6
    wanted, actual = read_take(SAMPLE), read_take("c.take.safetensors")
    np.testing.assert_allclose(actual.weights, wanted.weights, rtol=0, atol=0.002)
    assert read_take("b.take.safetensors").basis is not None


def test_export_takes_the_format_from_the_suffix(folder, capsys) -> None:
    assert run("export", SAMPLE, "-o", "a.csv", "--fps", "60") == 0
    assert capsys.readouterr().out == "a.csv: Live Link Face, 180 frames at 60 fps\n"
    assert len(Path("a.csv").read_text().splitlines()) == 181
    assert run("export", SAMPLE, "-o", "rest.obj") == 0
    assert capsys.readouterr().out == "rest.obj: the face at rest\n"
    assert run("export", SAMPLE, "-o", "a.xyz") == 2
    assert "nothing is written as '.xyz'" in capsys.readouterr().err


def test_a_flame_take_needs_the_flame_and_then_becomes_channels(folder, capsys, monkeypatch) -> None:
    somebody = flame.on_head()
    speech_take = read_take(SAMPLE)
    assert speech_take.channels == ARKIT  # the expressions of that FLAME, in that order
    offsets = somebody.vertices(speech_take.weights) - somebody.template
    take = replace(speech_take, weights=None, channels=(), offsets=offsets, meta={"head": "flame", "licence": "theirs"})
    write_take(take, "f.take.safetensors")
    arguments = ("convert", "f.take.safetensors", "-o", "c.take.safetensors", "--to", "channels")
    assert run(*arguments) == 4
    assert "FLAME is not here. FLAME is the user's own to bring" in capsys.readouterr().err
    monkeypatch.setattr("mien.heads.flame.read_flame", lambda folder: somebody)
    assert run(*arguments) == 0
    entry = read_take("c.take.safetensors")
    assert entry.meta["head"] == "mien" and entry.meta["licence"] == "theirs"
    mouth = [speech_take.channels.index(name) for name in ("jawOpen", "mouthClose", "mouthFunnel")]
    np.testing.assert_allclose(entry.weights[:, mouth], speech_take.weights[:, mouth], rtol=0, atol=0.1)


def test_a_take_of_an_unknown_head_is_refused(folder, capsys) -> None:
    write_take(replace(read_take(SAMPLE), meta={"head": "robot"}), "r.take.safetensors")
    assert run("export", "r.take.safetensors", "-o", "a.glb") == 3
    assert "of the head 'robot'; this Mien knows mien and flame" in capsys.readouterr().err
