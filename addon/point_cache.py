# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact vertex offsets as a PC2 point cache: one file and one Mesh Cache modifier, whatever the length.

One shape key a frame is as exact and takes 120 to 240 ms a
frame at 1,500 frames; the cache takes under 1 ms.
"""

import hashlib
import struct
from pathlib import Path

import bpy
import numpy as np

MODIFIER = "Mien point cache"


class PointCacheError(Exception):
    """The cache file could not be written; the message is a sentence."""


def write_pc2(path: Path, rest: np.ndarray, offsets: np.ndarray, tail: int) -> None:
    """Positions rest (V, 3) + offsets (F, V, 3) in the mesh's own
    axes, then `tail` frames that fade to rest."""
    frames, vertices = offsets.shape[:2]
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            # PC2, little-endian: signature, version, points, first frame, frames a sample, samples
            file.write(struct.pack("<12siiffi", b"POINTCACHE2\0", 1, vertices, 0.0, 1.0, frames + tail))
            for (
                offset
            ) in offsets:  # frame by frame: a long take is larger as float32 than it needs to be in memory
                file.write((rest + offset).astype("<f4").tobytes())
            for number in range(1, tail + 1):
                file.write((rest + offsets[-1] * np.float32(1 - number / tail)).astype("<f4").tobytes())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise PointCacheError(
            f"The point cache '{path}' cannot be written: {error.strerror or error}. Save the scene "
            "elsewhere."
        ) from None


def folder(package: str) -> Path:
    """Beside the saved .blend; the extension's own user folder before it is saved."""
    if bpy.data.filepath:
        return Path(bpy.data.filepath).parent / "mien"
    try:
        return Path(bpy.utils.extension_path_user(package, path="caches", create=True))
    except ValueError:  # not installed as an extension: a checkout under test
        return Path(bpy.app.tempdir) / "mien"


def put(
    speaker: bpy.types.Object,
    path: Path,
    rest: np.ndarray,
    offsets: np.ndarray,
    tail: int,
    start: float,
    scale: float,
) -> None:
    """Write the cache and give the speaker the modifier, first in its
    stack; `scale` is take frames a scene frame."""
    write_pc2(path, rest, offsets, tail)
    modifier = speaker.modifiers.get(MODIFIER)
    if modifier is None:
        modifier = speaker.modifiers.new(MODIFIER, "MESH_CACHE")
        with bpy.context.temp_override(object=speaker, active_object=speaker):
            bpy.ops.object.modifier_move_to_index(modifier=modifier.name, index=0)
    modifier.cache_format = "PC2"
    modifier.filepath = bpy.path.relpath(str(path)) if bpy.data.filepath else str(path)
    modifier.interpolation = "LINEAR"
    modifier.forward_axis, modifier.up_axis = "POS_Y", "POS_Z"  # the file is in Blender's axes already
    modifier.time_mode, modifier.play_mode = "FRAME", "SCENE"
    modifier.frame_start = scale * start  # Blender takes it off after scaling: scale * frame - frame_start
    modifier.frame_scale = scale
    modifier.deform_mode = "OVERWRITE"


def remove(speaker: bpy.types.Object) -> None:
    """Take the modifier off again, for a take that moves the speaker another way. The file stays for undo."""
    modifier = speaker.modifiers.get(MODIFIER)
    if modifier is not None:
        speaker.modifiers.remove(modifier)


def name(speaker: str, seed: str, facts: bytes) -> str:
    """A file name of its own for every take, so that undo finds the former take's cache unchanged."""
    plain = "".join(letter if letter.isalnum() else "_" for letter in speaker)[:40]
    return f"{plain}_seed{seed}_{hashlib.sha256(facts).hexdigest()[:12]}.pc2"
