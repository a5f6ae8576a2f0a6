# SPDX-License-Identifier: GPL-3.0-or-later
"""The Direction: the animator's settings of a take, as a value and as JSON. Emotions and gains may be curves."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mien.channels import ARKIT
from mien.errors import USAGE, MienError, check_known, did_you_mean, shortened
from mien.files.strict_json import JsonError, parse_json

if TYPE_CHECKING:  # the command line takes names from here and starts without NumPy
    import numpy as np

EMOTIONS = ("neutral", "happy", "angry", "sad", "fear", "disgusted", "surprised", "contempt")
MEANT = {  # other words for the same; joy is not always a smile, so they are proposed and not taken
    "happiness": "happy", "joy": "happy", "joyful": "happy", "glad": "happy", "cheerful": "happy", "smile": "happy",
    "anger": "angry", "mad": "angry", "furious": "angry", "sadness": "sad", "sorrow": "sad", "unhappy": "sad",
    "fearful": "fear", "afraid": "fear", "scared": "fear", "frightened": "fear", "fright": "fear",
    "disgust": "disgusted", "surprise": "surprised", "astonished": "surprised",
    "contemptuous": "contempt", "scorn": "contempt", "calm": "neutral", "none": "neutral",
}  # fmt: skip
# MEAD's three levels as intensities (docs/articulation.md, section 6)
LEVELS = {"low": 0.35, "medium": 0.65, "high": 1.0}
INTENSITY = LEVELS["medium"]  # where an animator names none: of commands, plans and the page, and of the panel
BEND = 0.8  # the smaller, the more of a face a low intensity shows
KEY_LIMIT = 100_000
TEXT_LIMIT = 100_000
GUIDANCE_LIMIT = 5.0
GESTURES_TOP = 1.5
HANDS = ("both", "left", "right", "none")
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
ANGLES = ("headPitch", "headYaw", "headRoll", "gazePitch", "gazeYaw")  # radians, as in a take
SAME = 1e-4  # s: a key and a frame are at the same time although their decimals differ


def strength(intensity: np.ndarray | float) -> np.ndarray | float:
    """The share of an emotion's face that an intensity shows, both 0 to 1: faces at a third of their strength cannot be
    told from neutral ones, so it rises fast at first (docs/articulation.md, section 6)."""
    return intensity * (1 + BEND) / (intensity + BEND)


class DirectionError(MienError, ValueError):
    """The direction cannot be followed; the message says what to change."""

    exit_status = USAGE


@dataclass(frozen=True)
class Curve:
    """A value over time: linear between keys, held before the first and after the last."""

    times: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, times: np.ndarray) -> np.ndarray:
        """Values (N,) at times (N,) seconds."""
        import numpy as np

        return np.interp(times, self.times, self.values)

    @property
    def constant(self) -> float | None:
        return self.values[0] if len(set(self.values)) == 1 else None

    @property
    def keys(self) -> list[list[float]]:
        return [[t, v] for t, v in zip(self.times, self.values, strict=True)]

    def to_json(self) -> object:
        return self.keys if self.constant is None else self.constant


def constant(value: float) -> Curve:
    return Curve((0.0,), (float(value),))


@dataclass(frozen=True)
class Direction:
    """Emotion weights 0..1 by name, intensity 0..1, gains of articulation and of non-verbal motion 0..2 (0 = off).

    A direction made without an intensity shows its weights in full; one that a user asks for without naming one has
    INTENSITY (`from_user`)."""

    emotion: Mapping[str, Curve] = field(default_factory=dict)
    intensity: Curve = constant(1.0)
    jaw: Curve = constant(1.0)
    lips: Curve = constant(1.0)
    style: str = "default"
    blinks: float = 1.0
    brows: float = 1.0
    gaze: float = 1.0
    head: float = 1.0
    temperature: float = 1.0
    seed: int = 0
    transcript: str = ""
    # OPTIONAL_FIELDS, which only some engines support (`EngineInfo.supports`):
    face: Mapping[str, float] = field(default_factory=dict)  # a pose of the 52 channels, added to the emotions
    face_level: Curve = constant(1.0)  # how strongly, 0..1
    onset: float = 0.4  # seconds that an emotion or a face takes to rise, at least
    offset: float = 0.8  # and to fall
    sound_guidance: float = 1.0  # 0..5: 1 as trained
    emotion_guidance: float = 1.0
    lips_model: str = ""  # of the user's own (`mien train lips`), by name; the statistics of people when empty
    persona: str = ""  # who speaks, by name (`mien learn`), in the place of the style
    held: Mapping[str, tuple[Curve, ...]] = field(default_factory=dict)  # channels and ANGLES that keep these values
    # exactly, from a curve's first key to its last
    # OF_THE_BODY, whatever the engine:
    gestures: float = 0.0  # how large those of arms and hands are, 0..1.5; 0: the take has no body
    hands: str = "both"  # which may move, of HANDS

    @property
    def optional_fields(self) -> tuple[str, ...]:
        """Those of OPTIONAL_FIELDS that differ from their defaults."""
        plain = Direction()
        return tuple(name for name in OPTIONAL_FIELDS if getattr(self, name) != getattr(plain, name))

    @classmethod
    def from_json(cls, source: str | bytes | Mapping) -> Direction:
        """From JSON text or its object. Raises DirectionError for anything unknown or out of range."""
        data = _object(source)
        check_known("the direction", data, [f.name for f in fields(cls)], DirectionError)
        read = {name: READERS[name](name, value) for name, value in data.items()}
        return cls(**read)

    @classmethod
    def from_user(cls, source: str | bytes | Mapping) -> Direction:
        """`from_json` of what a user wrote: where it names no intensity, that is INTENSITY."""
        return cls.from_json({"intensity": INTENSITY, **_object(source)})

    @classmethod
    def from_file(cls, path: Path) -> Direction:
        """`from_user` of a user's file."""
        return cls.from_user(path.read_bytes())

    def to_json(self) -> str:
        """Canonical JSON: equal directions give equal text."""
        data: dict[str, object] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, Curve):
                value = value.to_json()
            elif f.name == "emotion":
                value = {name: value[name].to_json() for name in sorted(value)}
            elif f.name == "held":
                value = {name: [curve.keys for curve in value[name]] for name in sorted(value)}
            left_out = f.name in OF_THE_BODY and value == f.default
            if not left_out and (f.name not in OPTIONAL_FIELDS or f.name in self.optional_fields):
                data[f.name] = value
        return json.dumps(data, sort_keys=True, separators=(",", ":"))

    def with_seed(self, seed: int) -> Direction:
        return replace(self, seed=_seed("seed", seed))

    def gains(self, times: np.ndarray) -> dict[str, np.ndarray]:
        """How strongly each emotion shows: weight x `strength` of the intensity, (N,) per emotion that is asked for.

        `neutral` takes its share of the mix and shows nothing; weights that sum to more than 1 share it.
        """
        import numpy as np

        weights = {name: curve.at(times) for name, curve in self.emotion.items()}
        total = np.maximum(sum(weights.values(), np.zeros(len(times))), 1.0)
        shown = np.asarray(strength(self.intensity.at(times)))
        return {name: w / total * shown for name, w in sorted(weights.items()) if name != "neutral"}

    def held_at(self, times: np.ndarray) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """(name, which of the times (N,) are held, values there) of every curve that is held at any of them."""
        import numpy as np

        for name, curves in self.held.items():
            for curve in curves:
                low, high = curve.times[0] - SAME, curve.times[-1] + SAME
                at = np.flatnonzero((times >= low) & (times <= high))
                if len(at):
                    yield name, at, curve.at(times[at])


