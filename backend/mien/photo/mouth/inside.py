# SPDX-License-Identifier: GPL-3.0-or-later
"""The inside of the mouth, which the photo does not show: cavity and tongue of the fitted head in its light."""

from __future__ import annotations

import numpy as np

from mien.heads.correspondence import vertex_normals
from mien.numeric.smoothstep import smoothstep
from mien.numeric.srgb import srgb
from mien.photo.fit import FittedFace
from mien.photo.head_landmarks import halves, quads_of
from mien.photo.space_warp import SpaceWarp
from mien.preview.tongue import Tongue

CAVITY, TONGUE = np.array((0.17, 0.045, 0.04)), np.array((0.52, 0.19, 0.18))  # linear, against white
CAVITY_DEPTH = 0.03  # m behind the lips that is drawn; further back it is dark
HOLE = (0.0085, 0.0022, 0.0019)  # linear: what is seen there
DEPTH, TONGUE_DEPTH = 0.015, 0.04  # m behind the lips at which a third of the light is left
LIGHT = np.array([0.0, -0.6, -0.8])  # on the tongue, towards where it comes from in the picture's axes
SOFT = 0.45  # share of its light that comes from everywhere
FLOOR = 0.03  # of the light that gets everywhere
OPENING = (0.002, 0.014)  # m between the lips over which the mouth fills with light
SHUT_LIGHT = 0.4
# Of the tongue's half width, over which its light goes: it ends at the cheeks, in the dark, and not in an edge.
SIDES, SIDE_LIGHT = (0.4, 0.95), 0.12
DIM = 0.72  # of the light on a surface that is seen edge on


class Mouth:
    """cavity, tongue: (T, 3) triangles of the N vertices that `at` places; hole (3,) sRGB 0..1: what is behind them.

    white, dark (3,) linear: what `light.white_of` and `light.dark_of` read from the photo."""

    def __init__(self, face: FittedFace, white: np.ndarray, dark: np.ndarray) -> None:
        head = face.head
        self._face, self._white, self._dark = face, white, dark
        self.hole = srgb(np.maximum(HOLE, dark))
        cavity = quads_of(head, "mouth")
        front = float(head.vertices[head.inner_lips][..., 2].max())
        cavity = cavity[(head.vertices[cavity][..., 2] > front - CAVITY_DEPTH).all(1)]
        tongue = quads_of(head, "tongue")
        self.inside = np.unique(np.r_[cavity.ravel(), tongue.ravel(), head.inner_lips.ravel()])
        place = np.full(len(head.vertices), -1)
        place[self.inside] = np.arange(len(self.inside))
        self.cavity = halves(place[cavity]).astype(np.int32)
        # The tongue is drawn rounder than the head's own quads, which move it.
        self._tongue = Tongue(head)
        self._vertices = np.zeros_like(head.vertices)
        self.tongue = (halves(self._tongue.quads) + len(self.inside)).astype(np.int32)
        of_tongue = np.arange(len(self.inside) + len(self._tongue.furrow)) >= len(self.inside)
        self._colours = np.where(of_tongue[:, None], TONGUE, CAVITY)
        self._colours[of_tongue] *= (self._tongue.furrow * _side_light(self._tongue.place(head.vertices)))[:, None]
        self._depth = np.where(of_tongue, TONGUE_DEPTH, DEPTH)
        self._middle = head.inner_lips[list(head.inner_lips_middle)].T

    @property
    def count(self) -> int:
        return len(self._colours)

    def filled(self, weights: np.ndarray) -> float:
        """0..1: how much light the opening of the lips lets in."""
        upper, lower = (self._face.posed(weights, side) for side in self._middle)
        gap = float(np.median((upper - lower) @ self._face.head.gap_axis))
        return float(np.clip((gap - OPENING[0]) / (OPENING[1] - OPENING[0]), 0, 1))

    def at(
        self, weights: np.ndarray, warp: SpaceWarp | None = None, tongue: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(places (N, 3) pixels in the head's turn of the photo, colours (N, 3) sRGB 0..1) for weights (52,) in the
        order of the head. warp: from the head to the photo, where it is not the fitted one; tongue (S,): weights of the
        head's own shapes of the tongue."""
        face = self._face
        self._vertices[self.inside] = face.posed(weights, self.inside)
        if tongue is not None and tongue.any():
            self._vertices[self.inside] += np.tensordot(tongue, face.head.tongue_deltas[:, self.inside], 1)
        posed = np.concatenate([self._vertices[self.inside], self._tongue.place(self._vertices)])
        places = (warp or face.warp)(posed)
        upper, lower = (face.posed(weights, side) for side in self._middle)
        middle = (upper.mean(0) + lower.mean(0)) / 2
        middle[2] = max(upper[:, 2].mean(), lower[:, 2].mean())
        away = np.linalg.norm((posed - middle) * (0.55, 0.7, 1.0), axis=1)
        light = FLOOR + (1 - FLOOR) * np.exp(-np.maximum(away - 0.004, 0) / self._depth)
        light *= (SHUT_LIGHT + (1 - SHUT_LIGHT) * self.filled(weights)) * self._turned(places)
        return places, srgb(self._colours * light[:, None] * self._white + self._dark)

    def _turned(self, places: np.ndarray) -> np.ndarray:
        """(N,) the share of the light that a surface takes as it is turned: of the cavity by the camera, of the tongue
        by a light from above it, which shows its shape."""
        facing = np.clip(-vertex_normals(places.astype(np.float64), self.cavity)[:, 2], 0, 1)
        lit = np.clip(vertex_normals(places.astype(np.float64), self.tongue) @ LIGHT, 0, 1)
        of_tongue = np.arange(len(places)) >= len(self.inside)
        return np.where(of_tongue, SOFT + (1 - SOFT) * lit, DIM + (1 - DIM) * facing)


def _side_light(tongue: np.ndarray) -> np.ndarray:
    """(N,) the share of its light that each place (N, 3) metres of a tongue has, less at its sides."""
    across = np.abs(tongue[:, 0]) / np.abs(tongue[:, 0]).max()
    return 1 - (1 - SIDE_LIGHT) * smoothstep(across, *SIDES)
