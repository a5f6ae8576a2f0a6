# SPDX-License-Identifier: GPL-3.0-or-later
import argparse
import io
from pathlib import Path

import pytest
from mien.cli.films.consent import add_consent_flag, consent_of
from mien.video.consent import ConsentMissing

WORDS = "Maria Rossi, in writing, 12 March 2026"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"a clip")
    return path


def flags(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_consent_flag(parser)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def test_without_a_terminal_it_is_refused_in_words(clip: Path) -> None:
    with pytest.raises(ConsentMissing, match="clip.mp4 shows a person.*--consent"):
        consent_of(flags(), clip)


def test_the_flag_is_kept_for_the_next_time(clip: Path) -> None:
    assert consent_of(flags("--consent", WORDS), clip).through == "command line"
    assert consent_of(flags(), clip).statement == WORDS
    clip.write_bytes(b"another clip")
    with pytest.raises(ConsentMissing):
        consent_of(flags(), clip)


def test_the_terminal_asks_once(clip: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(f"{WORDS}\n"))
    assert consent_of(flags(), clip).through == "terminal"
    assert "Who agreed to this film, and when?" in capsys.readouterr().err
    assert consent_of(flags(), clip).statement == WORDS
    assert capsys.readouterr().err == ""


def test_a_terminal_without_an_answer_is_a_refusal(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(""))
    with pytest.raises(ConsentMissing):
        consent_of(flags(), clip)


def test_a_machine_is_not_asked(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(f"{WORDS}\n"))
    with pytest.raises(ConsentMissing):
        consent_of(flags("--json"), clip)
