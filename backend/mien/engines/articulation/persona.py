# SPDX-License-Identifier: GPL-3.0-or-later
"""Personas: how somebody in particular speaks, as `mien learn` found it; `personas/NAME.persona.safetensors` in the
user's data folder.

A persona is a `Style`, and what a style lacks: how this speaker's lips differ from people's at each phone. The
`persona` of a direction chooses one, in the place of its style. The constraints of the mouth are enforced after both.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mien.audio.speech import Speech
from mien.channels import columns
from mien.direction import MODEL_NAME, Direction
from mien.engines.articulation.coarticulation import smooth
from mien.engines.articulation.lips.curve import SMOOTHING, LipCurve, kernel_sum
from mien.engines.articulation.lips.model import curve_of
from mien.engines.articulation.lips.statistics import lip_statistics
from mien.engines.articulation.styles import STYLES, Style
from mien.engines.base import EngineError, EngineMissing
from mien.errors import FILE, did_you_mean
from mien.files.atomic import write_whole
from mien.files.safetensors import TensorFileError, read_tensors, write_tensors
from mien.files.strict_json import JsonError, parse_json
from mien.settings import Settings
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PHONES, PhoneTrack

FORMAT, VERSION = "mien.persona", "1"
FOLDER, SUFFIX = Path("personas"), ".persona.safetensors"
SIZE_LIMIT = 1 << 20  # bytes; one has some 10 kB
CURVES = tuple(SMOOTHING)  # aperture, width, jaw drop
# What a file may say: a factor, how much one side leads, degrees, a resting weight, an effect on a curve
FACTOR, LEAN, TILT, RESTING, EFFECT = (0.2, 4.0), 0.6, 20.0, 0.6, 10.0


class PersonaError(EngineError):
    """The file is damaged or holds no persona; the message says what to do."""

    exit_status = FILE


@dataclass(frozen=True, eq=False)
class LipCorrection:
    """How a speaker's lips differ from people's: `kernel` (3, 40, O) of each phone's posterior^0.5 on aperture, width
    and jaw drop at the offsets of the statistics, `mean` (3,) what it gives on average, `amplitude` (3,) a factor
    that keeps the curves as large as they were; standard deviations as of `LipCurve`."""

    kernel: np.ndarray
    mean: np.ndarray
    amplitude: np.ndarray

    def of(self, curve: LipCurve, posteriors: np.ndarray) -> LipCurve:
        """The curve (T,) corrected, for posteriors (T, 40)."""
        offsets, corrected = lip_statistics().offsets, []
        rows = zip((curve.aperture, curve.width, curve.jaw), SMOOTHING.values(), strict=True)
        for (values, taps), kernel, mean, factor in zip(rows, self.kernel, self.mean, self.amplitude, strict=True):
            own = smooth(kernel_sum(posteriors, kernel, offsets) - mean, taps)
            corrected.append(factor * (values + own))
        return LipCurve(*corrected)


@dataclass(frozen=True, eq=False)
class Persona:
    """`style` with every factor, `lips` or None where people's lips predict this speaker's as well; `learnt`: what it
    was learnt from and what was measured there, as JSON by name, for whoever reads the file."""

    name: str
    style: Style
    lips: LipCorrection | None = None
    learnt: Mapping[str, object] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Of the file: the same persona gives the same bytes."""
        metadata = {
            "format": FORMAT,
            "format_version": VERSION,
            "name": self.name,
            "style": json.dumps(dataclasses.asdict(self.style), sort_keys=True),
            "learnt": json.dumps(self.learnt, sort_keys=True),
        }
        tensors = {} if self.lips is None else {name: getattr(self.lips, name) for name in _shapes()}
        return write_tensors({name: values.astype(np.float32) for name, values in tensors.items()}, metadata)


def read_persona(path: Path) -> Persona:
    """Of a file, checked. PersonaError in words; OSError for a file that is not here."""
    try:
        tensors, metadata = read_tensors(path, dtypes=("F32",), limit=SIZE_LIMIT)
    except TensorFileError as error:
        raise PersonaError(f"the persona {path} cannot be read: {error}") from None
    if metadata.get("format") != FORMAT or metadata.get("format_version") != VERSION:
        raise PersonaError(f"{path} holds no persona in format {VERSION}; learn it again: mien learn.")
    try:
        style = _style(parse_json(metadata.get("style", "")))
        learnt = parse_json(metadata.get("learnt", "{}"))
        lips = _correction(tensors) if tensors else None
    except (JsonError, ValueError) as error:
        raise PersonaError(f"the persona {path} is damaged: {error}; learn it again: mien learn.") from None
    if not isinstance(learnt, dict):
        raise PersonaError(f"the persona {path} is damaged: what it was learnt from is no object.")
    return Persona(metadata.get("name") or name_of(path), style, lips, learnt)


def name_of(path: Path) -> str:
    """What a persona of this file is called."""
    return path.name.removesuffix(SUFFIX).removesuffix(".safetensors")


def persona_named(name: str, data_folder: Path) -> Persona:
    """The persona of that name, kept until its file changes. EngineMissing, with the names there are; PersonaError."""
    path = persona_path(name, data_folder)
    stat = path.stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=16)
