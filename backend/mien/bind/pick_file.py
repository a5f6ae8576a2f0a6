# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of picked points: JSON, MeshLab's .pp, and lines of text as other programs export landmarks."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from mien.bind import BindError
from mien.files.strict_json import JsonError, parse_json
from mien.files.text import TextError, read_text

LIMIT = 1 << 20  # bytes of the file
LINES = (".txt", ".csv", ".tsv", ".xyz")
HEADER = {"x", "y", "z"}


def read_picks(path: Path) -> dict[str, object]:
    """name -> position or index, by the file's suffix: `.pp` are the picked points of MeshLab; `.txt`, `.csv`, `.tsv`
    and `.xyz` have a line for each point, `name x y z` or `name vertex`; anything else is a JSON object. A list of 68
    places without names are the landmarks of iBUG-68. BindError in words; OSError where it cannot be read."""
    if path.stat().st_size > LIMIT:
        raise BindError(f"{path.name} is too large for some picked points.")
    suffix = path.suffix.lower()
    if suffix == ".pp":
        return _of_meshlab(path)
    return _of_lines(path) if suffix in LINES else _of_json(path)


def _of_json(path: Path) -> dict[str, object]:
    try:
        content = parse_json(path.read_bytes())
    except JsonError as error:
        raise BindError(f"{path.name} cannot be read as JSON ({error}).") from None
    if isinstance(content, list) and len(content) == 68:
        content = {str(number): position for number, position in enumerate(content)}
    if not isinstance(content, dict):
        raise BindError(f"{path.name} is no JSON object of names and places.")
    return content


def _of_meshlab(path: Path) -> dict[str, object]:
    """Points that are switched off there are left out."""
    picks: dict[str, object] = {}
    try:
        points = list(ElementTree.fromstring(path.read_bytes()).iter("point"))
        for point in points:
            if point.get("active", "1") != "0":
                _add(picks, point.attrib["name"], [float(point.attrib[axis]) for axis in "xyz"], path)
    except (ElementTree.ParseError, KeyError, ValueError, LookupError) as error:
        raise BindError(f"{path.name} cannot be read as picked points of MeshLab ({error}).") from None
    return picks


def _of_lines(path: Path) -> dict[str, object]:
    try:
        lines = read_text(path).splitlines()
    except TextError as error:
        raise BindError(str(error)) from None
    rows = [(number, re.split(r"[\s,;]+", line.strip(" \t,;"))) for number, line in enumerate(lines, 1)]
    rows = [(number, fields) for number, fields in rows if fields[0] and not fields[0].startswith("#")]
    if rows and {field.lower() for field in rows[0][1]} >= HEADER:
        rows = rows[1:]
    nameless = len(rows) == 68 and all(len(fields) == 3 for _, fields in rows)  # iBUG-68
    picks: dict[str, object] = {}
    for place, (number, fields) in enumerate(rows):
        name, *values = [str(place), *fields] if nameless else fields
        try:
            pick = int(values[0]) if len(values) == 1 else [float(value) for value in values]
        except ValueError:
            pick = []
        if isinstance(pick, list) and len(pick) != 3:
            raise BindError(
                f"{path.name}, line {number}: {' '.join(fields)!r} is no point; a line is a name with x y z, or with "
                "the number of a vertex."
            )
        _add(picks, name, pick, path)
    return picks


def _add(picks: dict[str, object], name: str, pick: object, path: Path) -> None:
    if name in picks:
        raise BindError(f"{path.name} has the point {name!r} twice; keep one of them.")
    picks[name] = pick
