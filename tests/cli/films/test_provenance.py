# SPDX-License-Identifier: GPL-3.0-or-later
import json
import os
from pathlib import Path

import pytest
from films import squares, write_pictures
from mien.cli.main import main
from mien.settings import Settings
from mien.video.container_tag import write_tag
from mien.video.provenance import Provenance, sign
from mien.video.signer import Signer, user_signer
from provenances import CONSENT, DUB
from remuxing import remuxed


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return user_signer(Settings(data_folder=tmp_path_factory.mktemp("data")))


@pytest.fixture
def film(tmp_path: Path, signer: Signer) -> Path:
    path = write_pictures(tmp_path / "film.mp4", squares(5))
    sign(path, DUB, signer=signer)
    return path


def test_it_is_said_in_words(film: Path, capsys) -> None:
    assert main(["provenance", str(film)]) == 0
    out = capsys.readouterr().out
    for line in (
        "manifest (C2PA): the signature holds",
        "self-signed: no authority says who that is",
        "compositeWithTrainedAlgorithmicMedia",
        "not stamped by an authority",
        "tag: says the same",
        "engine personatalk, seed 7",
        "voice: voice.wav, sha256 abab",
        "consent: Maria Rossi, in writing, 12 March 2026 (stated 2026-03-12T10:00:00+00:00, terminal; not verified)",
    ):
        assert line in out


def test_it_is_said_to_machines(film: Path, capsys) -> None:
    assert main(["provenance", str(film), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["manifest"]["valid"] and told["manifest"]["provenance"] == told["tag"] == DUB.facts()


def test_what_a_remux_loses_is_said(film: Path, capsys) -> None:
    copy = remuxed(film, film.with_name("copy.mp4"))
    assert main(["provenance", str(copy)]) == 0
    out = capsys.readouterr().out
    assert "manifest (C2PA): none; the streams were copied" in out and "tag: Mien's; nobody signed it" in out
    assert CONSENT.statement in out
    bare = remuxed(film, film.with_name("bare.mp4"), metadata=False)
    assert main(["provenance", str(bare)]) == 1
    assert "does not say how it was made. That proves nothing" in capsys.readouterr().out


def test_a_changed_film_does_not_hold(film: Path, capsys) -> None:
    data = bytearray(film.read_bytes())
    data[data.rindex(b"mdat") + 60] ^= 1
    film.write_bytes(data)
    assert main(["provenance", str(film)]) == 1
    assert "DOES NOT HOLD: assertion.bmffHash.mismatch" in capsys.readouterr().out


def test_nothing_that_a_film_says_reaches_the_terminal_as_a_command(tmp_path: Path, capsys) -> None:
    film = write_pictures(tmp_path / "film.mkv", squares(3))
    write_tag(film, Provenance("dub", "\x1b[2J").tags())
    assert main(["provenance", str(film)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_what_is_no_film_is_refused_in_words(tmp_path: Path, capsys) -> None:
    (tmp_path / "text.mp4").write_bytes(b"text")
    assert main(["provenance", str(tmp_path / "text.mp4")]) == 3
    assert main(["provenance", str(tmp_path / "none.mp4")]) == 3
    err = capsys.readouterr().err
    assert "text.mp4" in err and "none.mp4: no such file" in err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["film.mp4", "film.mkv"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, name: str, capsys) -> None:
    os.mkfifo(tmp_path / name)
    assert main(["provenance", str(tmp_path / name)]) == 3
    assert "is a pipe, and a film is read more than once. Write it into a file first" in capsys.readouterr().err
