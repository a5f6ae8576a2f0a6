# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command that writes against every place where it must not: refused before the work, with the right status."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkout import SAMPLES
from mien.cli import main
from mien.cli.output import (
    FILM,
    Output,
    OutputExists,
    OutputIsInput,
    OutputsAreOne,
    UnknownSuffix,
    check_outputs,
    printable,
)
from mien.engines import EngineError

SPEAK = ("speak", "voice.wav", "--engine", "articulation", "--direction", "plain.json", "--transcript", "said.txt")
BIND = ("bind", "face.obj", "--picks", "picks.json")
TAKE = "two_frames.take.safetensors"


@dataclass(frozen=True)
class Writer:
    """A command with the flag of one of its outputs; the flag that names another, and what it reads."""

    command: tuple[str, ...]
    flag: str
    suffix: str
    reads: tuple[str, ...]
    other: str = ""


WRITERS = {
    "speak": Writer(SPEAK, "-o", ".take.safetensors", ("voice.wav", "plain.json", "said.txt"), "--preview"),
    "speak several": Writer((*SPEAK, "--takes", "2"), "-o", ".take.safetensors", ("voice.wav",), "--preview"),
    "preview": Writer(SPEAK, "--preview", ".mp4", ("voice.wav", "plain.json", "said.txt"), "-o"),
    "track": Writer(("track", "film.mp4"), "-o", ".take.safetensors", ("film.mp4",), "--draw"),
    "drawing": Writer(("track", "film.mp4"), "--draw", ".mp4", ("film.mp4",), "-o"),
    "convert": Writer(("convert", TAKE, "--to", "vertices"), "-o", ".take.safetensors", (TAKE,)),
    "export": Writer(("export", TAKE), "-o", ".csv", ()),
    "bind": Writer(BIND, "-o", ".safetensors", ("face.obj", "picks.json"), "--heat"),
    "heat map": Writer((*BIND, "-o", "bound.safetensors"), "--heat", ".png", ("face.obj", "picks.json"), "-o"),
}
READS = {name: each for name, each in WRITERS.items() if each.reads and name != "speak several"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the commands read; all that would do their work fails."""
    monkeypatch.chdir(tmp_path)
    for name in ("voice.wav", "film.mp4", "face.obj"):
        Path(name).write_bytes((SAMPLES / "mono_16k.wav").read_bytes())
    Path(TAKE).write_bytes((SAMPLES / TAKE).read_bytes())
    Path("plain.json").write_text("{}")
    Path("picks.json").write_text("{}")
    Path("said.txt").write_text("Ah?")

    def work(*_: object, **__: object) -> None:
        raise AssertionError("the work was begun")

    for name in ("mien.audio.speech.read_speech", "mien.film_take.film_take", "mien.take.read_take",
                 "mien.bind.mesh.read_mesh"):  # fmt: skip
        monkeypatch.setattr(name, work)
    return tmp_path


def refused(capsys, *arguments: str) -> tuple[int, str]:
    """(status, sentence); no file has changed."""
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    status = main.main(arguments)
    output = capsys.readouterr()
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
    lines = output.err.strip().splitlines()
    assert len(lines) == 1 and output.out == ""
    return status, lines[0]


@pytest.mark.parametrize("writer", READS)
def test_no_output_is_an_input(capsys, writer: str) -> None:
    each = READS[writer]
    for source in each.reads:
        for same in (source, f"./{source}", str(Path(source).resolve())):
            status, sentence = refused(capsys, *each.command, each.flag, same)
            assert status == 2 and "itself, which would be lost; name another file to write" in sentence


@pytest.mark.parametrize("writer", READS)
def test_a_link_to_an_input_is_it(capsys, writer: str) -> None:
    each = READS[writer]
    link = Path(f"link{each.suffix}")
    link.symlink_to(Path(each.reads[0]).resolve())
    assert refused(capsys, *each.command, each.flag, str(link))[0] == 2
    link.unlink()
    os.link(each.reads[0], link)
    assert refused(capsys, *each.command, each.flag, str(link))[0] == 2


@pytest.mark.parametrize("writer", [name for name, each in WRITERS.items() if each.other and "-o" not in each.command])
def test_no_output_is_another_output(capsys, writer: str) -> None:
    each = WRITERS[writer]
    status, sentence = refused(capsys, *each.command, each.flag, "x.same", each.other, "./x.same")
    assert status == 2 and re.search("would be both the .* and the .*; name two files", sentence)


def test_numbered_outputs_are_compared_by_the_names_that_they_get(capsys) -> None:
    Path("a.seed-1.take.safetensors").write_bytes(Path(TAKE).read_bytes())
    flags = ("-o", "a.take.safetensors", "--takes", "2", "--performance", "a.seed-1.take.safetensors")
    status, sentence = refused(capsys, "speak", "voice.wav", *flags)
    assert status == 2 and "a.seed-1.take.safetensors is the performance itself" in sentence


@pytest.mark.parametrize("suffix", [".gif", ".csv2", ".xyz"])
@pytest.mark.parametrize("writer", WRITERS)
def test_an_unknown_suffix_is_refused(capsys, writer: str, suffix: str) -> None:
    each = WRITERS[writer]
    status, sentence = refused(capsys, *each.command, each.flag, f"x{suffix}")
    assert (
        status == 2 and f"'{suffix}'" in sentence and re.search(r"name a file that ends in \.|give one of \.", sentence)
    )


@pytest.mark.parametrize("name", ["x.csv", "x.mp4", "x.json", "x.wav", "x.take"])
def test_a_take_has_no_suffix_of_something_else(capsys, name: str) -> None:
    status, sentence = refused(capsys, *SPEAK, "-o", name)
    assert status == 2 and "the take is written as .safetensors" in sentence


@pytest.mark.parametrize("writer", WRITERS)
def test_a_missing_folder_is_refused_alike(capsys, writer: str) -> None:
    each = WRITERS[writer]
    status, sentence = refused(capsys, *each.command, each.flag, f"gone/x{each.suffix}")
    assert (status, sentence) == (3, "mien: gone: there is no such folder; make it first.")


@pytest.mark.parametrize("writer", [name for name in WRITERS if not name.startswith(("speak", "track"))])
def test_a_folder_is_no_file(capsys, writer: str) -> None:
    each = WRITERS[writer]
    Path(f"x{each.suffix}").mkdir()
    status, sentence = refused(capsys, *each.command, each.flag, f"x{each.suffix}")
    assert (status, sentence) == (3, f"mien: x{each.suffix}: is a folder; name a file in it.")


@pytest.mark.parametrize("writer", WRITERS)
def test_standard_output_and_devices_are_refused(capsys, writer: str) -> None:
    each = WRITERS[writer]
    assert refused(capsys, *each.command, each.flag, "-")[0] == 2
    if hasattr(os, "mkfifo") and "--takes" not in each.command:  # the names of several are others
        os.mkfifo(f"pipe{each.suffix}")
        Path("pipes").mkdir()
        Path(f"pipe{each.suffix}").rename(f"pipes/x{each.suffix}")
        status, sentence = refused(capsys, *each.command, each.flag, f"pipes/x{each.suffix}")
        assert status == 3 and "is a device or a pipe" in sentence


@pytest.mark.parametrize("writer", [name for name in WRITERS if name != "speak several"])
def test_a_full_disk_is_found_before_the_work(capsys, monkeypatch, writer: str) -> None:
    each = WRITERS[writer]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.open", full)
    status = main.main((*each.command, each.flag, f"x{each.suffix}"))
    assert status == 3 and re.search(r"mien: .*x\..*: no space left on device", capsys.readouterr().err)
    assert not [path for path in Path().iterdir() if path.name.startswith(("x", "."))]


@pytest.mark.parametrize("command", [SPEAK, ("track", "film.mp4")])
def test_a_default_name_replaces_nothing_unasked(capsys, command: tuple[str, ...]) -> None:
    default = Path(command[1]).with_suffix(".take.safetensors")
    default.write_bytes(b"an animator's")
    status, sentence = refused(capsys, *command)
    assert status == 2 and f"{default} is there already; to replace it name it with -o" in sentence
    with pytest.raises(AssertionError, match="the work was begun"):  # where it is asked for
        main.main((*command, "-o", str(default)))


def test_what_is_made_of_several_takes_is_said_when_they_stop(folder: Path, capsys, monkeypatch) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    from mien import speak

    whole = speak.speak_takes

    def two(*arguments: object, **named: object):
        for number, take in enumerate(whole(*arguments, **named)):
            if number == 2:
                raise next(stops)
            yield take

    stops = iter((KeyboardInterrupt(), EngineError("no."), OSError(28, "No space", "x")))
    monkeypatch.setattr("mien.speak.speak_takes", two)
    command = ("speak", "voice.wav", "--engine", "articulation", "--takes", "3", "-o", "a.take.safetensors")
    for status in (130, 1, 3):
        assert main.main((*command, "--json")) == status
        output = capsys.readouterr()
        content = json.loads(output.out)
        assert content["status"] == status
        assert [entry["seed"] for entry in content["made"]] == [0, 1]
        assert all(Path(entry["take"]).is_file() for entry in content["made"])
        assert output.err.strip().endswith("Written before: a.seed-0.take.safetensors, a.seed-1.take.safetensors.")


# --- the functions themselves


def test_names_are_compared_where_no_file_is() -> None:
    one = Output(Path("x.mp4"), "the film", FILM)
    with pytest.raises(OutputsAreOne):
        check_outputs([one, Output(Path("../") / Path.cwd().name / "x.mp4", "the preview", FILM)])
    check_outputs([one, Output(Path("y.mp4"), "the preview", FILM)], sound=None, take=Path("z"))
    assert not Path("x.mp4").exists() and not [path for path in Path().iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("output", "error"),
    [
        (Output(Path("voice.wav"), "the take"), OutputIsInput),
        (Output(Path("x"), "the film", FILM), UnknownSuffix),
        (Output(Path("said.txt"), "the take", named=False), OutputExists),
    ],
)
def test_each_refusal_has_its_class(output: Output, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_outputs([output], sound=Path("voice.wav"))


SHOWN: dict[str, str] = {
    "voice.wav": "voice.wav",
    "Größe 東京 🎬.wav": "Größe 東京 🎬.wav",
    "\x1b[2Jgone.wav": "\\x1b[2Jgone.wav",
    "a\nb\r\t.wav": "a\\nb\\r\\t.wav",
    "gnp\u202evaw.exe": "gnp\\u202evaw.exe",
    "h\udcffm.wav": "h\\udcffm.wav",
    "\x9b31m": "\\x9b31m",
}


@pytest.mark.parametrize("name", SHOWN)
def test_names_do_not_steer_the_terminal(capsys, name: str) -> None:
    assert printable(name) == SHOWN[name]
    assert main.main(("export", TAKE, "-o", f"gone/{name}/x.csv")) == 3
    assert SHOWN[name] in capsys.readouterr().err
