# SPDX-License-Identifier: GPL-3.0-or-later
"""Text files as people save them: UTF-8 with or without a byte order mark, UTF-16 and UTF-32."""

from __future__ import annotations

import codecs
from pathlib import Path

from mien.errors import FILE, MienError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LARGEST = 16 * 2**20  # bytes: no text that is spoken in one sound has as many


class TextError(MienError, ValueError):
    """A file is no text that can be read; the message says what was found and what to do."""

    exit_status = FILE


def read_text(path: Path) -> str:
    """The text of a file. TextError for what is no text; OSError where it cannot be read."""
    if path.stat().st_size > LARGEST:
        raise TextError(f"The file {path.name!r} is no transcript: it has {path.stat().st_size / 2**20:.0f} MiB.")
    data = path.read_bytes()
    coding = next((name for mark, name in MARKS if data.startswith(mark)), "")
    try:
        text = data.decode(coding or _without_mark(data))
    except UnicodeDecodeError:
        raise TextError(
            f"The file {path.name!r} is neither UTF-8 nor UTF-16 text. Save it as UTF-8 in a text editor."
        ) from None
    if "\0" in text:
        raise TextError(f"The file {path.name!r} holds no text. Choose the text file, saved as UTF-8.")
    return text


def _without_mark(data: bytes) -> str:
    """UTF-16 of most languages has a zero in every other byte of its spaces and line ends, and UTF-8 has none."""
    zeros = [data[i::2].count(0) for i in (0, 1)]
    if not any(zeros) or len(data) % 2:
        return "utf-8"
    return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
