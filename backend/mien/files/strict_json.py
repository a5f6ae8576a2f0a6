# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON as people write it by hand: a key that is there twice, and nesting without end, are faults with a sentence."""

from __future__ import annotations

import json

from mien.errors import USAGE, MienError

DEEPEST = 32  # objects and lists within one another: what Mien reads has five


class JsonError(MienError, ValueError):
    """The text is no JSON, or not such as can be meant; the message says what was found."""

    exit_status = USAGE


def parse_json(text: str | bytes) -> object:
    """The value of JSON text; UTF-8, UTF-16 or UTF-32 where it is bytes. JsonError in words."""
    if isinstance(text, bytes):
        text = text.removeprefix(b"\xef\xbb\xbf")  # json takes a byte order mark of UTF-8 for an error
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except JsonError:
        raise
    except RecursionError:
        raise JsonError(f"it is nested more than {DEEPEST} deep") from None
    except ValueError as error:  # also bad UTF-8 and a number of 5000 digits
        raise JsonError(str(error)) from None
    _check_depth(value)
    _check_text(value)
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonError(f"the key {twice[:60]!r} is there twice; keep one of them")
    return content


def _check_text(value: object) -> None:
    """An escape may name one half of a pair (\\ud800), which is no character and can be written nowhere."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise JsonError(f"{error.object[error.start]!r} in it is one half of a character") from None


def _check_depth(value: object) -> None:
    level: list[object] = [value]
    for _ in range(DEEPEST + 1):
        dicts = (outer.values() for outer in level if isinstance(outer, dict))
        lists = (outer for outer in level if isinstance(outer, list))
        level = [inner for group in (*dicts, *lists) for inner in group]
        if not level:
            return
    raise JsonError(f"it is nested more than {DEEPEST} deep")
