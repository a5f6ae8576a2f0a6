# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import os
import stat
from pathlib import Path

import pytest
from mien.video.consent import (
    Consent,
    ConsentError,
    ConsentMissing,
    file_digest,
    record_consent,
    recorded_consent,
    require_consent,
)

SUBJECT = hashlib.sha256(b"a clip").hexdigest()
WORDS = "Maria Rossi, in writing, 12 March 2026"


def test_the_first_film_of_a_person_is_refused_without_consent_and_made_with_it(tmp_path: Path) -> None:
    with pytest.raises(ConsentMissing, match="clip.mp4 shows a person.*--consent"):
        require_consent(SUBJECT, "clip.mp4", tmp_path)
    given = require_consent(SUBJECT, "clip.mp4", tmp_path, WORDS)
    assert given.statement == WORDS and given.recorded.endswith("+00:00")
    assert require_consent(SUBJECT, "clip.mp4", tmp_path) == given  # asked once
    assert recorded_consent(hashlib.sha256(b"another").hexdigest(), tmp_path) is None


def test_the_answer_in_the_terminal_is_kept_and_asked_for_once(tmp_path: Path) -> None:
    questions = []

    def ask(question: str) -> str:
        questions.append(question)
        return WORDS

    require_consent(SUBJECT, "clip.mp4", tmp_path, ask=ask, through="terminal")
    again = require_consent(SUBJECT, "clip.mp4", tmp_path, ask=ask)
    assert len(questions) == 1 and "clip.mp4" in questions[0] and "Who agreed" in questions[0]
    assert again.through == "terminal"


def test_no_answer_is_a_refusal_and_leaves_no_record(tmp_path: Path) -> None:
    with pytest.raises(ConsentMissing):
        require_consent(SUBJECT, "clip.mp4", tmp_path, ask=lambda question: "  ")
    assert recorded_consent(SUBJECT, tmp_path) is None


def test_the_same_words_again_leave_the_record(tmp_path: Path) -> None:
    record_consent(SUBJECT, Consent(WORDS, "2026-01-01T00:00:00+00:00", "terminal"), tmp_path)
    assert require_consent(SUBJECT, "clip.mp4", tmp_path, f"  {WORDS} ").recorded == "2026-01-01T00:00:00+00:00"


def test_a_later_statement_takes_the_place_of_the_record(tmp_path: Path) -> None:
    require_consent(SUBJECT, "clip.mp4", tmp_path, WORDS)
    require_consent(SUBJECT, "clip.mp4", tmp_path, "withdrawn and given anew, 1 May 2026")
    record = recorded_consent(SUBJECT, tmp_path)
    assert record and record.statement == "withdrawn and given anew, 1 May 2026"


@pytest.mark.parametrize("statement", ["", "  ", "ok", "2026", "x" * 501, "Maria\x1b[2J Rossi", "\u202eMaria Rossi"])
def test_a_statement_that_says_nothing_is_refused_in_words(statement: str) -> None:
    with pytest.raises(ConsentError, match="consent"):
        Consent.given(statement, "terminal")


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    record_consent(SUBJECT, Consent.given(WORDS, "terminal"), tmp_path)
    (path,) = (tmp_path / "consent").iterdir()
    for damaged in (b'{"format": "mien.consent"}', b"", b"[]", b"\xff\x00", b"[" * 100_000):
        path.write_bytes(damaged)
        with pytest.raises(ConsentError, match=f"{path.name} is no record of consent.*Delete it"):
            recorded_consent(SUBJECT, tmp_path)


def test_a_name_that_is_no_digest_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConsentError, match="no sha256"):
        recorded_consent("../" * 21 + "x", tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_the_record_is_for_its_user_alone(tmp_path: Path) -> None:
    record_consent(SUBJECT, Consent.given(WORDS, "terminal"), tmp_path)
    (path,) = (tmp_path / "consent").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"a clip")
    assert file_digest(tmp_path / "clip.mp4") == SUBJECT


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "clip.mp4")
    with pytest.raises(OSError, match="is a pipe.*clip.mp4"):
        file_digest(tmp_path / "clip.mp4")
