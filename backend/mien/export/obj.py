# SPDX-License-Identifier: GPL-3.0-or-later
"""The face at rest as a mesh, Wavefront OBJ, with the vertex order of point caches; teeth, and brows with lashes, are
objects of their own after it.

Metres, y up, z out of the face, as OBJ importers expect; Blender's keeps the order.
"""

from __future__ import annotations

from pathlib import Path

from mien.export.licence import licence_of
from mien.export.strands import strands_of
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.heads.retarget import rest_of
from mien.take import Take


def write(take: Take, head: Head | Flame, path: Path) -> None:
    """Write the head's neutral face, with its teeth and brows where it has them."""
    rest = rest_of(head)
    meshes = [("face", rest, head.quads if isinstance(head, Head) else head.triangles)]
    if isinstance(head, Head):
        meshes.append(("teeth", head.teeth_vertices, head.teeth_quads))
        if (strands := strands_of(head)) is not None:
            meshes.append(("brows", strands.at(rest), strands.quads))
    lines, before = [f"# {licence_of(take, head)}"], 1
    for name, vertices, faces in meshes:
        lines.append(f"o {name}")
        lines += [f"v {x:.7g} {y:.7g} {z:.7g}" for x, y, z in vertices.tolist()]
        lines += [f"f {' '.join(str(corner) for corner in face)}" for face in (faces + before).tolist()]
        before += len(vertices)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
