# SPDX-License-Identifier: GPL-3.0-or-later
"""Line: one take or film of a plan, and what its row asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from mien import engines
from mien.batch.plan_file import PlanError
from mien.direction import INTENSITY, Direction, constant, parse_emotion, parse_intensity
from mien.errors import did_you_mean, shortened
from mien.files.text import read_text
from mien.film_request import Options, read_options
from mien.heads.lookup import NAMES as HEADS
from mien.take import parse_fps

PART = re.compile(r"[\w()+-](?:[\w .()+-]*[\w()+-])?")  # of an id, between slashes: a file's name on every system
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")  # names of devices on Windows
LONGEST_ID = 180
MOST_SEEDS = 1000
TAKE = "take"
OF_TAKES = ("fps", "head", "track")
WORDS = ("style", "persona", "lips_model")


@dataclass(frozen=True)
class Line:
    """row: its number in the plan; id: its name, with / for folders; make: "take", "dub" or "portrait"; shown: the film
    or photo of a film; options: of a film, None for a take; fps: None for the engine's own; track: of the sound."""

    row: int
    id: str
    make: str
    voice: Path
    engine: str
    direction: Direction
    fps: Fraction | None = None
    head: str = "mien"
    track: int | None = None
    shown: Path | None = None
    options: Options | None = None
    consent: str | None = None

    @property
    def suffix(self) -> str:
        """Of its file."""
        return ".take.safetensors" if self.options is None else self.options.suffix

    @property
    def file_name(self) -> str:
        """Of its file, below the batch's folder, with / for folders."""
        return self.id + self.suffix


@dataclass(frozen=True)
class Defaults:
    """What a line has whose row says nothing of it. engine: None for that of the kind of work."""

    engine: str | None = None
    direction: Direction = Direction(intensity=constant(INTENSITY))
    fps: Fraction | None = Fraction(25)
    head: str = "mien"
    consent: str | None = None


def lines_of(row: int, values: Mapping[str, object], folder: Path, defaults: Defaults) -> Iterator[Line]:
    """The lines of a row: one for each sound that its wildcard finds, and each seed. MienError or OSError in words for
    what cannot be followed."""
    voices = _voices(values, folder)
    shown, make = _shown(values, folder)
    direction = _direction(values, folder, defaults.direction)
    consent = _text("consent", values.get("consent", defaults.consent))
    line = Line(row, "", make, voices[0], "", direction, shown=shown, consent=consent)
    line = _take(line, values, defaults) if make == TAKE else _film(line, values, folder, defaults)
    engines.check(line.direction, engines.info_of(line.engine))
    seeds = _seeds(values, line.direction.seed)
    for voice in voices:
        for seed in seeds:
            name = _id(values, voice, seed, len(voices) > 1, len(seeds) > 1)
            yield _seeded(replace(line, id=name, voice=voice), seed)


def _seeded(line: Line, seed: int) -> Line:
    direction = line.direction.with_seed(seed)
    options = line.options and replace(line.options, direction=direction)
    return replace(line, direction=direction, options=options)


def _take(line: Line, values: Mapping[str, object], defaults: Defaults) -> Line:
    if unused := [name for name in ("options", "consent") if name in values]:
        raise PlanError(f"{unused[0]} is of films; name a video or a photo, or leave it out.")
    fps, track = values.get("fps"), _text("track", values.get("track"))
    head = _text("head", values.get("head")) or defaults.head
    if head not in HEADS:
        raise PlanError(
            f"there is no head {shortened(head)}; expected {' or '.join(HEADS)}{did_you_mean(head, HEADS)}."
        )
    if track is not None and not (track.isascii() and track.isdigit() and 1 <= int(track[:5]) <= 1000):
        raise PlanError(f"the track is {track[:40]!r}; the first is 1.")
    return replace(
        line,
        engine=_text("engine", values.get("engine")) or defaults.engine or engines.DEFAULT,
        fps=defaults.fps if fps is None else None if fps == "engine" else parse_fps(str(fps)),
        head=head,
        track=None if track is None else int(track),
    )


def _film(line: Line, values: Mapping[str, object], folder: Path, defaults: Defaults) -> Line:
    if unused := [name for name in OF_TAKES if name in values]:
        raise PlanError(f"{unused[0]} is of takes; leave it out, or name it in a file of options.")
    options = read_options(
        line.make, _file("options", values["options"], folder).read_bytes() if "options" in values else {}
    )
    engine = _text("engine", values.get("engine")) or defaults.engine or options.engine
    if "options" in values:  # its direction, changed by the row's columns
        line = replace(line, direction=_direction(values, folder, options.direction))
    options = replace(options, engine=engine, direction=line.direction)
    return replace(line, engine=engine, options=options)


