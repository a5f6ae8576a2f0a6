# SPDX-License-Identifier: GPL-3.0-or-later
"""The places of the landmarks in every frame of a line: of the mesh as it is seen, corrections and rigs included."""

from dataclasses import dataclass

import bpy
import numpy as np

from ..animation import nla_layers, takes
from ..animation.nla_layers import Mark
from ..scene.frame_sampling import sampled_frames
from ..shape_keys import keys
from .correspondence import LandmarksMissing
from .lines import OUTER_EYES, STILL
from .vertices import vertices_of


@dataclass(frozen=True, eq=False)
class Samples:
    """frames (F,) int of the scene; points (F, 68, 3) float32 in the speaker's own axes; rest (68, 3) float32: of the
    mesh without keys and modifiers."""

    frames: np.ndarray
    points: np.ndarray
    rest: np.ndarray

    @property
    def unit(self) -> float:
        """The distance of the outer corners of the eyes at rest."""
        return float(np.linalg.norm(self.rest[OUTER_EYES[0]] - self.rest[OUTER_EYES[1]]))


def frames_of(speaker: bpy.types.Object, line) -> range:
    """The scene's frames of the line's active take, from the first to the last."""
    take = takes.active(line)
    mark = Mark("take", line.uid, take.uid)
    layers = [layer for id_ in takes.driven(speaker) if (layer := nla_layers.find(id_, mark)) is not None]
    if not layers:
        return range(line.start_frame, max(line.start_frame, take.last_frame) + 1)
    first, last = min(map(nla_layers.start_of, layers)), max(map(nla_layers.end_of, layers))
    return range(int(np.floor(first)), int(np.ceil(last)) + 1)


def sampled(scene: bpy.types.Scene, speaker: bpy.types.Object, frames: range, still: bool) -> Samples:
    """The landmarks of the speaker in these frames; without the head's motion if `still`. Raises LandmarksMissing,
    HeadError. Frame and unkeyed values are the same afterwards."""
    ids = vertices_of(speaker)
    points = np.empty((len(frames), len(ids), 3), np.float32)
    with sampled_frames(scene, frames) as graphs:
        for row, graph in enumerate(graphs):
            points[row] = _places(speaker.evaluated_get(graph), speaker, ids)
    rest = keys.rest(speaker.data)[ids]
    return Samples(np.array(frames, np.int32), held_still(points, rest) if still else points, rest)


def _places(evaluated: bpy.types.Object, speaker: bpy.types.Object, ids: np.ndarray) -> np.ndarray:
    vertices = evaluated.data.vertices
    if len(vertices) < len(speaker.data.vertices):
        raise LandmarksMissing(
            f"a modifier of '{speaker.name}' removes vertices, so its landmarks are not known; turn it off first."
        )
    co = np.empty(3 * len(vertices), np.float32)
    vertices.foreach_get("co", co)
    return co.reshape(-1, 3)[ids]


def held_still(points: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """(F, 68, 3) float32 without the head's motion: the rigid transform of nose and corners of the eyes is undone
    (Kabsch 1976)."""
    still = points.astype(float)
    known = list(STILL)
    middle = rest[known].mean(0)
    for row, face in enumerate(still):
        other = face[known].mean(0)
        left, _, right = np.linalg.svd((rest[known] - middle).T @ (face[known] - other))
        signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
        still[row] = (face - other) @ ((left * signs) @ right).T + middle
    return still.astype(np.float32)
