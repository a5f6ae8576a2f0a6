# SPDX-License-Identifier: GPL-3.0-or-later
"""FLAME's own parameters behind what its vertices do: 50 expressions and the turn of the jaw, frame by frame.

Expressions move vertices along straight lines, the jaw on arcs, so each frame is a small non-linear least-squares
problem: Gauss-Newton steps from the face at rest, on some hundreds of vertices spread over the face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from mien.heads.flame import JAW, Flame
from mien.heads.skinning import rotation_matrices
from mien.heads.vertex_motion import VertexMotion

EXPRESSIONS = 50  # as many as DECA, EMOCA and ProbTalk3D move
USED = 400  # vertices that a frame is fitted to
CLING = 2e-5  # m: a standard deviation of an expression costs as much as this distance at every vertex
STEPS, ENOUGH = 8, 1e-4  # Gauss-Newton steps at most, and how little a number changes in the last
TURN = 1e-5  # radians, of the jaw's slopes
BLOCK = 32  # frames at a time
STIRRED = 0.001  # m: a vertex that never goes further is left out of a typical error


@dataclass(frozen=True, eq=False)
class Parameters:
    """expression (F, 50) in standard deviations; jaw (F, 3) axis times angle, radians; error: metres, the 95th of a
    hundred distances between where they put vertices that move and where these were."""

    expression: np.ndarray
    jaw: np.ndarray
    error: float


def solved(moved: VertexMotion, flame: Flame, seen: np.ndarray) -> Parameters:
    """The parameters that come nearest to a movement of FLAME's V vertices at those `seen` (V,), the head held still.
    Of a FLAME with fewer expressions the others are 0."""
    known = np.flatnonzero(seen)
    rows = known[np.unique(np.linspace(0, len(known) - 1, min(USED, len(known))).astype(int))]
    posed = Posed(flame, rows)
    found = np.empty((len(moved), posed.size))
    for begin in range(0, len(moved), BLOCK):
        frames = slice(begin, min(begin + BLOCK, len(moved)))
        found[frames] = _fitted(posed, moved.at(frames)[:, rows].astype(float))
    expression = np.zeros((len(moved), EXPRESSIONS))
    expression[:, : posed.size - 3] = found[:, :-3]
    return Parameters(expression, found[:, -3:], _typical_error(found, moved, flame, known))


def _fitted(posed: Posed, wanted: np.ndarray) -> np.ndarray:
    """(F, size) numbers for offsets (F, n, 3)."""
    cling = np.full(posed.size, len(posed.weights) * CLING**2)
    cling[-3:] *= 1e-3  # radians: a jaw may open as far as it does
    numbers = np.zeros((len(wanted), posed.size))
    for _ in range(STEPS):
        off = (posed.offsets(numbers) - wanted).reshape(len(wanted), -1)
        slopes = posed.slopes(numbers)
        gram = slopes @ slopes.swapaxes(1, 2) + np.diag(cling)
        down = np.einsum("fkv,fv->fk", slopes, off) + cling * numbers
        step = np.linalg.solve(gram, -down[..., None])[..., 0]
        numbers += step
        if np.abs(step).max() < ENOUGH:
            break
    return numbers


class Posed:
    """n vertices of FLAME by E expressions and the jaw, what else turns being still, in float64: skinning.skinned
    written out for one joint, with slopes. `size` is E + 3."""

    def __init__(self, flame: Flame, rows: np.ndarray) -> None:
        basis = flame.expression_basis[:EXPRESSIONS].astype(float)
        regressor = flame.joint_regressor[JAW].astype(float)
        self.size = len(basis) + 3
        self.rest = flame.template[rows].astype(float)
        self.basis = basis[:, rows]
        self.correctives = flame.pose_basis[9 * (JAW - 1) : 9 * JAW, rows].astype(float)
        self.weights = flame.skin_weights[rows, JAW].astype(float)
        self.joint, self.joints = regressor @ flame.template, np.einsum("v,evc->ec", regressor, basis)

    def offsets(self, numbers: np.ndarray) -> np.ndarray:
        """(F, n, 3) metres from rest for numbers (F, E + 3)."""
        turned = rotation_matrices(numbers[:, -3:]) - np.eye(3)
        moved = np.tensordot(numbers[:, :-3], self.basis, 1)
        moved += np.tensordot(turned.reshape(-1, 9), self.correctives, 1)
        from_joint = self.rest + moved - (self.joint + numbers[:, :-3] @ self.joints)[:, None]
        return moved + self.weights[:, None] * (from_joint @ turned.swapaxes(1, 2))

    def slopes(self, numbers: np.ndarray) -> np.ndarray:
        """(F, E + 3, 3n) of `offsets`: exact for the expressions, by differences for the jaw."""
        turned = rotation_matrices(numbers[:, -3:]) - np.eye(3)
        from_joint = self.weights[:, None] * (self.basis - self.joints[:, None])
        by_expression = self.basis + np.einsum("enc,fdc->fend", from_joint, turned, optimize=True)
        by_jaw = []
        for axis in range(-3, 0):
            there, back = numbers.copy(), numbers.copy()
            there[:, axis] += TURN
            back[:, axis] -= TURN
            by_jaw.append((self.offsets(there) - self.offsets(back)) / (2 * TURN))
        return np.concatenate([by_expression, np.stack(by_jaw, 1)], 1).reshape(len(numbers), self.size, -1)


def _typical_error(found: np.ndarray, moved: VertexMotion, flame: Flame, known: np.ndarray) -> float:
    posed, farthest, distances = Posed(flame, known), np.zeros(len(known)), []
    for begin in range(0, len(moved), BLOCK):
        frames = slice(begin, min(begin + BLOCK, len(moved)))
        wanted = moved.at(frames)[:, known]
        farthest = np.maximum(farthest, np.linalg.norm(wanted, axis=-1).max(0))
        distances.append(np.linalg.norm(posed.offsets(found[frames]) - wanted, axis=-1).astype(np.float32))
    stirred = farthest > STIRRED
    return float(np.percentile(np.concatenate(distances)[:, stirred], 95)) if stirred.any() else 0.0


def axis_angles(turns: np.ndarray) -> np.ndarray:
    """(..., 3) axis times angle of rotation matrices (..., 3, 3)."""
    return Rotation.from_matrix(turns.reshape(-1, 3, 3)).as_rotvec().reshape(turns.shape[:-1])
