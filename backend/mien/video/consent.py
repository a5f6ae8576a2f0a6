# SPDX-License-Identifier: GPL-3.0-or-later
"""Consent: who agreed to a film that puts words into a person's mouth, kept once for each clip or photo.

A record is one JSON file in the folder `consent` of the user's data folder, named by the sha256 of the clip or photo
and readable by that user alone. The film's manifest repeats it. No film of a person is made without one.
"""

from __future__ import annotations

import errno
import json
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from mien.errors import USAGE, MienError
from mien.files.atomic import OWNER, atomic_write
from mien.files.digest import sha256_of
from mien.files.private_folder import make_private_folder

FOLDER = "consent"  # in the data folder
FORMAT = "mien.consent"
LEAST, MOST = 3, 500  # characters of a statement
QUESTION = (
    "{name} shows a person. Who agreed to this film, and when? The answer is kept and written into the film.\n"
    "(As in: Maria Rossi, in writing, 12 March 2026; or: a painting, nobody living.)"
)


class ConsentError(MienError, ValueError):
    """The statement of consent cannot be used, or its record cannot be read."""

    exit_status = USAGE


class ConsentMissing(ConsentError):
    """Nobody has said yet that the person agreed."""


@dataclass(frozen=True)
class Consent:
    """`statement`: who agreed and when, in the words of whoever made the film; `recorded`: when they said so (ISO 8601,
    UTC); `through`: where, as "terminal" or "service". Nothing of it is verified."""

    statement: str
    recorded: str
    through: str

    @classmethod
    def given(cls, statement: str, through: str) -> Consent:
        """A statement made now. Raises ConsentError where it says nothing, or has control characters."""
        statement = " ".join(statement.split())
        if not LEAST <= len(statement) <= MOST or not any(letter.isalpha() for letter in statement):
            raise ConsentError(
                f"The consent is {statement[:40]!r}; say who agreed and when, in {LEAST} to {MOST} characters, as in "
                "'Maria Rossi, in writing, 12 March 2026'."
            )
        if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in statement):
            raise ConsentError("The consent has control characters; write it in plain text.")
        return cls(statement, datetime.now(UTC).isoformat(timespec="seconds"), through)


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes, in hex. OSError names the file, a pipe, too, which would be waited for."""
    if path.is_fifo():
        raise OSError(errno.ESPIPE, "is a pipe, which is read more than once; write it into a file first", str(path))
    return sha256_of(path)


def recorded_consent(subject: str, data_folder: Path) -> Consent | None:
    """The consent on record for a clip or photo of this sha256; None where there is none. Raises ConsentError for a
    damaged record."""
    path = _path(subject, data_folder)
    try:
        fields = json.loads(path.read_text("utf-8"))
        if fields["format"] != FORMAT or fields["subject"] != subject:
            raise ValueError("it is of another file")
        return Consent(str(fields["statement"]), str(fields["recorded"]), str(fields["through"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConsentError(
            f"{path} is no record of consent ({error}). Delete it and state the consent anew."
        ) from error


def record_consent(subject: str, consent: Consent, data_folder: Path) -> None:
    """Keep a consent for the clip or photo of this sha256, in place of an earlier one. OSError where that fails."""
    path = _path(subject, data_folder)
    make_private_folder(data_folder)
    make_private_folder(path.parent)
    text = json.dumps({"format": FORMAT, "subject": subject, **asdict(consent)}, indent=1, ensure_ascii=False)
    with atomic_write(path, mode=OWNER, sync=True) as file:
        file.write(text.encode() + b"\n")


def require_consent(
    subject: str,
    name: str,
    data_folder: Path,
    statement: str | None = None,
    ask: Callable[[str], str] | None = None,
    through: str = "command line",
) -> Consent:
    """The consent for the clip or photo of this sha256, which is called `name`: `statement`, which is kept; else the
    one on record; else the answer of `ask` to the question in words, which is kept. Raises ConsentMissing, and
    ConsentError for a statement that says nothing."""
    known = recorded_consent(subject, data_folder)
    if statement is None:
        if known is not None:
            return known
        answer = ask(QUESTION.format(name=name)) if ask else ""
        if not answer.strip():
            raise ConsentMissing(
                f"{name} shows a person, and nobody has said that they agreed to such a film. Add "
                "--consent \"who agreed, when\", as in --consent 'Maria Rossi, in writing, 12 March 2026'."
            )
        statement = answer
    consent = Consent.given(statement, through)
    if known is not None and known.statement == consent.statement:
        return known  # said again: the same film is not made anew for it
    record_consent(subject, consent, data_folder)
    return consent


def _path(subject: str, data_folder: Path) -> Path:
    if len(subject) != 64 or not set(subject) <= set("0123456789abcdef"):
        raise ConsentError(f"{subject[:70]!r} is no sha256 of a clip or photo.")
    return data_folder / FOLDER / f"{subject}.json"
