# SPDX-License-Identifier: GPL-3.0-or-later
"""A smooth ball in place of the few polygons of the head's own eye.

The head's eyes are octagons of some 40 vertices, enough to say where the eye is and where it looks, too few for a
round iris and a highlight. The ball follows them rigidly in every frame.
"""

import numpy as np

from mien.heads.default import Head
from mien.numeric.rigid_fit import fit

AROUND, RINGS = 32, 14
REACH = np.radians(85)  # of the ball is drawn, from its axis; the rest is never seen


class Eyeball:
    """One eye. rest: (n, 3) the head's own vertices of it at rest, metres; ahead: (3,) unit, where it then looks."""

    def __init__(self, rest: np.ndarray, ahead: np.ndarray) -> None:
        rest = rest.astype(np.float64)
        # A sphere through the vertices by least squares: |p|^2 = 2 p.c + (r^2 - |c|^2).
        solution = np.linalg.lstsq(np.c_[2 * rest, np.ones(len(rest))], (rest**2).sum(1), rcond=None)[0]
        self.centre = solution[:3]
        self.radius = float(np.sqrt(solution[3] + self.centre @ self.centre))
        self.ahead = ahead
        self._rest = rest
        side = np.cross([0.0, 1.0, 0.0], ahead)
        side /= np.linalg.norm(side)
        self._frame = np.stack([side, np.cross(ahead, side), ahead], 1)  # eye to head
        angle = np.linspace(0.0, REACH, RINGS)[1:, None]
        turn = np.arange(AROUND) * 2 * np.pi / AROUND
        ring = np.stack([np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn), np.cos(angle) + 0 * turn], -1)
        self.directions = np.concatenate([[[0.0, 0.0, 1.0]], ring.reshape(-1, 3)])  # (N, 3) in the eye, z ahead
        self.triangles = _triangles()

    def place(
        self, vertices: np.ndarray, upper: np.ndarray, lower: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """positions (N, 3), normals (N, 3), daylight (N,) for the eye's vertices (n, 3) in this frame.

        upper, lower: (k, 3) points on the edges of the lids in this frame, from corner to corner: the lids shade
        the eye under them.
        """
        turn, shift = fit(self._rest, vertices)
        frame = turn @ self._frame
        normals = self.directions @ frame.T
        centre = turn @ self.centre + shift
        return centre + self.radius * normals, normals, self._occlusion(normals, upper - centre, lower - centre)

    def _occlusion(self, normals: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
        across = normals[:, 0] * self.radius
        height = normals[:, 1] * self.radius
        below_upper = _edge(across, upper) - height
        above_lower = height - _edge(across, lower)
        # Metres over which the shade of lid and lashes fades; the upper lid stands out further.
        return (0.16 + 0.84 * _rise(below_upper, -0.0004, 0.0046)) * (0.55 + 0.45 * _rise(above_lower, -0.0005, 0.002))


def eye_of(head: Head, side: str) -> tuple[Eyeball, np.ndarray]:
    """The ball of the "left" or "right" eye, and the numbers of the head's own vertices that it stands for."""
    part = np.array(head.parts)[head.quad_part]
    name = np.array([material["name"] for material in head.materials])[head.quad_material]
    centre = head.joint(f"eye_{side}")
    near = np.sign(head.vertices[head.quads].mean(1)[:, 0]) == np.sign(centre[0])
    members = np.unique(head.quads[(part == "eyes") & near])
    pupil = head.vertices[np.unique(head.quads[(name == "pupil") & near])].mean(0) - centre
    return Eyeball(head.vertices[members], pupil / np.linalg.norm(pupil)), members


def _edge(across: np.ndarray, lid: np.ndarray) -> np.ndarray:
    """Height of a lid's edge over each vertex, a parabola through its points."""
    return np.polyval(np.polyfit(lid[:, 0], lid[:, 1], 2), across)


def _rise(value: np.ndarray, start: float, end: float) -> np.ndarray:
    share = np.clip((value - start) / (end - start), 0.0, 1.0)
    return share * share * (3 - 2 * share)


def _triangles() -> np.ndarray:
    i = np.arange(AROUND)
    j = (i + 1) % AROUND
    fan = np.stack([0 * i, 1 + i, 1 + j], -1)
    bands = []
    for ring in range(RINGS - 2):
        a, b = 1 + ring * AROUND, 1 + (ring + 1) * AROUND
        bands += [np.stack([a + i, b + i, b + j], -1), np.stack([a + i, b + j, a + j], -1)]
    return np.concatenate([fan, *bands])
