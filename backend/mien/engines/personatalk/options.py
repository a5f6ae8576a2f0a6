# SPDX-License-Identifier: GPL-3.0-or-later
"""DubOptions: what is asked of a dubbed film, as a value and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from mien.direction import Direction
from mien.engines.film_options import FilmOptions, read_direction, read_face, read_flag
from mien.engines.personatalk import DubRefused
from mien.errors import did_you_mean, shortened
from mien.face_tracking.choice import FaceChoice

DEFAULT_ENGINE = "probtalk3d"
LONGER = ("loop", "hold", "stop")
CODECS = ("h264", "lossless")
CLIP, NEUTRAL = MANNERS = "clip", "neutral"
GAIN_TOP = 2.0
TIME_TOP = 1e6  # s
PREVIEW_LEAST = Fraction(1, 5)  # s


@dataclass(frozen=True)
class DubOptions(FilmOptions):
    """All of a dub but its files.

    strength: of the mouth's movement about its rest, 0..2; opening: of the lips' and the jaw's opening alone, 0..2.
    engine: whose take drives the mouth; direction: emotion, seed, transcript and the rest, as for a take.
    manner: "clip" for how the film's own speaker moves the mouth, "neutral" for how the engine's take does, which the
    persona of the direction, if it has one, decides.
    keep_pauses: in pauses of the new sound in which the film's mouth rests, too, its own pictures stay.
    references: (begin, end) seconds of the film whose pictures the mouth is made of; None for all of it.
    begin, end: the part of the film that is dubbed, in seconds of its sound; None for its end.
    when_longer: what the pictures do when the new sound is longer: "loop" to and fro over the stillest moment, "hold"
    the last picture, "stop" with the film; None where it is not longer, else it has to be chosen.
    codec: "h264" or "lossless" (FFV1 in .mkv). preview: make only so many seconds from `begin`.
    face: which face. label: whether a visible line says that the film was made with Mien.
    """

    MAKES, REFUSED = "dub", DubRefused

    strength: float = 1.0
    opening: float = 1.0
    engine: str = DEFAULT_ENGINE
    direction: Direction = Direction.from_user({})
    manner: str = CLIP
    keep_pauses: bool = False
    references: tuple[Fraction, Fraction] | None = None
    begin: Fraction = Fraction(0)
    end: Fraction | None = None
    when_longer: str | None = None
    codec: str = "h264"
    preview: Fraction | None = None
    face: FaceChoice = field(default_factory=FaceChoice)
    label: bool = False

    @property
    def suffix(self) -> str:
        """Of a film's file that a backend writes: another than ".mp4" for what MP4 cannot hold."""
        return ".mkv" if self.codec == "lossless" else ".mp4"

    def __post_init__(self) -> None:
        """The checks of `from_json`, and DubRefused for values that do not go together."""
        super().__post_init__()
        if self.end is not None and self.end <= self.begin:
            raise DubRefused(
                f"the part begins at {float(self.begin):g} s and ends at {float(self.end):g} s; name a later end."
            )
        if self.references is not None and self.references[1] <= self.references[0]:
            begin, end = map(float, self.references)
            raise DubRefused(f"the references end at {end:g} s and begin at {begin:g} s; name a later end.")


def _gain(name: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= GAIN_TOP:
        raise DubRefused(f"{name} is {shortened(value)}; expected a number from 0 to {GAIN_TOP:g}, 1 being as it is.")
    return float(value) + 0.0


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > 4096:
        raise DubRefused(f"{name} is {shortened(value)}; expected a name.")
    return value


def _one_of(words: tuple[str, ...], optional: bool = False) -> Callable[[str, object], Any]:
    def read(name: str, value: object) -> str | None:
        if optional and value is None:
            return None
        if value not in words:
            raise DubRefused(
                f"{name} is {shortened(value)}; expected {' or '.join(words)}{did_you_mean(value, words)}."
            )
        return str(value)

    return read


def _seconds(name: str, value: object) -> Fraction:
    """A number, or the text of one: "12.5" and "25025/1000" are exact."""
    second = None
    if isinstance(value, int | float | str | Fraction) and not isinstance(value, bool):
        try:
            second = Fraction(value[:40] if isinstance(value, str) else value)
        except (ValueError, ZeroDivisionError, OverflowError):
            second = None
    if second is None or not 0 <= second <= TIME_TOP:
        raise DubRefused(f"{name} is {shortened(value)}; expected seconds from 0 on, like 12.5.")
    return second


def _later(name: str, value: object) -> Fraction | None:
    return None if value is None else _seconds(name, value)


def _preview(name: str, value: object) -> Fraction | None:
    second = _later(name, value)
    if second is not None and second < PREVIEW_LEAST:
        raise DubRefused(f"{name} is {shortened(value)}; a preview has at least {float(PREVIEW_LEAST):g} s.")
    return second


def _references(name: str, value: object) -> tuple[Fraction, Fraction] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise DubRefused(f"{name} is {shortened(value)}; expected [begin, end] in seconds of the film, like [0, 20].")
    return _seconds(f"the begin of {name}", value[0]), _seconds(f"the end of {name}", value[1])


DubOptions.READERS = {
    "strength": _gain,
    "opening": _gain,
    "engine": _text,
    "direction": read_direction,
    "manner": _one_of(MANNERS),
    "keep_pauses": read_flag(DubRefused),
    "references": _references,
    "begin": _seconds,
    "end": _later,
    "when_longer": _one_of(LONGER, optional=True),
    "codec": _one_of(CODECS),
    "preview": _preview,
    "face": read_face,
    "label": read_flag(DubRefused),
}
