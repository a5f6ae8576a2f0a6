# SPDX-License-Identifier: GPL-3.0-or-later
"""The face at rest as a mesh, Wavefront OBJ, with the vertex order of point caches.

Metres, y up, z out of the face, as OBJ importers expect; Blender's keeps the order.
"""

from __future__ import annotations

from pathlib import Path

from mien.export.licence import licence_of
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.heads.retarget import rest_of
from mien.take import Take


def write(take: Take, head: Head | Flame, path: Path) -> None:
    """Write the head's neutral face, with the take's identity."""
    faces = head.quads if isinstance(head, Head) else head.triangles
    lines = [f"# {licence_of(take, head)}"]
    lines += [f"v {x:.7g} {y:.7g} {z:.7g}" for x, y, z in rest_of(head).tolist()]
    lines += [f"f {' '.join(str(corner + 1) for corner in face)}" for face in faces.tolist()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
