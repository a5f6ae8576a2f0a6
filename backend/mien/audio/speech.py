# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech: a recording as mono float32 at 16 kHz with its exact length and digest, the input of every engine."""

import hashlib
import math
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soxr

from mien.audio.reader import SpeechError, open_recording

__all__ = ["RATE", "Speech", "SpeechError", "read_speech"]

RATE = 16000


@dataclass(frozen=True, eq=False)
class Speech:
    """`samples` (N,) float32 mono in [-1, 1] at 16 kHz, read-only.

    `sha256`: hex digest of the samples as 16-bit little-endian integers (round(32768 x), clipped to [-32768, 32767]):
    a 16-bit 16 kHz mono file has the digest of its own data. `name` is for messages.
    """

    samples: np.ndarray
    sha256: str
    name: str

    @property
    def duration(self) -> Fraction:
        """Length in seconds, N / 16000 exactly."""
        return Fraction(len(self.samples), RATE)

    @classmethod
    def from_samples(cls, samples: np.ndarray, name: str = "sound") -> "Speech":
        """Speech of samples (N,) that are mono at 16 kHz in [-1, 1] already; they are copied."""
        samples = np.array(samples, np.float32)
        samples.setflags(write=False)
        words = np.clip(np.rint(samples * np.float32(32768)), -32768, 32767).astype("<i2")
        return cls(samples, hashlib.sha256(words.tobytes()).hexdigest(), name)


def read_speech(source: Path | str | bytes | BinaryIO, *, name: str | None = None, limit_s: float = 600.0) -> Speech:
    """Read a sound file (a path, its bytes, or a seekable binary file) into a `Speech`.

    Mono is the mean of the channels. N = round(frames * 16000 / rate), in frames without padding (`reader.py`). A sound
    beyond [-1, 1] after resampling (a float file, or a full-scale file with overshoot) is divided by its peak, not
    clipped.

    `limit_s`: the longest sound that is read, in seconds. A longer one is refused by its header or once the limit is
    passed, so that memory never holds more than that length at 16 kHz. `name` stands for the sound in messages. Raises
    `SpeechError`, in words, for every sound that cannot be read whole.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return _read(BytesIO(source), name or "sound", limit_s)
    if not isinstance(source, Path | str):
        return _read(source, name or "sound", limit_s)
    path = Path(source)
    if path.is_dir():
        raise SpeechError(f"{str(path)!r} is a folder, not a sound file. Name one file in it.")
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise SpeechError(f"There is no file {str(path)!r}. Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SpeechError(f"The file {str(path)!r} cannot be opened: {reason}.") from error
    with file:
        return _read(file, name or path.name, limit_s)


def _read(file: BinaryIO, name: str, limit_s: float) -> Speech:
    if not (limit_s > 0 and math.isfinite(limit_s)):
        raise SpeechError(f"The longest sound to read is given as {limit_s!r} s; give a number above 0.")
    recording = open_recording(file, name)
    advice = (
        f"more than the limit of {limit_s:g} s. Cut it into shorter pieces, or raise the limit with "
        "--limit-seconds or MIEN_LIMIT_SECONDS."
    )
    if recording.seconds is not None and recording.seconds > limit_s:
        raise SpeechError(f"The sound {name!r} lasts {recording.seconds:.1f} s, {advice}")

    rate, frames, pieces = recording.rate, 0, []
    resampler = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ") if rate != RATE else None
    for block in recording.blocks:
        if frames + len(block) > limit_s * rate:
            raise SpeechError(f"The sound {name!r} does not end after {limit_s:g} s: it lasts {advice}")
        bad = np.flatnonzero(~np.isfinite(block))
        if len(bad):
            raise SpeechError(
                f"The sound {name!r} holds a sample that is not a number, at {(frames + bad[0]) / rate:.3f} s. "
                "Export it again, as 16-bit or 24-bit."
            )
        frames += len(block)
        pieces.append(block if resampler is None else resampler.resample_chunk(block))
    if resampler is not None:
        pieces.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))

    length = round(Fraction(frames * RATE, rate))
    if length == 0:
        raise SpeechError(f"The sound {name!r} has a header but no samples: it lasts 0 s. Record or export it again.")
    samples = np.concatenate(pieces)[:length]
    samples = np.pad(samples, (0, length - len(samples)))
    peak = np.abs(samples).max()
    return Speech.from_samples(samples / peak if peak > 1 else samples, name)