def _shown(values: Mapping[str, object], folder: Path) -> tuple[Path | None, str]:
    if "video" in values and "photo" in values:
        raise PlanError("it has a video and a photo; a video is dubbed and a photo speaks, so name one of them.")
    for column, make in (("video", "dub"), ("photo", "portrait")):
        if column in values:
            return _file(column, values[column], folder), make
    return None, TAKE


def _voices(values: Mapping[str, object], folder: Path) -> list[Path]:
    pattern = _text("voice", values.get("voice"))
    if pattern is None:
        raise PlanError("it has no voice; name a sound.")
    whole = folder / pattern
    if whole.is_file():  # although its name may look like a wildcard
        return [whole]
    if not set(pattern) & set("*?["):
        raise PlanError(f"there is no sound {pattern!r}.")
    start = Path(whole.anchor) if Path(pattern).is_absolute() else folder
    relative = Path(pattern).relative_to(Path(pattern).anchor).as_posix()
    try:
        found = sorted(path for path in start.glob(relative) if path.is_file() and not path.name.startswith("."))
    except (ValueError, NotImplementedError) as error:
        raise PlanError(f"the wildcard {pattern!r} cannot be used: {error}.") from None
    if not found:
        raise PlanError(f"no sound is found by {pattern!r}.")
    return found


def _direction(values: Mapping[str, object], folder: Path, start: Direction) -> Direction:
    """The direction file, or `start`, changed by the other columns. DirectionError."""
    given = values.get("direction")
    if isinstance(given, Mapping):
        start = Direction.from_user(given)
    elif given is not None:
        start = Direction.from_file(_file("direction", given, folder))
    changes: dict[str, object] = {}
    if (emotion := values.get("emotion")) is not None:
        changes["emotion"] = parse_emotion(emotion) if isinstance(emotion, str) else emotion
    if (intensity := values.get("intensity")) is not None:
        changes["intensity"] = parse_intensity(intensity) if isinstance(intensity, str) else intensity
    if (temperature := values.get("temperature")) is not None:
        changes["temperature"] = _number("temperature", temperature)
    changes |= {name: _text(name, values[name]) for name in WORDS if name in values}
    if "transcript" in values and "text" in values:
        raise PlanError("it has a transcript, which is a file, and a text; keep one of them.")
    if "transcript" in values:
        changes["transcript"] = read_text(_file("transcript", values["transcript"], folder))
    if "text" in values:
        changes["transcript"] = _text("text", values["text"])
    changed = Direction.from_json(changes)
    return replace(start, **{name: getattr(changed, name) for name in changes})


def _seeds(values: Mapping[str, object], default: int) -> list[int]:
    text = _text("seed", values.get("seed"))
    if text is None:
        return [default]
    match = re.fullmatch(r"([0-9]{1,19})(?:-([0-9]{1,19}))?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
    if not first <= last < first + MOST_SEEDS:
        raise PlanError(f"the seed is {text[:40]!r}; expected a whole number, or at most {MOST_SEEDS} as 0-3.")
    return list(range(first, last + 1))


def _id(values: Mapping[str, object], voice: Path, seed: int, several: bool, seeded: bool) -> str:
    """The row's id with {stem} and {seed} filled in, which are added where it has several sounds or seeds."""
    pattern = _text("id", values.get("id"))
    if pattern is None:
        pattern = "{stem}"
    elif several and "{stem}" not in pattern:
        pattern += ".{stem}"
    if seeded and "{seed}" not in pattern:
        pattern += ".seed-{seed}"
    name = pattern.replace("{stem}", voice.stem).replace("{seed}", str(seed))
    parts = name.split("/")
    if len(name) > LONGEST_ID or not all(PART.fullmatch(part) and not RESERVED.match(part) for part in parts):
        raise PlanError(
            f"the id {shortened(name)} is no name of a file on every system; use letters, digits, spaces and ._()+-, "
            "with / for folders."
        )
    return name


def _file(column: str, value: object, folder: Path) -> Path:
    path = folder / (_text(column, value) or "")
    if not path.is_file():
        raise PlanError(f"there is no {column} {str(value)!r}.")
    return path


def _text(column: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise PlanError(f"{column} is {shortened(value)}; expected text.")


def _number(column: str, value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise PlanError(f"{column} is {shortened(value)}; expected a number.") from None