def _read(path: Path, changed: int, size: int) -> Persona:
    return read_persona(path)


def persona_path(name: str, data_folder: Path) -> Path:
    """Of the persona of that name. EngineMissing, saying which there are and what to do, where it is not here."""
    path = data_folder / FOLDER / f"{name}{SUFFIX}"
    if not path.is_file():
        names = [name_of(path) for path in persona_paths(data_folder)]
        raise EngineMissing(
            f"There is no persona {name!r}{did_you_mean(name, names)}; there are: {', '.join(names) or 'none'}. Learn "
            f"one from films of somebody who talks: mien learn FILM -o {name}"
        )
    return path


def persona_paths(data_folder: Path) -> list[Path]:
    """Of every persona that is here."""
    return sorted((data_folder / FOLDER).glob(f"*{SUFFIX}"))


def persona_digest(name: str, data_folder: Path) -> str:
    """sha256 of the file of that persona; empty where it is not here: a take says what to do then."""
    path = data_folder / FOLDER / f"{name}{SUFFIX}"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def keep_persona(path: Path, data_folder: Path) -> str:
    """The name under which this persona is in the data folder from now on: that of the file, with a part of its sha256
    where another persona is called so. PersonaError, OSError."""
    read_persona(path)
    data, name = path.read_bytes(), name_of(path)
    if not MODEL_NAME.fullmatch(name):
        raise PersonaError(f"{name!r} is no name for a persona; rename {path}: letters, digits, dots, dashes.")
    digest = hashlib.sha256(data).hexdigest()
    if persona_digest(name, data_folder) not in ("", digest):
        name = f"{name[:50]}-{digest[:8]}"
    if not persona_digest(name, data_folder):
        write_whole(data_folder / FOLDER / f"{name}{SUFFIX}", data)
    return name


def style_of(direction: Direction) -> Style:
    """Who speaks: the direction's persona, or its style where it has none. EngineMissing, PersonaError and, for an
    unknown style, EngineError."""
    if direction.persona:
        return persona_named(direction.persona, Settings.read().data_folder).style
    if direction.style not in STYLES:
        raise EngineError(f"there is no style {direction.style!r}; articulation has {', '.join(STYLES)}.")
    return STYLES[direction.style]


def directed_curve(speech: Speech, track: PhoneTrack, prosody: Prosody, direction: Direction) -> LipCurve:
    """The lip curve of a voice as the direction asks: by its lips model, else by people's statistics and what its
    persona does otherwise. A lips model of one's own footage has that already. Errors as those of `curve_of` and
    `style_of`."""
    curve = curve_of(speech, track, prosody, direction.lips_model)
    if not direction.persona or direction.lips_model:
        return curve
    lips = persona_named(direction.persona, Settings.read().data_folder).lips
    return curve if lips is None else lips.of(curve, track.posteriors)


def _shapes() -> dict[str, tuple[int, ...]]:
    count = len(CURVES)
    kernel = (count, len(PHONES), len(lip_statistics().offsets))
    return {"kernel": kernel, "mean": (count,), "amplitude": (count,)}


def _correction(tensors: Mapping[str, np.ndarray]) -> LipCorrection:
    shapes = _shapes()
    if set(tensors) != set(shapes):
        raise ValueError(f"its tensors are {', '.join(sorted(tensors))}, not {', '.join(shapes)}")
    for name, shape in shapes.items():
        if tensors[name].shape != shape:
            raise ValueError(f"{name} has shape {tensors[name].shape}, not {shape}")
        if not np.abs(tensors[name]).max() <= EFFECT:  # NaN is not, either
            raise ValueError(f"{name} has values beyond {EFFECT:g}")
    return LipCorrection(**{name: tensors[name].astype(float) for name in shapes})


def _style(data: object) -> Style:
    """ValueError, in words, for what is no style."""
    names = [each.name for each in dataclasses.fields(Style)]
    if not isinstance(data, dict) or not set(data) <= set(names) or not {"jaw", "lips"} <= set(data):
        raise ValueError(f"its style is no object of {', '.join(names)}")
    values: dict[str, object] = {}
    for name, value in data.items():
        match name:
            case "resting":
                if not isinstance(value, dict):
                    raise ValueError("its resting face is no object")
                values[name] = {channel: _resting(channel, weight) for channel, weight in value.items()}
            case "tilt":
                if not isinstance(value, list) or len(value) != 3:
                    raise ValueError("its tilt is not three angles")
                values[name] = tuple(_number("tilt", angle, -TILT, TILT) for angle in value)
            case "mouth_lean" | "brow_lean":
                values[name] = _number(name, value, -LEAN, LEAN)
            case _:
                values[name] = _number(name, value, *FACTOR)
    return Style(**values)  # pyright: ignore[reportArgumentType]: each was checked above


def _resting(channel: str, weight: object) -> float:
    try:
        columns(channel)
    except KeyError:
        raise ValueError(f"its resting face has {channel[:40]!r}, which is no channel") from None
    return _number(channel, weight, 0, RESTING)


def _number(name: str, value: object, low: float, high: float) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} is {str(value)[:40]}, not a number from {low:g} to {high:g}")
    return float(value)
