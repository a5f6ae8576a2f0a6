# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of a Markdown file that a command writes, between marks that name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mien.errors import FILE, MienError


class MarkError(MienError, ValueError):
    """The file has no such marks; the message says which."""

    exit_status = FILE


def write_between(page: Path, name: str, text: str) -> None:
    """Put a text between the lines `<!-- name -->` and `<!-- /name -->` of a page. MarkError where it has none."""
    head, begin, end, tail = _parted(page, name)
    page.write_text(f"{head}{begin}\n{text}\n{end}{tail}", "utf-8")


def refuse_unmarked(page: Path, name: str) -> None:
    """MarkError where `write_between` would raise it: to be asked before hours are spent."""
    _parted(page, name)


def _parted(page: Path, name: str) -> tuple[str, str, str, str]:
    """What is before the marks, both marks, and what is after them."""
    marks = (f"<!-- {name} -->", f"<!-- /{name} -->")
    head, begin, rest = page.read_text("utf-8").partition(marks[0])
    _, end, tail = rest.partition(marks[1])
    if not (begin and end):
        raise MarkError(f"{page.name} has no lines {marks[0]} and {marks[1]} to write between.")
    return head, begin, end, tail


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
