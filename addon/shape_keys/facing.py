# SPDX-License-Identifier: GPL-3.0-or-later
"""How a character that has no armature stands turned in its scene."""

import numpy as np
from mathutils import Matrix, Vector


def turn_of(face) -> Matrix:
    """3x3, about the world's z: from -y, where a face looks that nobody turned, to this object's own front. Its own up
    is z, or y where an importer turned the object."""
    own = face.matrix_world.to_3x3().normalized()
    front = own @ (Vector((0, -1, 0)) if own.col[2].z >= own.col[1].z else Vector((0, 0, 1)))
    return Matrix.Rotation(float(np.arctan2(front.x, -front.y)), 3, "Z")
