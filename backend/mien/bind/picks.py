# SPDX-License-Identifier: GPL-3.0-or-later
"""Points of the face that the user has picked on the mesh: what lays the default head over it.

A pick is a place in the mesh's own coordinates or the number of a vertex. Right and left are the head's own. On a mesh
that is its own mirror image one side is enough.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from mien.bind import BindError
from mien.bind.mesh import Mesh
from mien.heads.default import Head

# Names and the landmarks (iBUG-68) of the default head whose middle each is.
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
LIMIT = 1 << 20  # bytes of the file
ADVICE = (
    "Pick them on the mesh and give them as JSON, name to [x, y, z] or to the number of a vertex; right is the head's "
    "own right. On a symmetric mesh one side is enough."
)


def read_picks(path: Path) -> dict[str, object]:
    """name -> place or number, of a JSON object; a list of 68 are iBUG's landmarks. BindError in words."""
    if path.stat().st_size > LIMIT:
        raise BindError(f"{path.name} is too large for some picked points.")
    try:
        read = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BindError(f"{path.name} cannot be read as JSON ({error}).") from None
    if isinstance(read, list) and len(read) == 68:
        read = {str(number): place for number, place in enumerate(read)}
    if not isinstance(read, dict):
        raise BindError(f"{path.name} is no JSON object of names and places.")
    return read


def places(picks: dict[str, object], mesh: Mesh) -> dict[str, np.ndarray]:
    """name -> (3,) of every pick, in the mesh's coordinates. BindError for a name or a place that is none."""
    found = {}
    for name, pick in picks.items():
        if name not in POINTS and name not in map(str, range(68)):
            raise BindError(f"there is no point {name!r} to pick; the names are {', '.join(POINTS)}.")
        if isinstance(pick, int) and not isinstance(pick, bool) and 0 <= pick < len(mesh.vertices):
            found[name] = mesh.vertices[pick]
            continue
        try:
            place = np.array(pick, float)
        except (TypeError, ValueError):
            place = np.empty(0)
        if place.shape != (3,) or not np.isfinite(place).all():
            raise BindError(
                f"the pick {name} is {pick!r}; it should be [x, y, z] or a vertex from 0 to {len(mesh.vertices) - 1}."
            )
        found[name] = place
    return found


def check(found: dict[str, np.ndarray]) -> None:
    """BindError that names what is still to be picked."""
    if lacks := missing(found):
        raise BindError(f"these points are not picked: {', '.join(lacks)}. {ADVICE}")


def missing(found: dict[str, np.ndarray]) -> list[str]:
    """The points of NEEDED that are not among those found."""
    have = {number for name in found for number in numbers(name)}
    return [name for name in NEEDED if not have & set(POINTS[name])]


def numbers(name: str) -> tuple[int, ...]:
    """The landmarks of iBUG-68 that a pick is the middle of."""
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


def on_head(names: list[str], head: Head) -> np.ndarray:
    """(n, len(head.vertices)) shares: each row is a pick's point of the default head."""
    shares = np.zeros((len(names), len(head.vertices)))
    for row, name in enumerate(names):
        for number in numbers(name):
            shares[row, head.landmarks[number]] += 1 / len(numbers(name))
    return shares
