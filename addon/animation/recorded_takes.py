# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded takes of a speaker: those that a camera saw, whose non-verbal motion or lips other takes may have.

A take from video keeps its file in the scene, as the take file has what its curves have not: the phrases of its sound,
by which time is warped to another voice.
"""

import base64
import binascii
import zlib

import bpy

from ..formats.take import Take

TRACKED = "face tracker"  # the engine of a take from video
LIMIT = 64 << 20  # bytes of a take's file


def keep(item, take: Take) -> None:
    """Keep the file of a take on its item, where a camera saw it; nothing of another one."""
    recorded = take.meta.get("engine") == TRACKED and 0 < len(take.file) <= LIMIT
    item.recorded = base64.b64encode(zlib.compress(take.file)).decode() if recorded else ""


def file_of(item) -> bytes:
    """The bytes of the take's file; b"" where none is kept."""
    try:
        return zlib.decompressobj().decompress(base64.b64decode(item.recorded, validate=True), LIMIT)
    except (binascii.Error, ValueError, zlib.error):
        return b""


def all_of(speaker: bpy.types.Object) -> list[tuple[str, str]]:
    """(key, name) of each recorded take of the speaker's lines; the key is what `MienLine.recorded_from` holds."""
    several = len(speaker.mien.lines) > 1
    return [
        (key_of(line, item), f"{line.name}: {item.name}" if several else item.name)
        for line in speaker.mien.lines
        for item in line.takes
        if item.recorded
    ]


def key_of(line, item) -> str:
    return f"{line.uid}.{item.uid}"


def chosen(speaker: bpy.types.Object, line):
    """(the line, the take) of which this line has its non-verbal motion or lips; None where none is
    chosen, or it was deleted."""
    for other in speaker.mien.lines:
        for item in other.takes:
            if item.recorded and key_of(other, item) == line.recorded_from:
                return other, item
    return None
