# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact vertex offsets as PC2 point caches: one file and one Mesh Cache modifier for each take.

One shape key a frame is as exact and takes 120 to 240 ms a frame at 1,500 frames; the cache takes under 1 ms.
"""

import hashlib
import struct
from pathlib import Path

import bpy
import numpy as np

from ..formats.atomic_write import atomic_write
from .nla_layers import Mark

MODIFIER = "Mien point cache"


class PointCacheError(Exception):
    """The cache file could not be written; the message is a sentence."""


def write_pc2(path: Path, rest: np.ndarray, offsets: np.ndarray, tail: int) -> None:
    """Write a PC2 file of rest (V, 3) + offsets (F, V, 3), in the mesh's own axes, then `tail` frames that fade to
    rest. Raises PointCacheError."""
    frames, vertices = offsets.shape[:2]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            # PC2, little-endian: signature, version, points, first frame, frames a sample, samples
            file.write(struct.pack("<12siiffi", b"POINTCACHE2\0", 1, vertices, 0.0, 1.0, frames + tail))
            for offset in offsets:  # frame by frame: all frames of a long take as float32 are large
                file.write((rest + offset).astype("<f4").tobytes())
            for number in range(1, tail + 1):
                file.write((rest + offsets[-1] * np.float32(1 - number / tail)).astype("<f4").tobytes())
    except OSError as error:
        raise PointCacheError(
            f"The point cache '{path}' cannot be written: {error.strerror or error}. Save the scene elsewhere."
        ) from None


def folder(package: str) -> Path:
    """The folder of caches: beside the .blend, or the extension's user folder while the .blend is not saved."""
    if bpy.data.filepath:
        return Path(bpy.data.filepath).parent / "mien"
    try:
        return Path(bpy.utils.extension_path_user(package, path="caches", create=True))
    except ValueError:  # not installed as an extension: a checkout under test
        return Path(bpy.app.tempdir) / "mien"


def put(
    speaker: bpy.types.Object,
    mark: Mark,
    path: Path,
    samples: int,
    start: float,
    scale: float,
) -> None:
    """Add the modifier of a take, whose cache has this many samples, as the first of the speaker's stack, or update it.
    It acts from `start`, the take's first frame, to the end of its tail; scale: take frames a scene frame."""
    modifier = speaker.modifiers.get(_name(mark))
    if modifier is None:
        modifier = speaker.modifiers.new(_name(mark), "MESH_CACHE")
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
    _limit(modifier, start, start + (samples - 1) / scale)


def _limit(modifier: bpy.types.Modifier, first: float, last: float) -> None:
    """Let the cache act in its own frames alone: between lines the mesh is the animator's. A driver and not keys, so
    that no action changes; Blender evaluates such an expression without running Python."""
    modifier.driver_remove("factor")
    modifier.driver_add("factor").driver.expression = f"{first:.6g} <= frame <= {last:.6g}"


def of_line(speaker: bpy.types.Object, line: int) -> list[bpy.types.Modifier]:
    """The modifiers of all takes of a line."""
    return [modifier for modifier in speaker.modifiers if modifier.name.startswith(f"{MODIFIER} {line}.")]


def show(speaker: bpy.types.Object, mark: Mark) -> None:
    """Enable this take's cache alone of all of the line."""
    for modifier in of_line(speaker, mark.line):
        modifier.show_viewport = modifier.show_render = modifier.name == _name(mark)


def move(speaker: bpy.types.Object, line: int, frames: float) -> None:
    """Move the line's caches by this many frames."""
    for modifier in of_line(speaker, line):
        drivers = speaker.animation_data.drivers
        expression = drivers.find(f'modifiers["{modifier.name}"].factor').driver.expression
        first, last = (float(frame) for frame in expression.split(" <= frame <= "))
        modifier.frame_start += modifier.frame_scale * frames
        _limit(modifier, first + frames, last + frames)


def exists(speaker: bpy.types.Object, mark: Mark) -> bool:
    """Whether the speaker has the take's modifier."""
    return _name(mark) in speaker.modifiers


def remove(speaker: bpy.types.Object, mark: Mark) -> None:
    """Remove a take's modifier. The file stays for undo."""
    modifier = speaker.modifiers.get(_name(mark))
    if modifier is not None:
        modifier.driver_remove("factor")
        speaker.modifiers.remove(modifier)


def _name(mark: Mark) -> str:
    return f"{MODIFIER} {mark.line}.{mark.take}"


def name(speaker: str, seed: str, facts: bytes) -> str:
    """A file name that is unique to the take, so that undo finds the previous take's cache unchanged."""
    plain = "".join(letter if letter.isalnum() else "_" for letter in speaker)[:40]
    return f"{plain}_seed{seed}_{hashlib.sha256(facts).hexdigest()[:12]}.pc2"
