# SPDX-License-Identifier: GPL-3.0-or-later
"""The base class of all faults that Mien reports in words, with the exit status of the command `mien`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import ClassVar

FAILED = 1  # a part failed
USAGE = 2  # the command line or the direction is wrong
FILE = 3  # a file cannot be read or written
MISSING = 4  # something has to be installed or imported first
STOPPED = 130  # by the user, as a shell reports SIGINT


class MienError(Exception):
    """A fault whose message is a sentence for the user. Subclasses set the exit status and may inherit ValueError or
    another built-in error as well, where callers catch that. has_lines: whether the message is a list, a line each; in
    others a line break is of a file's name, and shown as \\n."""

    exit_status: ClassVar[int] = FAILED
    has_lines: ClassVar[bool] = False


def capitalized(text: str) -> str:
    """The text with a capital at its beginning, as a sentence has it."""
    return text[:1].upper() + text[1:]


def shortened(value: object) -> str:
    """As it was written, as far as fits into a sentence."""
    return text if len(text := repr(value)) <= 60 else f"{text[:57]}..."


def check_known(who: str, names: Iterable[object], known: Iterable[str], refused: type[Exception]) -> None:
    """Raises `refused` for the first of the names that is not known: `who` asks for it."""
    known = list(known)
    for name in names:
        if name not in known:
            raise refused(
                f"{who} asks for {shortened(name)}, which is not one of {', '.join(known)}{did_you_mean(name, known)}."
            )


def did_you_mean(word: object, known: Iterable[str], meant: Mapping[str, str] | None = None) -> str:
    """ " (did you mean ...?)" with the known word that is spelt most like this one, or that `meant` has for it; empty
    where none is near. The case of letters does not count. For the end of a sentence, before its stop."""
    by_lower = {name.lower(): name for name in known}
    lower = str(word).strip().lower()
    near = [by_lower[each] for each in difflib.get_close_matches(lower, by_lower, 1, 0.6)]
    if meant and lower in meant:
        near = [meant[lower]]
    return f" (did you mean {near[0]!r}?)" if near else ""
