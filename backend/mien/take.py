# SPDX-License-Identifier: GPL-3.0-or-later
"""The Take: the result of an engine, and the file that both halves of Mien know.

One safetensors file. Frame i shows the face at `start + i / fps` seconds of the sound; a take of a sound of
`duration` seconds has max(1, ceil(duration * fps)) frames. The extension reads it with
`addon/formats/take.py`, on its own.
"""

from __future__ import annotations

import errno
import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from mien.errors import FILE, MienError
from mien.files.atomic import atomic_write
from mien.files.safetensors import TensorFileError, read_tensors, write_tensors

FORMAT, VERSION = "mien.take", "1"
FRAME_LIMIT = 1_000_000
FPS_LIMIT = 1000
NTSC = {"23.976": "24000/1001", "23.98": "24000/1001", "29.97": "30000/1001", "59.94": "60000/1001"}  # what is meant
TIME_LIMIT = 1_000_000  # seconds
# Which tensors a take may have: axes after the frame (or key) axis, None = any size.
SHAPES: dict[str, tuple[int | None, ...]] = {
    "weights": (None,),
    "head_rotation": (3,),
    "gaze": (2,),
    "coefficients": (None,),
    "basis": (None, 3),
    "offsets": (None, 3),
    "mouth_holds": (2,),
    "eye_holds": (2,),
    "joints": (None, 3),
    "tongue": (None,),
}
NOT_FRAMES = {"basis", "mouth_holds", "eye_holds"}
TAKES_COME_OF = "first make one, by 'mien speak' of a sound or 'mien track' of a film."


class TakeError(MienError, ValueError):
    """The take cannot be used; the message says what was asked, what was found, what to do."""

    exit_status = FILE