def parse_emotion(text: str) -> dict[str, float]:
    """'happy=0.7,angry=0.2' or 'happy' -> weights, for the command line."""
    weights: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, given, value = (piece.strip() for piece in part.partition("="))
        name = name.lower() if name.lower() in EMOTIONS else name
        if name in weights:
            raise DirectionError(f"--emotion gives {name!r} twice; give each emotion one weight.")
        try:
            weights[name] = float(value) if given else 1.0
        except ValueError:
            raise DirectionError(f"--emotion {part!r}: {value!r} is no number; write it like happy=0.7.") from None
    return weights


def parse_intensity(text: str) -> str | float:
    """'high', or a number as text."""
    try:
        return float(text)
    except ValueError:
        return text.strip().lower()


def _object(source: str | bytes | Mapping) -> Mapping:
    """The object of a direction's JSON. DirectionError."""
    data = source
    if not isinstance(source, Mapping):
        try:
            data = parse_json(source)
        except JsonError as error:
            raise DirectionError(f"the direction is not JSON ({error}).") from None
    if not isinstance(data, Mapping):
        raise DirectionError(f"the direction is {json.dumps(data)[:40]}; expected a JSON object.")
    return data


def _number(name: str, value: object, top: float) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= top:  # NaN is not, either
        raise DirectionError(f"{name} is {shortened(value)}; expected a number from 0 to {top:g}.")
    return float(value) + 0.0  # -0.0 is 0.0, and is written so


def _curve(name: str, value: object, top: float) -> Curve:
    if not isinstance(value, list):
        return constant(_number(name, value, top))
    return _keys(name, value, functools.partial(_number, top=top))


def _keys(name: str, value: list, read: Callable[[str, object], float]) -> Curve:
    pairs = value and all(isinstance(key, list) and len(key) == 2 for key in value)
    if not pairs or len(value) > KEY_LIMIT:
        raise DirectionError(f"{name} has keys that are not [seconds, value] pairs (1 to {KEY_LIMIT} of them).")
    times = tuple(_number(f"a key time of {name}", key[0], 1e6) for key in value)
    if any(b <= a for a, b in zip(times, times[1:], strict=False)):
        raise DirectionError(f"the key times of {name} do not rise; sort them and drop doubles.")
    return Curve(times, tuple(read(f"a key of {name}", key[1]) for key in value))


def _gain(name: str, value: object) -> Curve:
    return _curve(name, value, 2.0)


