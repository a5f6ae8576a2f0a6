# SPDX-License-Identifier: GPL-3.0-or-later
"""FLAME's parameters fitted to vertex motion: 50 expressions and the rotation of the jaw, frame by frame.

Expressions are linear, the jaw's rotation is not: each frame is a small non-linear least-squares problem, solved by
Gauss-Newton from the face at rest, on some hundreds of vertices spread over the face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from mien.heads.flame import JAW, Flame
from mien.heads.skinning import rotation_matrices
from mien.heads.vertex_motion import VertexMotion

EXPRESSIONS = 50  # as many as DECA, EMOCA and ProbTalk3D move
FITTED_VERTICES = 400  # that a frame is fitted to
DAMPING = 2e-5  # m: one standard deviation of an expression costs as much as this distance at every vertex
STEPS, CONVERGED = 8, 1e-4  # most Gauss-Newton steps, and the largest change of a parameter in the last
ANGLE_STEP = 1e-5  # radians, of the jaw's finite differences
BLOCK = 32  # frames at a time
MOVING = 0.001  # m: a vertex that never moves further is left out of a typical error


@dataclass(frozen=True, eq=False)
class Parameters:
    """expression (F, 50) in standard deviations; jaw (F, 3) axis times angle, radians; error: metres, the 95th
    percentile of the distances between posed and target vertices that move."""

    expression: np.ndarray
    jaw: np.ndarray
    error: float


def fit_parameters(motion: VertexMotion, flame: Flame, matched: np.ndarray) -> Parameters:
    """The parameters nearest to a motion of FLAME's V vertices, at those that are `matched` (V,) bool, without head
    rotation. With fewer than 50 expressions in the FLAME the others are 0."""
    known = np.flatnonzero(matched)
    rows = known[np.unique(np.linspace(0, len(known) - 1, min(FITTED_VERTICES, len(known))).astype(int))]
    posed = PosedVertices(flame, rows)
    parameters = np.empty((len(motion), posed.size))
    for begin in range(0, len(motion), BLOCK):
        frames = slice(begin, min(begin + BLOCK, len(motion)))
        parameters[frames] = _gauss_newton(posed, motion.at(frames)[:, rows].astype(float))
    expression = np.zeros((len(motion), EXPRESSIONS))
    expression[:, : posed.size - 3] = parameters[:, :-3]
    return Parameters(expression, parameters[:, -3:], _typical_error(parameters, motion, flame, known))


def _gauss_newton(posed: PosedVertices, target: np.ndarray) -> np.ndarray:
    """(F, size) parameters for target offsets (F, n, 3)."""
    damping = np.full(posed.size, len(posed.weights) * DAMPING**2)
    damping[-3:] *= 1e-3  # radians: the jaw is hardly damped
    numbers = np.zeros((len(target), posed.size))
    for _ in range(STEPS):
        residual = (posed.offsets(numbers) - target).reshape(len(target), -1)
        jacobian = posed.jacobian(numbers)
        gram = jacobian @ jacobian.swapaxes(1, 2) + np.diag(damping)
        gradient = np.einsum("fkv,fv->fk", jacobian, residual) + damping * numbers
        step = np.linalg.solve(gram, -gradient[..., None])[..., 0]
        numbers += step
        if np.abs(step).max() < CONVERGED:
            break
    return numbers


class PosedVertices:
    """n vertices of FLAME, `rows`, posed by E expressions and the jaw alone, in float64: linear blend skinning written
    out for one joint, with its Jacobian. `size` is E + 3."""

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
        """(F, n, 3) metres from rest for parameters (F, E + 3)."""
        rotations = rotation_matrices(numbers[:, -3:]) - np.eye(3)
        motion = np.tensordot(numbers[:, :-3], self.basis, 1)
        motion += np.tensordot(rotations.reshape(-1, 9), self.correctives, 1)
        from_joint = self.rest + motion - (self.joint + numbers[:, :-3] @ self.joints)[:, None]
        return motion + self.weights[:, None] * (from_joint @ rotations.swapaxes(1, 2))

    def jacobian(self, numbers: np.ndarray) -> np.ndarray:
        """(F, E + 3, 3n) Jacobian of `offsets`: exact for the expressions, by central differences for the jaw."""
        rotations = rotation_matrices(numbers[:, -3:]) - np.eye(3)
        from_joint = self.weights[:, None] * (self.basis - self.joints[:, None])
        by_expression = self.basis + np.einsum("enc,fdc->fend", from_joint, rotations, optimize=True)
        by_jaw = []
        for axis in range(-3, 0):
            forward, backward = numbers.copy(), numbers.copy()
            forward[:, axis] += ANGLE_STEP
            backward[:, axis] -= ANGLE_STEP
            by_jaw.append((self.offsets(forward) - self.offsets(backward)) / (2 * ANGLE_STEP))
        return np.concatenate([by_expression, np.stack(by_jaw, 1)], 1).reshape(len(numbers), self.size, -1)


def _typical_error(parameters: np.ndarray, motion: VertexMotion, flame: Flame, known: np.ndarray) -> float:
    posed, farthest, distances = PosedVertices(flame, known), np.zeros(len(known)), []
    for begin in range(0, len(motion), BLOCK):
        frames = slice(begin, min(begin + BLOCK, len(motion)))
        target = motion.at(frames)[:, known]
        farthest = np.maximum(farthest, np.linalg.norm(target, axis=-1).max(0))
        distances.append(np.linalg.norm(posed.offsets(parameters[frames]) - target, axis=-1).astype(np.float32))
    moving = farthest > MOVING
    return float(np.percentile(np.concatenate(distances)[:, moving], 95)) if moving.any() else 0.0


def axis_angles(turns: np.ndarray) -> np.ndarray:
    """(..., 3) axis times angle, radians, of rotation matrices (..., 3, 3)."""
    return Rotation.from_matrix(turns.reshape(-1, 3, 3)).as_rotvec().reshape(turns.shape[:-1])
