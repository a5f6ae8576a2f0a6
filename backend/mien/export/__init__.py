# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes for other programs, the format by the suffix: one module of this folder for each.

To add a format: a module with `write(take, head, path)`, and a row in FORMATS.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mien.export import audio2face, bvh, flame_parameters, gltf, live_link, mouth_cues, obj, point_cache, usd
from mien.export.errors import ExportError, HasNoFace, UnknownFormat
from mien.files.atomic import atomic_path
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.heads.identity import Identity
from mien.take import Take

__all__ = ["FORMATS", "STILL", "ExportError", "UnknownFormat", "check_face", "export", "format_of"]

Write = Callable[..., None]  # (take, head, path), for those of HAIRY the hair and the colour of the brows
FORMATS: dict[str, tuple[str, Write]] = {
    ".csv": ("Live Link Face", live_link.write),
    ".json": ("Audio2Face", audio2face.write),
    ".tsv": ("mouth cues as of Rhubarb", mouth_cues.write_tsv),
    ".dat": ("mouth cues for Moho", mouth_cues.write_dat),
    ".bvh": ("BVH of the body", bvh.write),
    ".npz": ("FLAME's parameters", flame_parameters.write),
    ".pc2": ("point cache", point_cache.write_pc2),
    ".mdd": ("point cache of Motion Designer", point_cache.write_mdd),
    ".glb": ("glTF", gltf.write),
    ".obj": ("the face at rest", obj.write),
    ".usd": ("USD", usd.write),
    ".usda": ("USD as text", usd.write),
    ".usdc": ("USD, binary", usd.write),
}


# What shows a face; the others hold channels alone. Of those, which have room for hair, and colours of the brows.
FACES = (".pc2", ".mdd", ".glb", ".obj", ".usd", ".usda", ".usdc")
HAIRY = (gltf.write, usd.write)
STILL = (".obj",)  # no frames: the face at rest
ELSEWHERE = {  # formats that Blender writes of an applied take
    ".fbx": "Blender exports FBX, once the take is applied there (docs/export.md)",
    ".abc": "Blender exports Alembic, once the take is applied there (docs/export.md)",
}


def format_of(path: Path) -> tuple[str, Write]:
    """The row of FORMATS for a path. UnknownFormat, in words, for another suffix."""
    if path.suffix.lower() not in FORMATS:
        if path.suffix.lower() in ELSEWHERE:
            raise UnknownFormat(f"{path.name}: {ELSEWHERE[path.suffix.lower()]}; .glb and .usd can be written here.")
        known = ", ".join(f"{suffix} ({name})" for suffix, (name, _) in FORMATS.items())
        raise UnknownFormat(f"{path.name}: nothing is written as {path.suffix!r}; give one of {known}.")
    return FORMATS[path.suffix.lower()]


def check_face(path: Path) -> None:
    """HasNoFace, in words, where the format of a path has no room for an identity; UnknownFormat as above."""
    name, _ = format_of(path)
    if path.suffix.lower() not in FACES:
        raise HasNoFace(f"{path.name}: {name} holds channels and no face; leave the identity out.")


def export(take: Take, head: Head | Flame, path: Path, identity: Identity | None = None) -> str:
    """Write the take, which is of this head, to `path`, whole or not at all; returns the format's name.

    identity: whose face the default head has there, with the hair where the format has room for it.

    ExportError, in words, for an unknown suffix and for a take that the format cannot hold; HeadError when the take is
    of another head; OSError is left alone.
    """
    name, write = format_of(path)
    if identity is not None:
        check_face(path)
    with atomic_path(path) as part:
        if identity is None:
            write(take, head, part)
        elif write in HAIRY:
            write(take, identity.head, part, identity.hair, identity.brow_colour)
        else:
            write(take, identity.head, part)
    return name
