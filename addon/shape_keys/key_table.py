# SPDX-License-Identifier: GPL-3.0-or-later
"""The mapping table of a mesh: the source of each shape key in a take, with a gain and an offset. No bpy.

A source is a weighted sum of channels and visemes: `jawOpen`, `0.5 mouthSmileLeft + 0.5 mouthSmileRight`,
`jawOpen - 1.03 mouthClose`, `/P B M/`. A viseme, phones (ARPAbet) between slashes, is the mean of their mouth shapes;
`viseme_mix.mix` computes the shares of all visemes of a table together. A key with a negative term in its source never
goes below its offset. One that sums several goes no farther than a single one of them would take it: the shape was
made for values up to 1, and beyond them it spikes.
"""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..formats.atomic_write import write_whole
from ..formats.channels import ARKIT, TONGUE
from .viseme_mix import PHONES

FORMAT, FORMAT_VERSION = "mien.keys", "1"
LIMIT = 10.0  # Blender's hard limit of a shape key's slider
FILE_LIMIT = 1 << 20  # bytes
_TERM = re.compile(r"\s*([+-]?)\s*(\d*\.?\d*)\s*\*?\s*(/[A-Za-z ]+/|[^\W\d]\w*)\s*")


class TableError(ValueError):
    """The table, or a source in it, cannot be read; the message says which and what to write."""


@dataclass(frozen=True)
class Row:
    """value of `key` = offset + gain * source."""

    key: str
    source: str
    gain: float = 1.0
    offset: float = 0.0


def terms(source: str) -> tuple[tuple[str, float], ...]:
    """(name of a channel or `/phones/`, share) of each term. Raises TableError."""
    parsed, at = [], 0
    while at < len(source.strip()):
        term = _TERM.match(source.strip(), at)
        if term is None or (at and not term[1]) or term[2] == ".":
            raise TableError(
                f"The source '{source}' cannot be read at '{source.strip()[at:][:20]}'; write it like jawOpen, "
                "0.5 mouthSmileLeft + 0.5 mouthSmileRight, or /P B M/."
            )
        share = float(term[2] or 1.0)
        parsed.append((term[3], -share if term[1] == "-" else share))
        at = term.end()
    if not parsed:
        raise TableError("A key's source is empty; name a channel like jawOpen, or take the key off the table.")
    return tuple(parsed)


def source_text(parsed_terms: Iterable[tuple[str, float]]) -> str:
    """The source with these terms, in the form that `terms` parses."""
    parts = []
    for name, share in parsed_terms:
        sign = "- " if share < 0 else "+ " if parts else ""
        number = "" if abs(share) == 1 else f"{abs(share):.4g} "
        parts.append(f"{sign}{number}{name}")
    return " ".join(parts)


def channels_of(rows: Iterable[Row]) -> set[str]:
    """The channels in the sources of the rows."""
    return {name for row in rows for name, _ in terms(row.source) if not name.startswith("/")}


def visemes_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """The visemes, `/phones/`, in the sources of the rows, without repetition."""
    return tuple(dict.fromkeys(name for row in rows for name, _ in terms(row.source) if name.startswith("/")))


def values(rows: Iterable[Row], sources: dict[str, np.ndarray], frames: int) -> dict[str, np.ndarray]:
    """key -> (F,) float32, from sources (F,) by name; a channel that the take does not have is 0."""
    out = {}
    for row in rows:
        parts = terms(row.source)
        total = sum((share * sources[name] for name, share in parts if name in sources), np.zeros(frames))
        if any(share < 0 for _, share in parts):
            total = np.maximum(total, 0.0)
        added = [share for _, share in parts if share > 0]
        if len(added) > 1:
            total = np.minimum(total, max(1.0, *added))
        out[row.key] = np.clip(row.offset + row.gain * total, -LIMIT, LIMIT).astype(np.float32)
    return out


def write_table(path: Path, name: str, rows: Iterable[Row]) -> None:
    """Write the table as JSON. Raises OSError."""
    listed = [{"key": row.key, "from": row.source, "gain": row.gain, "offset": row.offset} for row in rows]
    document = {"format": FORMAT, "format_version": FORMAT_VERSION, "name": name, "keys": listed}
    write_whole(path, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())


def read_table(path: Path) -> tuple[str, tuple[Row, ...]]:
    """(name, rows) of a file. Raises TableError, whose message names the file and the key."""
    try:
        if path.stat().st_size > FILE_LIMIT:
            raise TableError(f"{path.name} is too large for a table of shape keys.")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TableError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, TableError):
            raise
        raise TableError(f"{path.name} cannot be read as JSON ({error}).") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise TableError(f"{path.name} is no table of shape keys; save one from the panel to see how it looks.")
    if document.get("format_version") != FORMAT_VERSION:
        raise TableError(
            f"{path.name} has format version {document.get('format_version')} and this extension reads "
            f"{FORMAT_VERSION}."
        )
    if not isinstance(document.get("keys"), list):
        raise TableError(f"{path.name} has no list of keys.")
    rows = tuple(_row(entry, path.name) for entry in document["keys"])
    repeated = next((row.key for i, row in enumerate(rows) if row.key in {other.key for other in rows[:i]}), None)
    if repeated is not None:
        raise TableError(f"{path.name} has the key '{repeated}' twice.")
    return str(document.get("name") or path.stem), rows


def _row(entry: Any, file: str) -> Row:
    try:
        row = Row(entry["key"], entry["from"], float(entry.get("gain", 1.0)), float(entry.get("offset", 0.0)))
        if not (row.key and isinstance(row.key, str) and isinstance(row.source, str)):
            raise TypeError
    except (KeyError, TypeError, ValueError, AttributeError):
        raise TableError(f"{file} has an entry {str(entry)[:60]}; each needs a key and what it is from.") from None
    if not (math.isfinite(row.gain) and math.isfinite(row.offset)):
        raise TableError(f"{file}: gain and offset of '{row.key}' must be numbers.")
    try:
        check(row.source)
    except TableError as error:
        raise TableError(f"{file}: key '{row.key}': {error}") from None
    return row


def check(source: str) -> None:
    """Raises TableError for a source that cannot be parsed or has an unknown channel or phone."""
    for name, _ in terms(source):
        if not name.startswith("/") and name not in (*ARKIT, *TONGUE):
            raise TableError(f"There is no channel '{name}'; the names are ARKit's, like jawOpen or mouthSmileLeft.")
        for phone in name.strip("/").split() if name.startswith("/") else ():
            if phone not in PHONES:
                raise TableError(f"There is no phone '{phone}'; the names are {', '.join(PHONES)}.")


def fault(source: str) -> str:
    """The message of `check` for a source, '' where it can be used."""
    try:
        check(source)
    except TableError as error:
        return str(error)
    return ""
