# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech: a recording as mono float32 at 16 kHz with its exact length and digest, the input of every engine."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soxr

from mien.audio.loudness import gain_db, loudness, without_glitches
from mien.audio.reader import Recording, SpeechError, open_recording

__all__ = ["RATE", "Reading", "Speech", "SpeechError", "read_speech"]

RATE = 16000


@dataclass(frozen=True)
class Reading:
    """How a file was read. `loudness`: LUFS as it was recorded, None for silence; `gain_db`: what was added to it;
    `track` of `tracks` sound tracks, from 1; `notes`: sentences for the user."""

    loudness: float | None = None
    gain_db: float = 0.0
    track: int = 1
    tracks: int = 1
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Reading:
        """As `to_json` wrote it; '' is a reading of which nothing is known."""
        fields = json.loads(text or "{}")
        return cls(**fields | {"notes": tuple(fields.get("notes", ()))})


@dataclass(frozen=True, eq=False)
class Speech:
    """`samples` (N,) float32 mono in [-1, 1] at 16 kHz, read-only.

    `sha256`: hex digest of the samples as 16-bit little-endian integers (round(32768 x), clipped to [-32768, 32767]):
    a 16-bit 16 kHz mono file has the digest of its own data. `name` is for messages.
    """

    samples: np.ndarray
    sha256: str
    name: str
    reading: Reading = field(default=Reading())

    @property
    def recorded(self) -> np.ndarray:
        """(N,) samples at the level at which they were recorded."""
        gain = self.reading.gain_db
        return self.samples if gain == 0 else self.samples * np.float32(10 ** (-gain / 20))

    @property
    def duration(self) -> Fraction:
        """Length in seconds, N / 16000 exactly."""
        return Fraction(len(self.samples), RATE)

    @classmethod
    def from_samples(cls, samples: np.ndarray, name: str = "sound", reading: Reading | None = None) -> Speech:
        """Speech of samples (N,) that are mono at 16 kHz in [-1, 1] already; they are copied."""
        samples = np.array(samples, np.float32)
        samples.setflags(write=False)
        words = np.clip(np.rint(samples * np.float32(32768)), -32768, 32767).astype("<i2")
        return cls(samples, hashlib.sha256(words.tobytes()).hexdigest(), name, reading or Reading())


def read_speech(
    source: Path | str | bytes | BinaryIO,
    *,
    name: str | None = None,
    limit_s: float = 600.0,
    track: int | None = None,
    known: Reading | None = None,
) -> Speech:
    """Read a sound file (a path, its bytes, or a seekable binary file) into a `Speech`.

    Mono is a downmix by the layout of the channels (`downmix.py`); `track` is the number of a sound track, None lets
    Mien choose (`reader.py`). N = round(frames * 16000 / rate), in frames without padding. A voice whose gated loudness
    is outside of the range of `loudness.py` is brought to its level, so that it is no softer for one glitch, which is
    then clipped. Within the range a sound beyond [-1, 1] after resampling (a float file, or a full-scale file with
    overshoot) is divided by its peak, glitches left out.

    `limit_s`: the longest sound that is read, in seconds. A longer one is refused by its header or once the limit is
    passed, so that memory never holds more than that length at 16 kHz. `name` stands for the sound in messages.
    `known`: how the same sound was read before, whose loudness is not measured again. Raises `SpeechError`, in words,
    for every sound that cannot be read whole.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return _read(BytesIO(source), name or "sound", limit_s, track, known)
    if not isinstance(source, Path | str):
        return _read(source, name or "sound", limit_s, track, known)
    path = Path(source)
    if path.is_dir():
        raise SpeechError(f"{str(path)!r} is a folder, not a sound file. Name one file in it.")
    if path.is_fifo():  # opening it would wait for somebody who writes
        raise SpeechError(f"{str(path)!r} is a pipe, and a sound is read more than once. Write it into a file first.")
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise SpeechError(f"There is no file {str(path)!r}. Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SpeechError(f"The file {str(path)!r} cannot be opened: {reason}.") from error
    with file:
        return _read(file, name or path.name, limit_s, track, known)


def _read(file: BinaryIO, name: str, limit_s: float, track: int | None, known: Reading | None) -> Speech:
    if not (limit_s > 0 and math.isfinite(limit_s)):
        raise SpeechError(f"The longest sound to read is given as {limit_s!r} s; give a number above 0.")
    recording = open_recording(file, name, track, limit_s)
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
    return _levelled(samples, name, recording, known)


def _levelled(samples: np.ndarray, name: str, recording: Recording, known: Reading | None) -> Speech:
    notes = recording.notes
    measured = loudness(samples) if known is None else known.loudness
    gain = gain_db(measured) if known is None else known.gain_db
    if gain and measured is not None:
        centred = samples - np.median(samples)
        samples = np.clip(centred * np.float32(10 ** (gain / 20)), -1, 1)
        way, by = ("quiet", "raised") if gain > 0 else ("loud", "lowered")
        notes += (f"The sound is {way}, {measured:.0f} LUFS; it was {by} by {abs(gain):.0f} dB.",)
    elif np.abs(samples).max() > 1:
        samples = np.clip(samples / max(1.0, float(np.abs(without_glitches(samples)).max())), -1, 1)
    measured = None if measured is None else round(measured, 1)
    reading = known or Reading(measured, gain, recording.track, recording.tracks, notes)
    return Speech.from_samples(samples, name, reading)
