# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound of a line as the backend gets it: its file, a copy of a packed file, or the excerpt that a trimmed strip
plays. It can be asked for its digest and its length without anything being written."""

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

try:
    import aud
except ImportError:  # a Blender built without audio
    aud = None

_excerpts: dict[Path, tuple[str, float]] = {}  # file -> (digest, seconds): each is decoded once


@dataclass(frozen=True)
class SentSound:
    """path: as the line has it; first_s and last_s: the excerpt in seconds of the file, last_s 0 is its end."""

    path: str
    first_s: float = 0.0
    last_s: float = 0.0

    @property
    def trimmed(self) -> bool:
        return bool(self.first_s or self.last_s)

    @property
    def file(self) -> Path:
        """Where the file lies, or where `write` puts it. Raises SoundError where there is no such sound."""
        source = self._source()
        if not self.trimmed:
            return source
        stat = source.stat() if source.is_file() else None
        stamp = f"{source}|{stat.st_mtime_ns if stat else 0}|{self.first_s:.6f}|{self.last_s:.6f}"
        return _folder() / f"{source.stem[:40]}_{hashlib.sha256(stamp.encode()).hexdigest()[:16]}.wav"

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
            write_whole(file, self._excerpt_bytes()[0] if self.trimmed else self._packed_bytes())
        return file

    def _source(self) -> Path:
        """The line's file, or where a copy of its packed one goes."""
        if sound.refusal(self.path):
            raise SoundError(f"{sound.refusal(self.path)}.")
        file = sound.absolute(self.path)
        if file.is_file():
            return file
        return _folder() / f"{hashlib.sha256(self._packed_bytes()).hexdigest()[:16]}{file.suffix}"

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
        if aud is None:
            raise SoundError("This Blender has no audio library, so a trimmed strip cannot be cut: use a sound file.")
        try:
            with sound.readable(self.path) as file:
                whole = aud.Sound(str(file))
                rate = int(whole.specs[0])
                samples = whole.limit(self.first_s, self.last_s if self.last_s > 0.0 else -1.0).data()  # (N, channels)
        except (aud.error, ValueError) as error:
            name = sound.absolute(self.path).name
            raise SoundError(f"Blender cannot cut '{name}' as its strip is trimmed: {error}.") from None
        out = io.BytesIO()
        with wave.open(out, "wb") as writer:
            writer.setnchannels(samples.shape[1])
            writer.setsampwidth(2)
            writer.setframerate(rate)
            writer.writeframes(np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2").tobytes())
        return out.getvalue(), len(samples) / rate


def _folder() -> Path:
    return Path(bpy.app.tempdir) / "mien-sounds"
