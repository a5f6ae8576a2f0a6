# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a command writes: refused before the work where nothing can be written there, or something would be lost."""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mien.errors import USAGE, MienError
from mien.files.atomic import require_room

TENSORS = (".safetensors", ".st", "")  # of takes and of bound shapes
FILM = (".mp4",)
PICTURE = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
DRAWING = (".png", ".pdf", ".svg", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
# Besides control characters: these turn the direction of what a terminal shows (UAX 9, table 2).
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
UNSEEN = ("Cc", "Cs", "Zl", "Zp")  # categories of Unicode: controls, half pairs, line and paragraph separators


class OutputRefused(MienError, ValueError):
    """The file must not be written; the message says why and what to name instead."""

    exit_status = USAGE


class OutputIsInput(OutputRefused):
    """The file to write is one that is read."""


class OutputsAreOne(OutputRefused):
    """Two files to write are the same."""


class UnknownSuffix(OutputRefused):
    """The file to write has a suffix of another kind."""


class OutputExists(OutputRefused):
    """A file that the user did not name is there already."""


@dataclass(frozen=True)
class Output:
    """A file that a command is to write: `kind`, as a sentence names it; suffixes that it may have, none for any.
    named: by the user, who may replace a file; a default name never does. written_as: the path that the user gave,
    where a number is added to it."""

    path: Path
    kind: str
    suffixes: tuple[str, ...] = ()
    named: bool = True
    written_as: Path | None = None


def check_outputs(outputs: Iterable[Output], **inputs: Path | None) -> None:
    """OSError with the name of what is in the way, OutputRefused for an unknown suffix, and where an output is an input
    or another output. Inputs are named as the sentence names them (`sound=...`), None where there is none."""
    outputs = list(outputs)
    for number, output in enumerate(outputs):
        _check_place(output)
        for name, source in inputs.items():
            if source is not None and _same_file(output.path, source):
                raise OutputIsInput(
                    f"{output.path} is the {name} itself, which would be lost; name another file to write."
                )
        for other in outputs[:number]:
            if _same_file(output.path, other.path):
                raise OutputsAreOne(f"{output.path} would be both {other.kind} and {output.kind}; name two files.")
    for output in outputs:
        _check_suffix(output)
        if not output.named and output.path.exists():
            raise OutputExists(f"{output.path} is there already; to replace it name it with -o, or name another file.")
    for path in {output.path.parent: output.path for output in outputs}.values():
        require_room(path)


def printable(text: object) -> str:
    """Text for a terminal: a name may hold sequences that clear a screen or hide what follows; they are escaped."""
    return "".join(
        c if c not in TURNING and unicodedata.category(c) not in UNSEEN else c.encode("unicode_escape").decode()
        for c in str(text)
    )


def _check_place(output: Output) -> None:
    path = output.path
    if (output.written_as or path).name == "-":
        raise OutputRefused(f"{output.kind} is not written to standard output; name a file in place of -.")
    try:
        kind = path.stat().st_mode
    except FileNotFoundError:
        kind = stat.S_IFREG
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, "is a folder; name a file in it", str(path))
    if not stat.S_ISREG(kind):
        raise FileExistsError(errno.EEXIST, "is a device or a pipe, which is not replaced; name a file", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder; make it first", str(path.parent))
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "nothing can be written there; name another folder", str(path.parent))


def _check_suffix(output: Output) -> None:
    path = output.written_as or output.path
    suffix = path.suffix
    if output.suffixes and suffix.lower() not in output.suffixes:
        known = [each for each in output.suffixes if each]
        which = f"has the suffix {suffix!r}" if suffix else "has no suffix"
        raise UnknownSuffix(
            f"{path} {which}, but {output.kind} is written as {' or '.join(known)}; name a file that ends in "
            f"{known[0]}."
        )


def _same_file(one: Path, other: Path) -> bool:
    """Whether both are one file, or would be: by what is there, or by name where one is not."""
    try:
        return one.samefile(other)
    except OSError:
        return os.path.normcase(one.resolve()) == os.path.normcase(other.resolve())
