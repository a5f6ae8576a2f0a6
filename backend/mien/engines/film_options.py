# SPDX-License-Identifier: GPL-3.0-or-later
"""FilmOptions: what the options of a dub and of a portrait have in common: JSON in and out, and how values are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, ClassVar, Self

from mien.direction import Direction, DirectionError
from mien.errors import check_known, shortened
from mien.face_tracking.choice import ChoiceError, FaceChoice
from mien.files.strict_json import JsonError, parse_json

PIXEL_TOP = 1e6


class FilmOptions:
    """Base of a frozen dataclass whose fields all have a reader. MAKES: what is made, for sentences; REFUSED: what is
    raised; READERS: reader(name, value) -> value by field."""

    MAKES: ClassVar[str]
    REFUSED: ClassVar[type[ValueError]]
    READERS: ClassVar[Mapping[str, Callable[[str, Any], Any]]]

    def __post_init__(self) -> None:
        """The checks of `from_json`, whoever made the options."""
        for name, read in self.READERS.items():
            object.__setattr__(self, name, read(name, getattr(self, name)))

    @classmethod
    def from_json(cls, source: str | bytes | Mapping) -> Self:
        """From JSON text or its object; what is left out has its default. REFUSED, DirectionError or ChoiceError in
        words for anything unknown or out of range."""
        data = source
        if not isinstance(source, Mapping):
            try:
                data = parse_json(source)
            except JsonError as error:
                raise cls.REFUSED(f"the options of the {cls.MAKES} are not JSON ({error}).") from None
        if not isinstance(data, Mapping):
            raise cls.REFUSED(f"the options of the {cls.MAKES} are {shortened(data)}; expected a JSON object.")
        check_known(f"the {cls.MAKES}", data, cls.READERS, cls.REFUSED)
        return cls(**data)

    def to_json(self) -> str:
        """Canonical JSON: equal options give equal text, and `from_json` reads it."""
        data = {f.name: getattr(self, f.name) for f in fields(self)}  # pyright: ignore[reportArgumentType]: subclasses are dataclasses
        return json.dumps(data, default=_jsonable, sort_keys=True, separators=(",", ":"))


def _jsonable(value: Any) -> object:
    if isinstance(value, Direction):
        return json.loads(value.to_json())
    if isinstance(value, FaceChoice):
        return {"number": value.number, "at": value.at}
    return str(value)  # a Fraction, exactly


def read_flag(refused: type[ValueError]) -> Callable[[str, object], bool]:
    """A reader of true and false."""

    def read(name: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise refused(f"{name} is {shortened(value)}; expected true or false.")
        return value

    return read


def read_direction(name: str, value: object) -> Direction:
    """A direction, or its JSON object. DirectionError."""
    if isinstance(value, Direction):
        return value
    if not isinstance(value, Mapping):
        raise DirectionError(f"{name} is {shortened(value)}; expected a JSON object.")
    return Direction.from_user(value)


def read_face(name: str, value: object) -> FaceChoice:
    """A choice of a face, or its JSON object. ChoiceError."""
    if isinstance(value, FaceChoice):
        return value
    if isinstance(value, Mapping) and set(value) <= {"number", "at"}:
        number, at = value.get("number", 1), value.get("at")
        point = isinstance(at, list | tuple) and len(at) == 2 and all(_is_pixel(part) for part in at)
        if isinstance(number, int) and not isinstance(number, bool) and (at is None or point):
            return FaceChoice(number, None if at is None else (float(at[0]), float(at[1])))
    raise ChoiceError(f'{name} is {shortened(value)}; expected {{"number": 1}} or {{"at": [x, y]}} in pixels.')


def _is_pixel(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < PIXEL_TOP
