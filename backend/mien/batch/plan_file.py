# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as it is written: rows of a CSV file, entries of a JSON file, or the sounds of a folder, by number."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.errors import USAGE, MienError, did_you_mean, shortened
from mien.files.strict_json import JsonError, parse_json
from mien.files.text import read_text

SOUNDS = (".wav", ".flac", ".ogg", ".mp3", ".m4a", ".aac", ".opus", ".aiff", ".aif", ".wma")  # of a folder
COLUMNS = {
    "id": "the name of the line and of its file",
    "voice": "the sound, or sounds by a wildcard",
    "video": "the film to dub",
    "photo": "the photo that speaks",
    "engine": "of the take",
    "fps": "frames a second, or 'engine'",
    "head": "mien or flame",
    "track": "the sound track, from 1",
    "direction": "a direction file, which the other columns change",
    "emotion": "as happy=0.7",
    "intensity": "low, medium, high, or 0 to 1",
    "style": "whose manner",
    "persona": "somebody in particular",
    "lips_model": "lips of one's own footage",
    "seed": "one, or several as 0-3",
    "temperature": "how far performances differ",
    "transcript": "a file of what is said",
    "text": "what is said",
    "options": "a file of all options of a film",
    "consent": "who agreed to the film, and when",
}
SAID = 20  # bad rows that are said one by one


class PlanError(MienError, ValueError):
    """The plan cannot be carried out; the message says which rows, by number, and why."""

    exit_status = USAGE
    has_lines = True


@dataclass(frozen=True)
class Row:
    """`number`: the line of the CSV file, or the entry of the list, from 1; `values` by column, without empty ones."""

    number: int
    values: Mapping[str, object]


@dataclass(frozen=True)
class PlanFile:
    """`rows` as they are written; `folder`: where their paths begin; `unit`: what a row is called in messages."""

    rows: tuple[Row, ...]
    folder: Path
    unit: str


def read_plan_file(path: Path) -> PlanFile:
    """The rows of a CSV or JSON file, or one for each sound of a folder and of those in it. PlanError in words,
    TextError for what is no text, OSError."""
    if path.is_dir():
        return _of_folder(path)
    if path.suffix.lower() == ".json":
        return PlanFile(_of_json(path), path.parent, "entry")
    if path.suffix.lower() in (".csv", ".tsv"):
        return PlanFile(_of_csv(path), path.parent, "line")
    if not path.exists():
        raise FileNotFoundError(2, "there is no such plan", str(path))
    raise PlanError(f"{path} is no plan: name a .csv, .tsv or .json file, or a folder of sounds.")


def refuse(faults: Sequence[tuple[int, str]], unit: str, what: str) -> None:
    """PlanError that says every fault (number of the row, sentence), if there are any."""
    if not faults:
        return
    faults = sorted(faults)
    said = [f"{unit} {number}: {' '.join(sentence.split())}" for number, sentence in faults[:SAID]]
    if len(faults) > SAID:
        said.append(f"and {len(faults) - SAID} more")
    raise PlanError(f"nothing was made, as {len(faults)} of {what} cannot be followed.\n" + "\n".join(said))


def _of_folder(path: Path) -> PlanFile:
    sounds = sorted(each for each in path.rglob("*") if each.suffix.lower() in SOUNDS and _is_shown(each, path))
    if not sounds:
        raise PlanError(f"there is no sound in {path} (of {', '.join(SOUNDS)}); name a folder of sounds, or a plan.")
    names = [each.relative_to(path).as_posix() for each in sounds]
    rows = (
        Row(number, {"id": str(Path(name).with_suffix("").as_posix()), "voice": _literal(name)})
        for number, name in enumerate(names, 1)
    )
    return PlanFile(tuple(rows), path, "sound")


def _is_shown(path: Path, folder: Path) -> bool:
    return path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)


def _literal(name: str) -> str:
    """A name that `glob` takes as it is."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _of_csv(path: Path) -> tuple[Row, ...]:
    text = read_text(path)
    head = text.lstrip("\ufeff \r\n;,\t").partition("\n")[0]
    delimiter = max("\t;,", key=lambda each: (head.count(each), each == ","))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, faults, begin = [], [], 1
    try:
        head_cells = next((cells for cells in reader if any(cell.strip() for cell in cells)), [])
        columns = [name.strip().lower() for name in head_cells]
        check_columns(columns, f"the first line of {path}")
        begin = reader.line_num + 1
        for cells in reader:
            number, begin = begin, reader.line_num + 1  # a quoted cell may have several lines
            if not any(cell.strip() for cell in cells) or cells[0].lstrip().startswith("#"):
                continue
            if len(cells) > len(columns):
                faults.append((number, f"it has {len(cells)} cells, and there are {len(columns)} columns."))
            values = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
            rows.append(Row(number, values))
    except csv.Error as error:
        raise PlanError(f"{path}, line {begin}: {error}; write it as a spreadsheet does.") from None
    refuse(faults, "line", f"the lines of {path}")
    if not rows:
        raise PlanError(f"{path} has no lines below its first, which names the columns.")
    return tuple(rows)


def check_columns(columns: Sequence[str], where: str) -> None:
    """PlanError for a column that there is not, or that is there twice."""
    for number, name in enumerate(columns):
        if name not in COLUMNS:
            raise PlanError(
                f"{where} has {shortened(name)}, which is none of the columns {', '.join(COLUMNS)}"
                f"{did_you_mean(name, COLUMNS)}."
            )
        if name in columns[:number]:
            raise PlanError(f"{where} has the column {name!r} twice; keep one of them.")


def _of_json(path: Path) -> tuple[Row, ...]:
    try:
        content = parse_json(path.read_bytes())
    except JsonError as error:
        raise PlanError(f"{path} is no JSON ({error}).") from None
    entries = content.get("lines") if isinstance(content, dict) and set(content) == {"lines"} else content
    if not isinstance(entries, list) or not entries:
        raise PlanError(f'{path} is no list of lines; write [{{"voice": "a.wav", "emotion": "happy"}}, ...].')
    faults = [(n, f"it is {shortened(e)}, no object.") for n, e in enumerate(entries, 1) if not isinstance(e, dict)]
    refuse(faults, "entry", f"the entries of {path}")
    for number, entry in enumerate(entries, 1):
        check_columns(list(entry), f"entry {number} of {path}")
    rows = (Row(n, {k: v for k, v in e.items() if v not in (None, "")}) for n, e in enumerate(entries, 1))
    return tuple(rows)