@dataclass(frozen=True, eq=False)
class Take:
    """A performance. F frames, C channels, V vertices, K basis vectors; float32.

    weights (F, C) in 0..1 for the channels named in `channels`; head_rotation (F, 3) radians: pitch, yaw, roll =
    right-hand rotations about the head's x (its left), y (up), z (forward), so that +pitch nods down, +yaw turns
    to the head's left; gaze (F, 2) radians: pitch and yaw of the eyes in the head, same signs.
    Vertex engines give basis (K, V, 3) with coefficients (F, K), or exact offsets (F, V, 3), in metres.
    joints (F, J, 3): a body's gestures, rotation vectors in radians of the joints named in `joint_names`
    (`body/skeleton.py`), in the body's axes at rest, which are the head's, each on top of its parent's; the head's own
    rotation is not among them.
    tongue (F, S) in 0..1: shapes of the tongue named in `tongue_names`, which go beyond the 52 channels; added to a
    take of channels on a head that has them (`heads/default.py`).
    mouth_holds and eye_holds (H, 2) are the intervals, in seconds of the sound, that at least one frame must
    show at any rate: closed lips and shut lids.
    """

    fps: Fraction
    duration: Fraction
    head_rotation: np.ndarray
    channels: tuple[str, ...] = ()
    weights: np.ndarray | None = None
    gaze: np.ndarray | None = None
    basis: np.ndarray | None = None
    coefficients: np.ndarray | None = None
    offsets: np.ndarray | None = None
    mouth_holds: np.ndarray | None = None
    eye_holds: np.ndarray | None = None
    joints: np.ndarray | None = None
    joint_names: tuple[str, ...] = ()
    tongue: np.ndarray | None = None
    tongue_names: tuple[str, ...] = ()
    start: float = 0.0
    meta: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check(self)

    @property
    def frames(self) -> int:
        return len(self.head_rotation)

    @property
    def times(self) -> np.ndarray:
        """(F,) seconds of each frame in the sound, float64."""
        return frame_times(self.frames, self.fps, self.start)

    def channel(self, name: str) -> np.ndarray:
        """(F,) weights of one channel; TakeError when the take does not have it."""
        if self.weights is None or name not in self.channels:
            raise TakeError(f"the take has no channel {name!r}; it has {', '.join(self.channels) or 'none'}.")
        return self.weights[:, self.channels.index(name)]

    def resample(self, fps: Fraction | int | str) -> Take:
        """The same performance at another rate, any positive fraction.

        Frames are read off the linear interpolation of this take's. An interval of `mouth_holds` (`eye_holds`)
        between two new frames would be lost, so the frame nearest to it shows the mouth (the lids) at the
        nearest moment inside it: at most half a frame early or late, and every closure is seen.
        """
        fps = parse_fps(fps)
        if fps == self.fps:
            return self
        frames = frame_count(self.duration - exact(self.start), fps)
        if frames > FRAME_LIMIT:
            raise TakeError(f"at {fps} frames a second the take has {frames} frames; {FRAME_LIMIT} are possible.")
        times = frame_times(frames, fps, self.start)
        mouth, mouth_holds = hold_times(times, self.mouth_holds)
        lids, eye_holds = hold_times(times, self.eye_holds)
        weights = self.weights
        if weights is not None:
            moments = [mouth if of_mouth(c) else lids if of_lids(c) else times for c in self.channels]
            weights = np.stack([self._read(w, t) for w, t in zip(weights.T, moments, strict=True)], 1)
        return replace(
            self,
            fps=fps,
            weights=weights,
            head_rotation=self._read(self.head_rotation, times),
            gaze=None if self.gaze is None else self._read(self.gaze, times),
            coefficients=None if self.coefficients is None else self._read(self.coefficients, mouth),
            offsets=None if self.offsets is None else self._read(self.offsets, mouth),
            joints=None if self.joints is None else self._read(self.joints, times),
            tongue=None if self.tongue is None else self._read(self.tongue, mouth),
            mouth_holds=mouth_holds,
            eye_holds=eye_holds,
        )

    def _read(self, values: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Linear interpolation of values (F, ...) at times (N,) in seconds, the ends held."""
        at = np.clip((times - self.start) * float(self.fps), 0, self.frames - 1)
        low = np.minimum(at.astype(int), max(self.frames - 2, 0))
        high = np.minimum(low + 1, self.frames - 1)
        share = (at - low).reshape((-1,) + (1,) * (values.ndim - 1)).astype(np.float32)
        mixed = values[low] * (1 - share) + values[high] * share
        return mixed.astype(values.dtype)

    def to_bytes(self) -> bytes:
        """The take file: the same take always gives the same bytes."""
        tensors = {name: getattr(self, name) for name in SHAPES if getattr(self, name) is not None}
        meta = {
            **self.meta,
            "format": FORMAT,
            "format_version": VERSION,
            "fps": str(self.fps),
            "start": repr(float(self.start)),
            "duration": str(self.duration),
            "channels": json.dumps(list(self.channels)),
        }
        if self.joint_names:
            meta["joint_names"] = json.dumps(list(self.joint_names))
        if self.tongue_names:
            meta["tongue_names"] = json.dumps(list(self.tongue_names))
        return write_tensors(tensors, meta)


def of_mouth(channel: str) -> bool:
    return channel.startswith(("jaw", "mouth", "tongue", "cheekPuff"))


def of_lids(channel: str) -> bool:
    return channel.startswith("eyeBlink")


def frame_count(duration: Fraction, fps: Fraction | int) -> int:
    """Frames that cover `duration` seconds."""
    return max(1, math.ceil(duration * fps))


def frame_times(frames: int, fps: Fraction, start: float = 0.0) -> np.ndarray:
    return start + np.arange(frames) * fps.denominator / fps.numerator


def hold_times(times: np.ndarray, holds: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """(where to read each frame so that every hold (start, end in seconds) is met by one; the holds as those
    frames then show them, so that the result can be resampled again)."""
    if holds is None:
        return times, None
    moments = times.copy()
    shown = holds.copy()
    for i, (begin, end) in enumerate(holds.astype(float)):
        first = int(np.searchsorted(times, begin - 1e-9))
        last = int(np.searchsorted(times, end + 1e-9)) - 1
        if first <= last:
            shown[i] = times[first], times[last]
            continue
        around = [k for k in (first - 1, first) if 0 <= k < len(times)]
        nearest = min(around, key=lambda k: abs(times[k] - (begin + end) / 2))
        moments[nearest] = min(max(times[nearest], begin), end)
        shown[i] = times[nearest]
    return moments, shown


def exact(seconds: float) -> Fraction:
    """The decimal that was written, 0.3 and not the double next to it: one frame hangs on it."""
    return Fraction(seconds).limit_denominator(10**9)


def parse_fps(fps: Fraction | int | str) -> Fraction:
    """'24', '24.0' or '30000/1001' -> Fraction. TakeError in words for anything else."""
    text = re.sub(r"\.0{1,9}$", "", str(fps))
    if not re.fullmatch(r"[0-9]{1,9}(/[0-9]{1,9})?", text):
        near = _near_rate(text)
        meant = f"; write {near}" if near else " like 30000/1001"
        raise TakeError(f"the frame rate {text!r} is not a whole number or a fraction{meant}.")
    number, _, divisor = text.partition("/")
    if divisor and int(divisor) == 0:
        raise TakeError(f"the frame rate {text!r} divides by zero.")
    fps = Fraction(int(number), int(divisor or 1))
    if not 0 < fps <= FPS_LIMIT:
        raise TakeError(f"the frame rate is {fps}; it must be above 0 and at most {FPS_LIMIT} frames a second.")
    return fps


def _near_rate(text: str) -> str:
    """The rate that is meant by '23.976', '24 fps', '25,0' or '12.5', as it is to be written; empty for no number."""
    number = re.fullmatch(r"([0-9]{1,6})(?:[.,]([0-9]{1,6}))?(?: ?(?:fps|hz|p))?", text.strip().lower())
    if not number:
        return ""
    decimal = f"{number[1]}.{number[2]}" if number[2] else number[1]
    return NTSC.get(decimal, str(Fraction(decimal)))


def check(take: Take) -> None:
    """Raises TakeError when the parts of a take do not belong together."""
    parse_fps(take.fps)
    if not abs(take.start) <= TIME_LIMIT:
        raise TakeError(f"the take starts at {take.start} s, which is no time in a sound.")
    arrays = {name: getattr(take, name) for name in SHAPES if getattr(take, name) is not None}
    for name, array in arrays.items():
        tail = SHAPES[name]
        fits = array.ndim == 1 + len(tail) and all(t in (None, n) for t, n in zip(tail, array.shape[1:], strict=False))
        if not fits:
            raise TakeError(f"the take's {name} has shape {array.shape}; expected (n, {', '.join(map(_size, tail))}).")
        if array.dtype != np.float32 and not (name == "offsets" and array.dtype == np.float16):
            raise TakeError(f"the take's {name} is {array.dtype}; expected float32.")
        bad = np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(1)) if array.size else []
        if len(bad):
            row = "row" if name in NOT_FRAMES else "frame"
            raise TakeError(
                f"the take's {name} has a value that is no number, first in {row} {bad[0]}; generate the take again."
            )
    frames = take.frames
    if not 0 < frames <= FRAME_LIMIT:
        raise TakeError(f"the take has {frames} frames; 1 to {FRAME_LIMIT} are possible.")
    needed = frame_count(take.duration - exact(take.start), take.fps)
    if frames != needed:
        raise TakeError(
            f"the take has {frames} frames; from {take.start} s to the sound's end at {float(take.duration)} s, "
            f"{take.fps} a second are {needed}."
        )
    for name, array in arrays.items():
        if name not in NOT_FRAMES and len(array) != frames:
            raise TakeError(f"the take's {name} has {len(array)} frames, its head_rotation has {frames}.")
    if (take.basis is None) != (take.coefficients is None):
        raise TakeError("the take has a basis without coefficients, or the other way round.")
    if take.basis is not None and take.coefficients is not None and len(take.basis) != take.coefficients.shape[1]:
        raise TakeError(
            f"the take's basis has {len(take.basis)} vectors and {take.coefficients.shape[1]} coefficients."
        )
    if take.weights is None and take.basis is None and take.offsets is None:
        raise TakeError("the take moves nothing: it has neither weights nor a basis nor offsets.")
    for values, names, found, noun in (
        (take.weights, take.channels, "has {} weights a frame and", "channel names"),
        (take.joints, take.joint_names, "turns {} joints and has", "names of joints"),
        (take.tongue, take.tongue_names, "moves {} shapes of the tongue and has", "names of them"),
    ):
        count, different = 0 if values is None else values.shape[1], len(set(names))
        if len(names) != count or different != count:
            raise TakeError(f"the take {found.format(count)} {different} different {noun}.")


def read_take(source: Path | str | bytes) -> Take:
    """Read and check a take file (a path, or the bytes). Raises TakeError in words; OSError for a missing file."""
    try:
        tensors, meta = read_tensors(source, dtypes=("F32", "F16"))
    except TensorFileError as error:
        if isinstance(source, str | Path) and Path(source).suffix.lower() != ".safetensors":
            raise TakeError(f"{Path(source).name} is no take; {TAKES_COME_OF}") from None
        raise TakeError(str(error)) from None
    if meta.get("format") != FORMAT:
        found = f"this is no take: its format is {meta.get('format')!r}, expected {FORMAT!r}"
        raise TakeError(f"{found}; {TAKES_COME_OF}")
    if meta.get("format_version") != VERSION:
        raise TakeError(
            f"the take has format version {meta.get('format_version')!r}, this Mien reads version {VERSION!r}: "
            "bring the older of the two up to date."
        )
    unknown = sorted(set(tensors) - set(SHAPES))
    if unknown:
        raise TakeError(f"the take has the tensor {unknown[0]!r}, which this Mien does not know.")
    if "head_rotation" not in tensors:
        raise TakeError("the take has no head_rotation, so its frames cannot be counted.")
    fps = parse_fps(meta.get("fps", "missing"))
    start = _start(meta.get("start", "0"))
    duration = _duration(meta.get("duration"), len(tensors["head_rotation"]), fps, start)
    channels, joint_names, tongue_names = (_names(meta, what) for what in ("channels", "joint_names", "tongue_names"))
    check_lists(meta, "the take", TakeError)
    return Take(
        fps=fps,
        duration=duration,
        start=start,
        channels=channels,
        joint_names=joint_names,
        tongue_names=tongue_names,
        meta=meta,
        **tensors,
    )


def _start(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise TakeError(f"the take's start is {text!r}; expected seconds as a decimal number.") from None


def _duration(text: str | None, frames: int, fps: Fraction, start: float) -> Fraction:
    """Seconds of the sound; those that the frames fill when the file does not say."""
    if text is None:
        return exact(start) + frames / fps if abs(start) <= TIME_LIMIT else Fraction(0)
    seconds = parse_fraction(text)
    if seconds is None:
        raise TakeError(f"the take's duration is {text!r}; expected seconds as a whole number or a fraction.")
    return seconds


def parse_fraction(text: str) -> Fraction | None:
    """'12' or '25025/1000' -> Fraction; None for anything else."""
    number = re.fullmatch(r"([0-9]{1,15})(?:/([0-9]{1,15}))?", text)
    return Fraction(int(number[1]), int(number[2] or 1)) if number and int(number[2] or 1) else None


def check_lists(meta: Mapping[str, str], which: str, refused: type[Exception]) -> None:
    """Raises `refused` where metadata that is read later is no JSON list of sentences or names, or of spans (begin,
    end) in seconds."""
    for name in ("warnings", "missing_channels", "gaps", "phrases"):
        try:
            entries = json.loads(meta.get(name, "[]"))
        except (ValueError, RecursionError):
            entries = None
        holds = _is_span if name in ("gaps", "phrases") else lambda entry: isinstance(entry, str)
        if not isinstance(entries, list) or not all(map(holds, entries)):
            raise refused(f"{which}'s {name} are no JSON list of what they should be; generate it again.")


def _is_span(entry: object) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 2
        and all(isinstance(second, int | float) and abs(second) <= TIME_LIMIT for second in entry)
    )


def _names(meta: Mapping[str, str], what: str) -> tuple[str, ...]:
    """Of channels, joints or shapes of the tongue."""
    try:
        names = json.loads(meta.get(what, "[]"))
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TakeError(f"the take's {what} are no JSON list of names; generate it again.")
    return tuple(names)


def write_take(take: Take, path: Path | str) -> None:
    """Write the take file, whole or not at all."""
    data, path = take.to_bytes(), Path(path)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with atomic_write(path) as file:
        file.write(data)


def _size(axis: int | None) -> str:
    return "n" if axis is None else str(axis)
