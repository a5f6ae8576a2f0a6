# SPDX-License-Identifier: GPL-3.0-or-later
"""Markdown sections that a command writes: the text between the lines `<!-- name -->` and `<!-- /name -->`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mien.errors import FILE, MienError
from mien.files.atomic import write_whole


class SectionError(MienError, ValueError):
    """The page has no such section; the message names its two lines."""

    exit_status = FILE


def write_section(page: Path, name: str, text: str) -> None:
    """Replace the text of a section. SectionError where the page has none of that name."""
    before, begin, end, after = _split(page, name)
    write_whole(page, f"{before}{begin}\n{text}\n{end}{after}".encode())


def require_section(page: Path, name: str) -> None:
    """SectionError where `write_section` would raise it: for before a long measurement."""
    _split(page, name)


def _split(page: Path, name: str) -> tuple[str, str, str, str]:
    """The page before the section, the section's two lines, and the page after it."""
    lines = (f"<!-- {name} -->", f"<!-- /{name} -->")
    before, begin, rest = page.read_text("utf-8").partition(lines[0])
    _, end, after = rest.partition(lines[1])
    if not (begin and end):
        raise SectionError(f"{page.name} has no lines {lines[0]} and {lines[1]} to write between.")
    return before, begin, end, after


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
