# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan: all lines of a batch. Whatever is wrong with it is said by row, before any work."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from mien.batch.line import Defaults, Line, lines_of
from mien.batch.plan_file import PlanFile, read_plan_file, refuse
from mien.errors import MienError


@dataclass(frozen=True)
class Plan:
    """`lines` in the order of the rows; `source`: the file or folder; `unit`: what a row is called in messages."""

    lines: tuple[Line, ...]
    source: Path
    unit: str

    def refuse(self, faults: list[tuple[int, str]]) -> None:
        """PlanError that says every fault (row, sentence), if there are any."""
        refuse(faults, self.unit, rows_of(self.unit, self.source))


def read_plan(source: Path, defaults: Defaults | None = None) -> Plan:
    """The lines of a plan. PlanError that says all rows that cannot be followed, with their numbers; OSError where the
    plan itself cannot be read."""
    file = read_plan_file(source)
    lines, faults = _lines(file, defaults or Defaults())
    faults += _same_names(lines, file.unit)
    refuse(faults, file.unit, rows_of(file.unit, source))
    return Plan(tuple(lines), source, file.unit)


def rows_of(unit: str, source: Path) -> str:
    return f"the {'entries' if unit == 'entry' else f'{unit}s'} of {source}"


def sentence_of(error: MienError | OSError) -> str:
    """In one line."""
    if isinstance(error, MienError) or error.filename is None:
        return " ".join(str(error).split())
    return f"{error.filename}: {(error.strerror or str(error)).lower()}."


def _lines(file: PlanFile, defaults: Defaults) -> tuple[list[Line], list[tuple[int, str]]]:
    lines, faults = [], []
    for row in file.rows:
        try:
            lines += lines_of(row.number, row.values, file.folder, defaults)
        except (MienError, OSError) as error:
            faults.append((row.number, sentence_of(error)))
    return lines, faults


def _same_names(lines: list[Line], unit: str) -> list[tuple[int, str]]:
    """Lines whose files would be one; on some systems A and a are."""
    first: dict[str, Line] = {}
    taken: dict[int, list[str]] = defaultdict(list)
    for line in lines:
        other = first.setdefault(line.file_name.casefold(), line)
        if other is not line:
            taken[line.row].append(f"{line.id!r} is the id of {unit} {other.row}, too; give each its own.")
    return [(row, sentences[0]) for row, sentences in taken.items()]