def _amount(name: str, value: object) -> float:
    return _number(name, value, 2.0)


def _gestures(name: str, value: object) -> float:
    return _number(name, value, GESTURES_TOP)


def _hands(name: str, value: object) -> str:
    if value not in HANDS:
        raise DirectionError(f"{name} is {shortened(value)}; expected {', '.join(HANDS)}{did_you_mean(value, HANDS)}.")
    return str(value)


def _intensity(name: str, value: object) -> Curve:
    if isinstance(value, str):
        if value not in LEVELS:
            raise DirectionError(
                f"intensity is {shortened(value)}; expected {', '.join(LEVELS)} or a number from 0 to 1"
                f"{did_you_mean(value, LEVELS)}."
            )
        return constant(LEVELS[value])
    return _curve(name, value, 1.0)


def _emotion(name: str, value: object) -> dict[str, Curve]:
    if isinstance(value, str):
        value = {value: 1.0}
    if not isinstance(value, Mapping):
        raise DirectionError(f'emotion is {shortened(value)}; expected names with weights, like {{"happy": 0.7}}.')
    for emotion in value:
        if emotion not in EMOTIONS:
            raise DirectionError(
                f"there is no emotion {shortened(emotion)}; choose from {', '.join(EMOTIONS)}"
                f"{did_you_mean(emotion, EMOTIONS, MEANT)}."
            )
    return {emotion: _curve(emotion, value[emotion], 1.0) for emotion in sorted(value)}


def _seed(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise DirectionError(f"the seed is {shortened(value)}; expected a whole number from 0 to 2^63 - 1.")
    return value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > TEXT_LIMIT:
        raise DirectionError(f"{name} must be text of at most {TEXT_LIMIT} characters.")
    return value


def _face(name: str, value: object) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise DirectionError(
            f'face is {shortened(value)}; expected channels with weights, like {{"browInnerUp": 0.7}}.'
        )
    for channel in value:
        if channel not in ARKIT:
            raise DirectionError(
                f"face has {shortened(channel)}, which is none of ARKit's 52 channels{did_you_mean(channel, ARKIT)}."
            )
    return {channel: _number(f"face {channel}", value[channel], 1.0) for channel in sorted(value)}


def _level(name: str, value: object) -> Curve:
    return _curve(name, value, 1.0)


def _seconds(name: str, value: object) -> float:
    return _number(name, value, 10.0)


def _guidance(name: str, value: object) -> float:
    return _number(name, value, GUIDANCE_LIMIT)


def _model_name(name: str, value: object) -> str:
    """A name that is a file's and leads nowhere else."""
    if isinstance(value, str) and (not value or MODEL_NAME.fullmatch(value)):
        return value
    raise DirectionError(
        f"{name} is {shortened(value)}; expected a name of letters, digits, dots, dashes, underscores."
    )


def _held(name: str, value: object) -> dict[str, tuple[Curve, ...]]:
    if not isinstance(value, Mapping):
        raise DirectionError(f"held is {shortened(value)}; expected channels with lists of curves of keys.")
    held = {}
    for channel in sorted(value):
        if channel not in (*ARKIT, *ANGLES):
            raise DirectionError(
                f"held has {shortened(channel)}, which is none of ARKit's 52 channels nor of {', '.join(ANGLES)}"
                f"{did_you_mean(channel, (*ARKIT, *ANGLES))}."
            )
        if not isinstance(value[channel], list) or not all(isinstance(curve, list) for curve in value[channel]):
            raise DirectionError(f"held {channel} is no list of curves, like [[[0.5, 0.2], [0.7, 0.4]], [[2.0, 0]]].")
        read = _angle if channel in ANGLES else functools.partial(_number, top=1.0)
        curves = tuple(_keys(f"held {channel}", curve, read) for curve in value[channel])
        if any(b.times[0] <= a.times[-1] for a, b in zip(curves, curves[1:], strict=False)):
            raise DirectionError(f"the curves of held {channel} overlap; sort them, and join those that do.")
        held[channel] = curves
    return held


def _angle(name: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not -4 <= value <= 4:
        raise DirectionError(f"{name} is {shortened(value)}; expected radians from -4 to 4.")
    return float(value) + 0.0


OF_THE_BODY = ("gestures", "hands")
OPTIONAL_FIELDS = (
    "face", "face_level", "onset", "offset", "sound_guidance", "emotion_guidance", "lips_model",
    "persona", "held",
)  # fmt: skip

READERS = {
    "emotion": _emotion,
    "intensity": _intensity,
    "jaw": _gain,
    "lips": _gain,
    "style": _text,
    "blinks": _amount,
    "brows": _amount,
    "gaze": _amount,
    "head": _amount,
    "temperature": _amount,
    "seed": _seed,
    "transcript": _text,
    "face": _face,
    "face_level": _level,
    "onset": _seconds,
    "offset": _seconds,
    "sound_guidance": _guidance,
    "emotion_guidance": _guidance,
    "lips_model": _model_name,
    "persona": _model_name,
    "held": _held,
    "gestures": _gestures,
    "hands": _hands,
}
