# SPDX-License-Identifier: GPL-3.0-or-later
"""The motion space of a user's FLAME, 58 numbers at 25 frames a second: 50 expressions, jaw rotation (3), head rotation
(3) and gaze (2), in the place of the default head's 57. The expression that conditions the network stays a face of the
52 channels."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT
from mien.engines.neural.motion_space import GAZE_MM, ROTATION_MM, MotionSpace
from mien.heads.correspondence import CONTOUR, LOWER, UPPER, head_correspondence
from mien.heads.default import load_head
from mien.heads.flame import Flame
from mien.heads.flame_fitting import EXPRESSIONS, PosedVertices, fit_parameters
from mien.heads.vertex_motion import VertexMotion

PARAMETERS = EXPRESSIONS + 3
OPENED = 0.1  # radians of the jaw: the step of its finite differences
FITTED, MOST = 600, 0.6  # random faces of the fit; no channel beyond this, but the jaw
SHARE = 0.25  # of the channels of such a face move
RIDGE = 1e-3  # added to the least squares


class Lips:
    """FLAME's inner lips: three landmarks of the upper one over three of the lower."""

    def __init__(self, flame: Flame) -> None:
        marks = [row - CONTOUR for row in (*UPPER, *LOWER)]
        flame.landmarks(flame.template)  # FlameError where they are not here
        assert flame.landmark_triangles is not None and flame.landmark_weights is not None
        rows = flame.triangles[flame.landmark_triangles[marks]]
        self.shares = flame.landmark_weights[marks].astype(float)
        self.posed = PosedVertices(flame, rows.ravel())
        self.expressions = self.posed.size - 3
        self.up = self._heights(self.posed.rest[None])
        self.rest = float((self.up[0, :3] - self.up[0, 3:]).min())

    def _heights(self, positions: np.ndarray) -> np.ndarray:
        """(F, 6)"""
        return (positions[..., 1].reshape(-1, 6, 3) * self.shares).sum(-1)

    def gaps(self, parameters: np.ndarray) -> np.ndarray:
        """(F, 3) metres between the lips at each of the three, negative where they cross, for (F, 53)."""
        used = np.concatenate([parameters[:, : self.expressions], parameters[:, EXPRESSIONS:PARAMETERS]], 1)
        heights = self._heights(self.posed.rest + self.posed.offsets(used))
        return heights[:, :3] - heights[:, 3:]


class FlameRetargeter:
    """From motion of the default head (F, 57) to that of a FLAME (F, 58), as quickly as training needs it.

    Parameters are solved for random faces, frame by frame (`heads.flame_fitting`); they are then approximated by a
    function of the channels, of their products with jawOpen and with its square, whose coefficients are fitted.
    `error`, metres: the 95th percentile of vertex distances on other such faces.
    """

    def __init__(self, flame: Flame, seed: int = 0) -> None:
        head = load_head()
        correspondence = head_correspondence(head, flame)
        self.flame, self.jaw = flame, head.channels.index("jawOpen")
        self.order = head.order  # of the takes' channels in the head's
        shapes = correspondence.transfer(head.deltas)
        rng = np.random.default_rng(seed)
        faces = MOST * rng.random((2 * FITTED, len(shapes))) * (rng.random((2 * FITTED, len(shapes))) < SHARE)
        faces[::2, self.jaw] = rng.random(FITTED)
        known, others = faces[:FITTED], faces[FITTED:][: FITTED // 4]
        solution = fit_parameters(VertexMotion(shapes, known), flame, correspondence.matched)
        terms, wanted = self._terms(known), np.concatenate([solution.expression, solution.jaw], 1)
        gram = terms.T @ terms + RIDGE * np.eye(terms.shape[1])
        self.coefficients = np.linalg.solve(gram, terms.T @ wanted)
        self.error = self._error(others, VertexMotion(shapes, others), correspondence.matched)

    def __call__(self, motion: np.ndarray) -> np.ndarray:
        weights = np.zeros((len(motion), len(ARKIT)))
        weights[:, self.order(ARKIT)] = motion[:, : len(ARKIT)]
        return np.concatenate([self._terms(weights) @ self.coefficients, motion[:, len(ARKIT) :]], 1).astype(np.float32)

    def _terms(self, weights: np.ndarray) -> np.ndarray:
        jaw = weights[:, [self.jaw]]
        return np.concatenate([weights, weights * jaw, weights * jaw**2], 1)

    def _error(self, faces: np.ndarray, wanted: VertexMotion, matched: np.ndarray) -> float:
        rows = np.flatnonzero(matched)
        posed = PosedVertices(self.flame, rows)
        fitted = self._terms(faces) @ self.coefficients
        fitted = np.concatenate([fitted[:, : posed.size - 3], fitted[:, EXPRESSIONS:]], 1)
        distances = []
        for begin in range(0, len(faces), 32):
            part = slice(begin, begin + 32)
            distances.append(np.linalg.norm(posed.offsets(fitted[part]) - wanted.at(part)[:, rows], axis=-1))
        return float(np.percentile(np.concatenate(distances), 95))


def space_of(flame: Flame) -> MotionSpace:
    """Of a FLAME with landmarks. FlameError without."""
    lips = Lips(flame)
    rest = np.zeros((PARAMETERS, PARAMETERS))
    posed = PosedVertices(flame, np.arange(len(flame.template)))
    used = [i for i in range(PARAMETERS) if i < posed.size - 3 or i >= EXPRESSIONS]
    steps = np.diag(np.where(np.arange(PARAMETERS) < EXPRESSIONS, 1.0, OPENED))
    distance = np.zeros((PARAMETERS, len(flame.template)))
    distance[used] = np.linalg.norm(posed.offsets(steps[np.ix_(used, used)]), axis=-1) / np.diag(steps)[used, None]
    most = np.sort(distance, axis=1)[:, -len(flame.template) // 10 :]
    mm = 1000 * np.sqrt(np.square(most).mean(1))
    mm = np.concatenate([mm, [ROTATION_MM] * 3, [GAZE_MM] * 2]).astype(np.float32)
    gains = np.zeros((len(mm), 3), np.float32)
    at_rest = lips.gaps(rest[:1])
    gains[:PARAMETERS] = 1000 * (lips.gaps(steps) - at_rest) / np.diag(steps)[:, None]
    parts = {"mouth": tuple(range(PARAMETERS)), "life": tuple(range(PARAMETERS, len(mm)))}
    return MotionSpace(mm, parts, (1000 * at_rest[0]).astype(np.float32), gains, flame.sha256)
