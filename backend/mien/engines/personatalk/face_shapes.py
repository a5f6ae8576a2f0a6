# SPDX-License-Identifier: GPL-3.0-or-later
"""FaceShapes: what a track says of a face without its pose, in units of the distance of the outer eye corners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.personatalk import DubError
from mien.engines.personatalk.face_mesh import eye_distance, mesh_vertices, rigid_ring
from mien.face_tracking.head_pose import HeadPose
from mien.face_tracking.landmark_indices import FACE, LOWER_LIP, UPPER_LIP
from mien.face_tracking.track import FaceTrack

LEAST_FRAMES = 25  # with the face: fewer say nothing of a speaker
RESTING = 0.3  # share of the frames, the least open ones, whose median is the face at rest


@dataclass(frozen=True, eq=False)
class FaceShapes:
    """Of N frames: shapes (N, 468, 3) from the front, y down, in eye distances; pose, whose scale is pixels of an eye
    distance; seen (N,) bool; gap (N,) of the lips; rest (468, 3), the least open shapes' median; ring (36, 3)."""

    shapes: np.ndarray
    pose: HeadPose
    seen: np.ndarray
    gap: np.ndarray
    rest: np.ndarray
    ring: np.ndarray

    @property
    def turn(self) -> np.ndarray:
        """(N, 3) radians pitch, yaw, roll."""
        return self.pose.head_rotation

    def vertices(self, frame: int, shape: np.ndarray | None = None) -> np.ndarray:
        """(504, 3) pixels of the mesh in a frame, with its own shape or another one (468, 3)."""
        pose = HeadPose(self.pose.turn[frame], self.pose.scale[frame], self.pose.shift[frame])
        points = pose.with_pose(self.shapes[frame] if shape is None else shape)
        return mesh_vertices(points, pose, self.ring)


def lip_gap(shapes: np.ndarray) -> np.ndarray:
    """(...,) distance of the inner lips' middles of shapes (..., 468, 3)."""
    return np.linalg.norm(shapes[..., UPPER_LIP, :] - shapes[..., LOWER_LIP, :], axis=-1)


def face_shapes(track: FaceTrack, learnt: np.ndarray | None = None) -> FaceShapes:
    """The shapes of a track; the face at rest from the frames `learnt` (N,) bool, all by default. DubError where the
    face is in too few."""
    seen = track.tracked if learnt is None else track.tracked & learnt
    if seen.sum() < LEAST_FRAMES:
        raise DubError(
            f"The face is seen in {int(seen.sum())} pictures of the film's part; {LEAST_FRAMES} are needed to learn "
            "how it speaks. Name a longer part, or other references."
        )
    pose = track.pose
    flat = pose.without_pose(track.points[:, :FACE].astype(float))
    unit = float(np.median(eye_distance(flat[seen])))
    shapes = flat / unit
    gap = lip_gap(shapes)
    rest = np.median(shapes[seen & (gap <= np.quantile(gap[seen], RESTING))], 0)
    scaled = HeadPose(pose.turn, pose.scale * unit, pose.shift)
    return FaceShapes(shapes, scaled, track.tracked, gap, rest, rigid_ring(rest))
