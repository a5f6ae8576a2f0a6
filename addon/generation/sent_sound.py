# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound of a line as the backend gets it: its file, a copy of a packed file, or what its strip plays: an excerpt,
moved or retimed. It can be asked for its digest and its length without anything being written.

Blender and players read some files with another beginning: Blender plays a film's sound that starts late at once, and
some codecs' delay. What Blender plays is what a face in Blender has to follow, so of all files but plain ones it is
sent what Blender plays.
"""

import hashlib
import io
import wave
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ..formats.atomic_write import write_whole
from ..scene import sound
from ..scene.sound import SoundError
from . import fingerprint
from .time_stretch import retimed

try:
    import aud
except ImportError:  # a Blender built without audio
    aud = None

# Files whose samples are played as they are stored
PLAIN = {".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".flac"}
_excerpts: dict[Path, tuple[str, float]] = {}  # file -> (digest, seconds): each is decoded once


@dataclass(frozen=True)
class SentSound:
    """path: as the line has it; first_s and last_s: the excerpt in seconds of what is played, last_s 0 is its end.
    offset_s: how much later than its strip the sound begins; retiming: (second of the strip, second of the sound)."""

    path: str
    first_s: float = 0.0
    last_s: float = 0.0
    offset_s: float = 0.0
    retiming: tuple[tuple[float, float], ...] = ()

    @property
    def trimmed(self) -> bool:
        """Whether something else than the file is sent."""
        altered = bool(self.first_s or self.last_s or self.offset_s or self.retiming)
        return altered or (not self._plain and sound.length_s(self.path) is not None)  # None: Blender cannot play it

    @property
    def _plain(self) -> bool:
        return sound.absolute(self.path).suffix.lower() in PLAIN or aud is None

    @property
    def file(self) -> Path:
        """Where the file lies, or where `write` puts it. Raises SoundError where there is no such sound."""
        source = self._source()
        if not self.trimmed:
            return source
        stat = source.stat() if source.is_file() else None
        stamp = f"{source}|{stat.st_mtime_ns if stat else 0}|{self.first_s:.6f}|{self.last_s:.6f}"
        if self.offset_s or self.retiming or not self._plain:
            stamp += f"|{self.offset_s:.6f}|{self.retiming}"
        return folder() / f"{source.stem[:40]}_{hashlib.sha256(stamp.encode()).hexdigest()[:16]}.wav"

    def digest(self) -> str:
        """The digest of the bytes that are sent, as `fingerprint.of_sound` gives it. Raises SoundError."""
        if self.trimmed:
            return self._excerpt()[0]
        file = self.file
        if not file.is_file():
            return fingerprint.digest(self._packed_bytes())
        try:
            return fingerprint.of_sound(file)
        except OSError as error:
            raise SoundError(f"The sound file '{file}' cannot be read: {error.strerror or error}.") from None

    def length_s(self) -> float | None:
        """Seconds that are sent; None where this Blender cannot tell. Raises SoundError."""
        if self.last_s:
            return self.last_s - self.first_s
        return self._excerpt()[1] if self.trimmed else sound.length_s(self.path)

    def write(self) -> Path:
        """Write the file where it is not there yet; its path. Raises SoundError."""
        file = self.file
        if not file.is_file():
            keep(file, self._excerpt_bytes()[0] if self.trimmed else self._packed_bytes())
        return file

    def _source(self) -> Path:
        """The line's file, or where a copy of its packed one goes."""
        if sound.refusal(self.path):
            raise SoundError(f"{sound.refusal(self.path)}.")
        file = sound.absolute(self.path)
        if file.is_file():
            return file
        return folder() / f"{hashlib.sha256(self._packed_bytes()).hexdigest()[:16]}{file.suffix}"

    def _packed_bytes(self) -> bytes:
        return bytes(sound.find_packed(self.path).packed_file.data)

    def _excerpt(self) -> tuple[str, float]:
        """(digest, seconds)."""
        file = self.file
        if file not in _excerpts:
            data, seconds = self._excerpt_bytes()
            _excerpts[file] = fingerprint.digest(data), seconds
        return _excerpts[file]

    def _excerpt_bytes(self) -> tuple[bytes, float]:
        """(16-bit WAV file, seconds). Written with `wave`: aud's own `write` repeats a block at the end (5.0, 5.2)."""
        with sound.readable(self.path) as file:
            samples, rate = self._cut_without_aud(file) if aud is None else self._cut_by_aud(file)
        out = io.BytesIO()
        with wave.open(out, "wb") as writer:
            writer.setnchannels(samples.shape[1])
            writer.setsampwidth(2)
            writer.setframerate(rate)
            writer.writeframes(np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2").tobytes())
        return out.getvalue(), len(samples) / rate

    def _cut_by_aud(self, file: Path) -> tuple[np.ndarray, int]:
        try:
            return self._played(aud.Sound(str(file)))
        except (aud.error, ValueError) as error:
            name = sound.absolute(self.path).name
            raise SoundError(f"Blender cannot play '{name}' as its strip asks for: {error}.") from None

    def _cut_without_aud(self, file: Path) -> tuple[np.ndarray, int]:
        """Of a wav of 16 bits; Debian's Blender has no `aud`."""
        try:
            with wave.open(str(file)) as reader:
                if reader.getsampwidth() != 2:
                    raise wave.Error("it has other than 16 bits")
                words = np.frombuffer(reader.readframes(reader.getnframes()), "<i2")
                samples, rate = words.reshape(-1, reader.getnchannels()) / np.float32(32768), reader.getframerate()
        except (wave.Error, EOFError, ValueError) as error:
            raise SoundError(
                f"This Blender has no audio library, so only what a strip plays of a 16-bit WAV can be cut ({error}): "
                "convert the sound."
            ) from None
        return self._placed(samples, rate), rate

    def _played(self, whole) -> tuple[np.ndarray, int]:
        """((N, channels) samples, their rate) that the strip plays of a sound."""
        rate = int(whole.specs[0])
        if self._plain and not self.offset_s and not self.retiming:
            return whole.limit(self.first_s, self.last_s if self.last_s > 0.0 else -1.0).data(), rate
        return self._placed(whole.data() if self._plain else _in_sequence(whole, rate), rate), rate

    def _placed(self, samples: np.ndarray, rate: int) -> np.ndarray:
        """(M, channels): the sound's samples (N, channels) retimed, moved and cut as the strip has it."""
        if self.retiming:
            samples = retimed(samples, rate, self.retiming)
        first, end = round((self.first_s - self.offset_s) * rate), len(samples)
        if self.last_s > 0.0:
            end = max(first, round((self.last_s - self.offset_s) * rate))
        before, behind = max(0, -first), max(0, end - len(samples))
        return np.pad(samples[max(0, first) : max(0, end)], ((before, behind), (0, 0)))


def _in_sequence(whole, rate: int) -> np.ndarray:
    """(N, channels) samples as the sequencer plays a sound: its reader begins elsewhere than that of a sound alone, by
    up to a frame of the codec (25 ms of mp3)."""
    seconds = whole.length / whole.specs[0]
    try:
        sequence = aud.Sequence(int(whole.specs[1]), float(rate), 25.0, False)
        sequence.add(whole, 0.0, seconds, 0.0)
        samples = sequence.limit(0.0, seconds).data()
    except (aud.error, TypeError, ValueError):
        return whole.data()
    return samples if len(samples) else whole.data()


def write_silence(seconds: float) -> Path:
    """A sound file of so many seconds of silence, of 8 bits at 8 kHz; its path."""
    file, out = folder() / f"silence_{seconds:.4f}.wav", io.BytesIO()
    if not file.is_file():
        with wave.open(out, "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(1)
            writer.setframerate(8000)
            writer.writeframes(b"\x80" * max(1, int(8000 * seconds)))
        write_whole(file, out.getvalue())
    return file


def keep(file: Path, data: bytes) -> None:
    """Write a file that is sent. Raises SoundError where the disk is full or the folder cannot be written."""
    try:
        write_whole(file, data)
    except OSError as error:
        raise SoundError(
            f"What is sent cannot be written to '{file.parent}': {error.strerror or error}. Free some space there, or "
            "choose another folder in Preferences > File Paths > Temporary Files."
        ) from None


def folder() -> Path:
    """Of files that are made to be sent, in this Blender's own temporary folder."""
    return Path(bpy.app.tempdir) / "mien-sounds"
