# SPDX-License-Identifier: GPL-3.0-or-later
"""Round eyeballs in place of the few polygons of the head's own eyes.

The head's eyes have some 40 vertices each, enough for position and gaze, too few for a round iris and a highlight. The
ball follows them rigidly in every frame.
"""

import numpy as np

from mien.heads.default import Head
from mien.numeric.rigid_fit import fit
from mien.numeric.smoothstep import smoothstep

SEGMENTS, RINGS = 32, 14
DRAWN_ANGLE = np.radians(85)  # from the axis; the rest of the ball is never visible


class Eyeball:
    """One eye. rest (n, 3): the head's own vertices of it at rest, metres; axis (3,): unit vector of its gaze then."""

    def __init__(self, rest: np.ndarray, axis: np.ndarray) -> None:
        rest = rest.astype(np.float64)
        # A sphere through the vertices by least squares: |p|^2 = 2 p.c + (r^2 - |c|^2).
        solution = np.linalg.lstsq(np.c_[2 * rest, np.ones(len(rest))], (rest**2).sum(1), rcond=None)[0]
        self.centre = solution[:3]
        self.radius = float(np.sqrt(solution[3] + self.centre @ self.centre))
        self.axis = axis
        self._rest = rest
        side = np.cross([0.0, 1.0, 0.0], axis)
        side /= np.linalg.norm(side)
        self._frame = np.stack([side, np.cross(axis, side), axis], 1)  # eye to head
        angle = np.linspace(0.0, DRAWN_ANGLE, RINGS)[1:, None]
        azimuth = np.arange(SEGMENTS) * 2 * np.pi / SEGMENTS
        ring = np.stack(
            [np.sin(angle) * np.cos(azimuth), np.sin(angle) * np.sin(azimuth), np.cos(angle) + 0 * azimuth], -1
        )
        self.directions = np.concatenate([[[0.0, 0.0, 1.0]], ring.reshape(-1, 3)])  # (N, 3) in the eye, z forward
        self.triangles = _triangles()

    def place(
        self, vertices: np.ndarray, upper: np.ndarray, lower: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(positions (N, 3), normals (N, 3), ambient occlusion (N,) 0..1) for the eye's vertices (n, 3) in this frame.

        upper, lower: (k, 3) points on the edges of the lids in this frame, from corner to corner, which shade the eye.
        """
        rotation, shift = fit(self._rest, vertices)
        frame = rotation @ self._frame
        normals = self.directions @ frame.T
        centre = rotation @ self.centre + shift
        return centre + self.radius * normals, normals, self._occlusion(normals, upper - centre, lower - centre)

    def _occlusion(self, normals: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
        across = normals[:, 0] * self.radius
        height = normals[:, 1] * self.radius
        below_upper = _edge(across, upper) - height
        above_lower = height - _edge(across, lower)
        # Metres over which the shade of lid and lashes fades; the upper lid stands out further.
        return (0.16 + 0.84 * smoothstep(below_upper, -0.0004, 0.0046)) * (
            0.55 + 0.45 * smoothstep(above_lower, -0.0005, 0.002)
        )


def eye_of(head: Head, side: str) -> tuple[Eyeball, np.ndarray]:
    """The ball of the "left" or "right" eye, and the indices of the head's own vertices that it replaces."""
    part = np.array(head.parts)[head.quad_part]
    name = np.array([material["name"] for material in head.materials])[head.quad_material]
    centre = head.joint(f"eye_{side}")
    near = np.sign(head.vertices[head.quads].mean(1)[:, 0]) == np.sign(centre[0])
    vertices = np.unique(head.quads[(part == "eyes") & near])
    pupil = head.vertices[np.unique(head.quads[(name == "pupil") & near])].mean(0) - centre
    return Eyeball(head.vertices[vertices], pupil / np.linalg.norm(pupil)), vertices


def _edge(across: np.ndarray, lid: np.ndarray) -> np.ndarray:
    """Height of a lid's edge at each vertex: a parabola through its points."""
    return np.polyval(np.polyfit(lid[:, 0], lid[:, 1], 2), across)


def _triangles() -> np.ndarray:
    i = np.arange(SEGMENTS)
    j = (i + 1) % SEGMENTS
    fan = np.stack([0 * i, 1 + i, 1 + j], -1)
    bands = []
    for ring in range(RINGS - 2):
        a, b = 1 + ring * SEGMENTS, 1 + (ring + 1) * SEGMENTS
        bands += [np.stack([a + i, b + i, b + j], -1), np.stack([a + i, b + j, a + j], -1)]
    return np.concatenate([fan, *bands])
