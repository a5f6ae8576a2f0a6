# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a recorded take the takes of a line have, as the backend gets it: the file of that take, and which part."""

from dataclasses import dataclass
from pathlib import Path

import bpy

from ..animation import recorded_takes
from ..scene.sound import SoundError
from . import fingerprint
from .sent_sound import folder, keep


@dataclass(frozen=True)
class RecordedPart:
    """data: the bytes of the recorded take's file; part: 'nonverbal' or 'lips'."""

    data: bytes
    part: str

    @property
    def stamp(self) -> str:
        """What is sent, for the fingerprint."""
        return f"{fingerprint.digest(self.data)} {self.part}"

    @property
    def file(self) -> Path:
        """Where the file lies once `write` was called."""
        return folder() / f"{fingerprint.digest(self.data)}.take.safetensors"

    def write(self) -> None:
        """Write the file where it is not there yet. Raises SoundError."""
        if not self.file.is_file():
            keep(self.file, self.data)


def recorded_part(speaker: bpy.types.Object, line) -> RecordedPart | None:
    """Of a line; None where it has none. Raises SoundError where the recorded take was deleted."""
    if not line.recorded_from:
        return None
    found = recorded_takes.chosen(speaker, line)
    if found is None:
        raise SoundError(f"The recorded take of the line '{line.name}' was deleted; choose another one in its panel.")
    return RecordedPart(recorded_takes.file_of(found[1]), line.recorded_part)
