# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and check a take, the file format that the backend and the extension share. numpy alone; no bpy."""

import json
import math
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from .safetensors import TensorFileError, read_tensors

FORMAT, FORMAT_VERSION = "mien.take", "1"
FPS_LIMIT = 1000
FRAME_LIMIT = 1_000_000
# Axes after the first one of each tensor a take may have; None is any size.
TAILS: dict[str, tuple[int | None, ...]] = {
    "weights": (None,),
    "head_rotation": (3,),
    "gaze": (2,),
    "coefficients": (None,),
    "offsets": (None, 3),
    "basis": (None, 3),
    "mouth_holds": (2,),
    "eye_holds": (2,),
    "joints": (None, 3),
    "tongue": (None,),
}
PER_FRAME = ("head_rotation", "weights", "gaze", "coefficients", "offsets", "joints", "tongue")


class TakeError(ValueError):
    """The take cannot be used; the message says what was found and what to do."""


@dataclass(frozen=True, eq=False)
class Take:
    """An animation of F frames; frame i shows the face at start + i / fps seconds of the sound.

    weights (F, C) for `channels`, after which the file's shapes of the tongue come as channels of their own;
    head_rotation (F, 3) and gaze (F, 2) in radians; basis (K, V, 3) with coefficients
    (F, K), or offsets (F, V, 3), in metres of head space (y up, z forward, +x the head's left). mouth_holds and
    eye_holds (H, 2): first and last second of the intervals in which the lips (or lip and teeth) touch, and in which
    the lids are shut; frames inside an interval keep that contact. joints (F, J, 3): rotation vectors in radians of the
    body's `joint_names` (VRM's names in snake case), in the head's axes at rest, each on top of its parent's.
    """

    fps: Fraction
    start: Fraction
    channels: tuple[str, ...]
    head_rotation: np.ndarray
    weights: np.ndarray | None
    gaze: np.ndarray | None
    basis: np.ndarray | None
    coefficients: np.ndarray | None
    offsets: np.ndarray | None
    meta: dict[str, str]
    mouth_holds: np.ndarray | None = None
    eye_holds: np.ndarray | None = None
    joints: np.ndarray | None = None
    joint_names: tuple[str, ...] = ()
    file: bytes = b""  # as it was read; b"" where the take was made otherwise

    @property
    def frames(self) -> int:
        return len(self.head_rotation)

    @property
    def vertices(self) -> int | None:
        """V of a take with vertex motion, None of one with named channels alone."""
        motion = self.basis if self.basis is not None else self.offsets
        return None if motion is None else motion.shape[1]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the backend says of the sound and its transcript, in sentences."""
        try:
            found = json.loads(self.meta.get("warnings", "[]"))
        except ValueError:
            return ()
        return tuple(str(sentence)[:500] for sentence in found) if isinstance(found, list) else ()

    @property
    def film_start(self) -> float:
        """Of a tracked take: the second of its film's sound at which the first picture is shown."""
        try:
            start = float(self.meta.get("film_start", "0"))
        except ValueError:
            return 0.0
        return start if 0.0 <= start < 1e6 else 0.0

    @property
    def film_has_sound(self) -> bool:
        return self.meta.get("film_has_sound", "true") == "true"

    def scene_frames(self, fps: Fraction, start_frame: float) -> np.ndarray:
        """(F,) float64 frame numbers in a scene of `fps` in which `start_frame` is second 0 of the sound."""
        first = start_frame + self.start * fps
        step = fps / self.fps
        numbers = np.arange(self.frames, dtype=np.int64)
        # Whole steps are added before the one division, so 30000/1001 does not drift over an hour.
        return float(first) + numbers * step.numerator / step.denominator


def read_take(source: Path | str | bytes) -> Take:
    """The take of a path or of a file's bytes. Raises TakeError for every fault."""
    try:
        tensors, meta = read_tensors(source, dtypes=("F32", "F16"))
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as error:
        raise TakeError(f"{Path(str(source)).name} cannot be read: {error.strerror or error}.") from None
    except TensorFileError as error:
        raise TakeError(str(error)) from None
    if meta.get("format") != FORMAT:
        raise TakeError(f"This is not a take: its format is '{meta.get('format', 'not given')}', not '{FORMAT}'.")
    if meta.get("format_version") != FORMAT_VERSION:
        raise TakeError(
            f"The take has format version {meta.get('format_version', 'not given')} and this extension reads version "
            f"{FORMAT_VERSION}; update the older of backend and extension."
        )
    for name in sorted(tensors):
        if name not in TAILS:
            raise TakeError(f"The take has a tensor '{name}' that this extension does not know; update the extension.")
        _check_tensor(name, tensors[name])
    _check_together(tensors)
    channels = _names(meta.get("channels", "[]"), "channel", "weights a frame", tensors.get("weights"))
    tongue_names = _names(
        meta.get("tongue_names", "[]"), "tongue shape", "weights of them a frame", tensors.get("tongue")
    )
    tongue = tensors.pop("tongue", None)
    if tongue is not None and "weights" in tensors and not set(tongue_names) & set(channels):
        tensors["weights"] = np.concatenate([tensors["weights"], tongue], 1)
        channels += tongue_names
    return Take(
        fps=parse_fps(meta.get("fps", "")),
        start=_start(meta.get("start", "0")),
        channels=channels,
        joint_names=_names(meta.get("joint_names", "[]"), "joint", "rotations a frame", tensors.get("joints")),
        meta=meta,
        file=data,
        head_rotation=tensors["head_rotation"],
        **{name: tensors.get(name) for name in TAILS if name not in ("head_rotation", "tongue")},
    )


