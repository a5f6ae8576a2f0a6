# SPDX-License-Identifier: GPL-3.0-or-later
"""PortraitOptions: what is asked of a photo that speaks, as a value and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any

from mien.direction import Direction, DirectionError
from mien.errors import did_you_mean
from mien.face_tracking.choice import ChoiceError, FaceChoice
from mien.files.strict_json import JsonError, parse_json
from mien.photo import PortraitRefused
from mien.take import TakeError, parse_fps

DEFAULT_ENGINE = "emodiffhead"
FPS_LEAST, FPS_MOST = 24, 60
SIZE_LEAST, SIZE_MOST = 64, 4096  # pixels of the longer side
DEFAULT_LONGEST = 1920  # pixels of the longer side of a film whose size nobody asked for
AMOUNT_TOP = 2.0
PIXEL_TOP = 1e6


@dataclass(frozen=True)
class PortraitOptions:
    """All of a portrait but its files.

    engine: whose take moves the face; direction: emotions, intensity, keys, seed, transcript, and the amounts of head,
    blinks, gaze and brows, as for a take. take: the path of a take that moves the face in the place of the engine's;
    pose: the path of a photo or of a take whose (first) face is matched, as `direction.face` is. strength: of all that
    the face does about its rest, 0..2. size: pixels of the film's longer side; None for the photo's own, at most
    DEFAULT_LONGEST. fps: pictures a second, 24 to 60. alpha: keep the photo's transparency; the film is then a .mov.
    face: which face of the photo. label: whether a visible line says that the film was made with Mien.
    """

    engine: str = DEFAULT_ENGINE
    direction: Direction = field(default_factory=Direction)
    take: str | None = None
    pose: str | None = None
    strength: float = 1.0
    size: int | None = None
    fps: Fraction = Fraction(25)
    alpha: bool = False
    face: FaceChoice = field(default_factory=FaceChoice)
    label: bool = False

    def __post_init__(self) -> None:
        """The checks of `from_json`, whoever made the options; PortraitRefused for values that do not go together."""
        for name, read in READERS.items():
            object.__setattr__(self, name, read(name, getattr(self, name)))
        if self.take is not None and self.pose is not None:
            raise PortraitRefused("the portrait asks for a take and for a pose to match; a take has its own poses.")

    @classmethod
    def from_json(cls, source: str | bytes | Mapping) -> PortraitOptions:
        """From JSON text or its object; what is left out has its default. PortraitRefused, DirectionError or
        ChoiceError in words for anything unknown or out of range."""
        data = source
        if not isinstance(source, Mapping):
            try:
                data = parse_json(source)
            except JsonError as error:
                raise PortraitRefused(f"the options of the portrait are not JSON ({error}).") from None
        if not isinstance(data, Mapping):
            raise PortraitRefused(f"the options of the portrait are {_short(data)}; expected a JSON object.")
        known = [f.name for f in fields(cls)]
        for name in data:
            if name not in known:
                raise PortraitRefused(
                    f"the portrait asks for {_short(name)}, which is not one of {', '.join(known)}"
                    f"{did_you_mean(name, known)}."
                )
        return cls(**data)

    def to_json(self) -> str:
        """Canonical JSON: equal options give equal text, and `from_json` reads it."""
        data: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        data["direction"] = json.loads(self.direction.to_json())
        data["fps"] = str(self.fps)
        at = self.face.at
        data["face"] = {"number": self.face.number, "at": None if at is None else list(at)}
        return json.dumps(data, sort_keys=True, separators=(",", ":"))


def _short(value: object) -> str:
    return text if len(text := repr(value)) <= 60 else f"{text[:57]}..."


def _amount(name: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= AMOUNT_TOP:
        raise PortraitRefused(f"{name} is {_short(value)}; expected a number from 0 to {AMOUNT_TOP:g}, 1 as it is.")
    return float(value) + 0.0


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise PortraitRefused(f"{name} is {_short(value)}; expected true or false.")
    return value


def _engine(name: str, value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > 64:
        raise PortraitRefused(f"{name} is {_short(value)}; expected the name of an engine.")
    return value


def _path(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value or len(value) > 4096:
        raise PortraitRefused(f"{name} is {_short(value)}; expected the path of a file.")
    return value


def _size(name: str, value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not SIZE_LEAST <= value <= SIZE_MOST:
        raise PortraitRefused(
            f"{name} is {_short(value)}; expected pixels of the longer side, from {SIZE_LEAST} to {SIZE_MOST}."
        )
    return value


def _fps(name: str, value: Any) -> Fraction:
    try:
        if isinstance(value, bool):
            raise TakeError("a truth value is no rate.")
        fps = parse_fps(value if isinstance(value, Fraction | int) else str(value))
    except (TakeError, ValueError, TypeError):
        fps = Fraction(0)
    if not FPS_LEAST * Fraction(1000, 1001) <= fps <= FPS_MOST:  # 23.976, too
        raise PortraitRefused(
            f"{name} is {_short(value)}; expected {FPS_LEAST} to {FPS_MOST} pictures a second, like 30000/1001."
        )
    return fps


def _direction(name: str, value: object) -> Direction:
    if isinstance(value, Direction):
        return value
    if not isinstance(value, Mapping):
        raise DirectionError(f"{name} is {_short(value)}; expected a JSON object.")
    return Direction.from_json(value)


def _face(name: str, value: object) -> FaceChoice:
    if isinstance(value, FaceChoice):
        return value
    if isinstance(value, Mapping) and set(value) <= {"number", "at"}:
        number, at = value.get("number", 1), value.get("at")
        point = isinstance(at, list | tuple) and len(at) == 2 and all(_is_pixel(part) for part in at)
        if isinstance(number, int) and not isinstance(number, bool) and (at is None or point):
            return FaceChoice(number, None if at is None else (float(at[0]), float(at[1])))
    raise ChoiceError(f'{name} is {_short(value)}; expected {{"number": 1}} or {{"at": [x, y]}} in pixels.')


def _is_pixel(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < PIXEL_TOP


READERS: dict[str, Callable[[str, Any], Any]] = {
    "engine": _engine,
    "direction": _direction,
    "take": _path,
    "pose": _path,
    "strength": _amount,
    "size": _size,
    "fps": _fps,
    "alpha": _flag,
    "face": _face,
    "label": _flag,
}
