# SPDX-License-Identifier: GPL-3.0-or-later
"""Points of the face that the user picks on the mesh, by which the default head is aligned with it.

A pick is a position in the mesh's own coordinates or the index of a vertex. Right and left are the head's own. On a
symmetric mesh one side is enough.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mien.bind import BindError
from mien.bind.mesh import Mesh
from mien.errors import did_you_mean
from mien.heads.default import Head

# Names, and the landmarks (iBUG-68) of the default head whose mean each is.
POINTS: dict[str, tuple[int, ...]] = {
    "nose_bridge": (27,),
    "nose_tip": (30,),
    "nose_base": (33,),
    "lip_top": (51,),
    "lip_upper": (62,),  # the middle of the edge where the upper lip meets the lower
    "lip_lower": (66,),
    "lip_bottom": (57,),
    "chin": (8,),
    "eye_outer_right": (36,),
    "eye_outer_left": (45,),
    "eye_inner_right": (39,),
    "eye_inner_left": (42,),
    "eye_upper_right": (37, 38),
    "eye_upper_left": (43, 44),
    "eye_lower_right": (40, 41),
    "eye_lower_left": (46, 47),
    "brow_right": (19,),
    "brow_left": (24,),
    "nostril_right": (31,),
    "nostril_left": (35,),
    "mouth_right": (48,),
    "mouth_left": (54,),
    "jaw_right": (4,),
    "jaw_left": (12,),
    "ear_right": (0,),
    "ear_left": (16,),
}
NEEDED = ("nose_tip", "chin", "eye_outer_right", "eye_outer_left", "eye_inner_right", "eye_inner_left")
NEEDED += ("mouth_right", "mouth_left")
ADVICE = (
    "Pick them on the mesh, in MeshLab (.pp) or as JSON, name to [x, y, z] or to the number of a vertex; right is the "
    "head's own right. On a symmetric mesh one side is enough."
)


def pick_positions(picks: Mapping[str, object], mesh: Mesh) -> dict[str, np.ndarray]:
    """name -> (3,) in the mesh's coordinates. BindError for an unknown name, and for what is no position or index."""
    picked = {}
    for name, pick in picks.items():
        if name not in POINTS and name not in map(str, range(68)):
            near = did_you_mean(name, POINTS)
            raise BindError(f"there is no point {name!r} to pick; the names are {', '.join(POINTS)}{near}.")
        if isinstance(pick, int) and not isinstance(pick, bool) and 0 <= pick < len(mesh.vertices):
            picked[name] = mesh.vertices[pick]
            continue
        try:
            position = np.array(pick, float)
        except (TypeError, ValueError):
            position = np.empty(0)
        if position.shape != (3,) or not np.isfinite(position).all():
            raise BindError(
                f"the pick {name} is {pick!r}; it should be [x, y, z] or a vertex from 0 to {len(mesh.vertices) - 1}."
            )
        picked[name] = position
    return picked


def require_picks(picked: dict[str, np.ndarray]) -> None:
    """BindError with the points of NEEDED that are missing."""
    if lacks := missing_picks(picked):
        raise BindError(f"these points are not picked: {', '.join(lacks)}. {ADVICE}")


def missing_picks(picked: dict[str, np.ndarray]) -> list[str]:
    """The points of NEEDED that are not among those picked."""
    have = {number for name in picked for number in landmarks_of(name)}
    return [name for name in NEEDED if not have & set(POINTS[name])]


def landmarks_of(name: str) -> tuple[int, ...]:
    """The landmarks of iBUG-68 whose mean a pick is."""
    return POINTS[name] if name in POINTS else (int(name),)


def opposite(name: str, head: Head) -> str:
    """The name of the pick on the other side; the same for one on the mid-line."""
    if name.endswith("_right"):
        return name.removesuffix("_right") + "_left"
    if name.endswith("_left"):
        return name.removesuffix("_left") + "_right"
    if name.isdigit():
        return str(int(np.flatnonzero(head.landmarks == head.opposite[head.landmarks[int(name)]])[0]))
    return name


def landmark_weights(names: list[str], head: Head) -> np.ndarray:
    """(n, len(head.vertices)): row i times the head's vertices is the point of pick i on the default head."""
    weights = np.zeros((len(names), len(head.vertices)))
    for row, name in enumerate(names):
        for number in landmarks_of(name):
            weights[row, head.landmarks[number]] += 1 / len(landmarks_of(name))
    return weights