def parse_fps(text: str) -> Fraction:
    """'25' or '30000/1001' as a fraction. Raises TakeError for other text."""
    if not re.fullmatch(r"[0-9]{1,9}(/[0-9]{1,9})?", text):
        raise TakeError(f"The take's frame rate is '{text}'; expected a whole number or a fraction like 30000/1001.")
    number, _, divisor = text.partition("/")
    if int(number) == 0 or int(divisor or 1) == 0 or Fraction(int(number), int(divisor or 1)) > FPS_LIMIT:
        raise TakeError(f"The take's frame rate is {text}; it must be above 0 and at most {FPS_LIMIT}.")
    return Fraction(int(number), int(divisor or 1))


def _check_tensor(name: str, array: np.ndarray) -> None:
    tail = TAILS[name]
    if array.ndim != 1 + len(tail) or any(
        expected not in (None, size) for expected, size in zip(tail, array.shape[1:], strict=True)
    ):
        sizes = ", ".join("n" if expected is None else str(expected) for expected in (None, *tail))
        raise TakeError(f"The take's {name} has the shape {list(array.shape)}; expected ({sizes}).")
    if array.dtype == np.float16 and name != "offsets":
        raise TakeError(f"The take's {name} is F16; only offsets may be, everything else is F32.")
    for first in range(0, len(array), 512):  # in blocks: a mask of a long take's offsets would double its memory
        bad = ~np.isfinite(array[first : first + 512]).reshape(len(array[first : first + 512]), -1).all(axis=1)
        if bad.any():
            frame = first + int(np.argmax(bad))
            raise TakeError(
                f"The take's {name} has a value that is not a number, first in frame {frame}; generate it again."
            )


def _check_together(tensors: dict[str, np.ndarray]) -> None:
    if "head_rotation" not in tensors:
        raise TakeError("The take has no head_rotation, so its frames cannot be counted; generate it again.")
    frames = len(tensors["head_rotation"])
    if not 0 < frames <= FRAME_LIMIT:
        raise TakeError(f"The take has {frames} frames; 1 to {FRAME_LIMIT} are possible.")
    for name in PER_FRAME:
        if name in tensors and len(tensors[name]) != frames:
            raise TakeError(
                f"The take's parts disagree: {name} has {len(tensors[name])} frames and head_rotation has {frames}."
            )
    if ("basis" in tensors) != ("coefficients" in tensors):
        present, absent = ("basis", "coefficients") if "basis" in tensors else ("coefficients", "basis")
        raise TakeError(f"The take has a {present} without its {absent}; generate it again.")
    if "basis" in tensors and len(tensors["basis"]) != tensors["coefficients"].shape[1]:
        raise TakeError(
            f"The take's basis has {len(tensors['basis'])} shapes and {tensors['coefficients'].shape[1]} coefficients "
            "a frame; generate it again."
        )
    if not {"weights", "basis", "offsets"} & set(tensors):
        raise TakeError("The take moves nothing: it has no weights, no basis and no offsets.")


def _start(text: str) -> Fraction:
    try:
        start = float(text)
    except ValueError:
        start = math.nan
    if not math.isfinite(start) or abs(start) > 1e6:
        raise TakeError(f"The take's start is '{text}'; expected seconds as a decimal number.")
    return Fraction(start).limit_denominator(10**9)


def _names(text: str, noun: str, values_noun: str, values: np.ndarray | None) -> tuple[str, ...]:
    """Of what each of the values (F, N, ...) of a frame is for: N nouns, "channel" or "joint"."""
    columns = 0 if values is None else values.shape[1]
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TakeError(f"The take's {noun}s are not a JSON list of names; generate it again.")
    if len(set(names)) != len(names):
        raise TakeError(f"The take names a {noun} twice; generate it again.")
    if len(names) != columns:
        raise TakeError(f"The take names {len(names)} {noun}s and has {columns} {values_noun}; generate it again.")
    return tuple(names)
