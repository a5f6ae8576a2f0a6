# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes for other programs, the format by the suffix: one module of this folder for each.

To add a format: a module with `write(take, head, path)`, and a row in FORMATS.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mien.export import audio2face, flame_parameters, gltf, live_link, obj, point_cache, usd
from mien.export.errors import ExportError, UnknownFormat
from mien.files.atomic import atomic_path
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.take import Take

__all__ = ["FORMATS", "ExportError", "UnknownFormat", "export"]

Write = Callable[[Take, Head | Flame, Path], None]
FORMATS: dict[str, tuple[str, Write]] = {
    ".csv": ("Live Link Face", live_link.write),
    ".json": ("Audio2Face", audio2face.write),
    ".npz": ("FLAME's parameters", flame_parameters.write),
    ".pc2": ("point cache", point_cache.write_pc2),
    ".mdd": ("point cache of Motion Designer", point_cache.write_mdd),
    ".glb": ("glTF", gltf.write),
    ".obj": ("the face at rest", obj.write),
    ".usd": ("USD", usd.write),
    ".usda": ("USD as text", usd.write),
    ".usdc": ("USD, binary", usd.write),
}


def export(take: Take, head: Head | Flame, path: Path) -> str:
    """Write the take, which is of this head, to `path`, whole or not at all; returns the format's name.

    ExportError, in words, for an unknown suffix and for a take that the format cannot hold; HeadError when the take is
    of another head; OSError is left alone.
    """
    if path.suffix.lower() not in FORMATS:
        known = ", ".join(f"{suffix} ({name})" for suffix, (name, _) in FORMATS.items())
        raise UnknownFormat(f"{path.name}: nothing is written as '{path.suffix}'; give one of {known}.")
    name, write = FORMATS[path.suffix.lower()]
    with atomic_path(path) as part:
        write(take, head, part)
    return name
