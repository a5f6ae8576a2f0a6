# SPDX-License-Identifier: GPL-3.0-or-later
"""The inside of the mouth, which the photo does not show: cavity, tongue and teeth of the fitted head in its light."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT
from mien.face_tracking.landmark_indices import LEFT_EYE, RIGHT_EYE
from mien.heads.correspondence import vertex_normals
from mien.photo.eyes import CHEEKS, _polygon, _window
from mien.photo.fit import FittedFace
from mien.photo.head_landmarks import halves, quads_of
from mien.photo.space_warp import SpaceWarp

ENAMEL, GUM = np.array((0.88, 0.82, 0.70)), np.array((0.42, 0.14, 0.13))  # linear, against white
CAVITY, TONGUE = np.array((0.17, 0.045, 0.04)), np.array((0.40, 0.13, 0.12))
CAVITY_DEPTH = 0.03  # m behind the lips that is drawn; further back it is dark
HOLE = (0.09, 0.028, 0.025)  # sRGB of what is seen there
TEETH_DEPTH = 0.03  # the same for teeth, which catch what light there is
DEPTH = 0.015  # m behind the lips at which a third of the light is left
FLOOR = 0.03  # of the light that gets everywhere
OPENING = (0.001, 0.009)  # m between the lips over which the mouth fills with light
SHUT_LIGHT = 0.4
LOWER_LIGHT = (0.62, 0.57, 0.53)  # of the upper teeth's: the lower row stands in the shade of lip and upper row
DIM = 0.72  # of the light on a surface that is seen edge on
WIDTH_RANGE = (0.82, 1.2)  # how much wider or narrower than the fitted head's teeth may be


class Mouth:
    """triangles (T, 3) of N vertices: cavity, tongue, both rows of teeth."""

    def __init__(self, face: FittedFace, pixels: np.ndarray) -> None:
        head = face.head
        self._face, self._head = face, head
        cavity = quads_of(head, "mouth")
        front = float(head.vertices[head.inner_lips][..., 2].max())
        cavity = cavity[(head.vertices[cavity][..., 2] > front - CAVITY_DEPTH).all(1)]
        soft = np.concatenate([cavity, quads_of(head, "tongue")])
        self.inside = np.unique(np.r_[soft.ravel(), head.inner_lips.ravel()])
        place = np.full(len(head.vertices), -1)
        place[self.inside] = np.arange(len(self.inside))
        self.triangles = np.concatenate([halves(place[soft]), halves(head.teeth_quads) + len(self.inside)]).astype(
            np.int32
        )
        tongue = np.isin(self.inside, quads_of(head, "tongue"))
        colours = np.where(tongue[:, None], TONGUE, CAVITY)
        teeth = np.where(head.teeth_gum[:, None] == 1, GUM, ENAMEL)
        teeth = teeth * np.where(head.teeth_lower[:, None] == 1, LOWER_LIGHT, 1.0)
        self._colours = np.concatenate([colours, teeth])
        self._depth = np.r_[np.full(len(self.inside), DEPTH), np.full(len(teeth), TEETH_DEPTH)]
        self._white = white_of(face, pixels)
        self._jaw = head.order(head.teeth_channels)
        pairs = head.vertices[head.inner_lips]
        self._lips = pairs[list(head.inner_lips_middle)].mean((0, 1))
        self._middle = head.inner_lips[list(head.inner_lips_middle)].T
        self._ends = head.inner_lips[[0, -1]].mean(1).astype(int)
        own = np.zeros(len(ARKIT), np.float32)
        own[head.order(ARKIT)] = face.own
        self._place_teeth(own)

    @property
    def count(self) -> int:
        return len(self._colours)

    def at(self, weights: np.ndarray, warp: SpaceWarp | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(places (N, 3) pixels in the head's turn of the photo, colours (N, 3) sRGB 0..1) for weights (52,) in the
        order of the head. warp: from the head to the photo, where it is not the fitted one."""
        head, face = self._head, self._face
        warp = warp or face.warp
        posed = face.posed(weights, self.inside)
        teeth = head.teeth_vertices + np.tensordot(weights[self._jaw].astype(np.float32), head.teeth_deltas, 1)
        places = np.concatenate([warp(posed), teeth @ self._turn.T + self._shift])
        metres = np.concatenate([posed, teeth])
        upper, lower = (face.posed(weights, side) for side in self._middle)
        gap = float(np.median((upper - lower) @ head.gap_axis))
        filled = SHUT_LIGHT + (1 - SHUT_LIGHT) * np.clip((gap - OPENING[0]) / (OPENING[1] - OPENING[0]), 0, 1)
        middle = (upper.mean(0) + lower.mean(0)) / 2
        middle[2] = max(upper[:, 2].mean(), lower[:, 2].mean())
        away = np.linalg.norm((metres - middle) * (0.55, 0.7, 1.0), axis=1)
        light = FLOOR + (1 - FLOOR) * np.exp(-np.maximum(away - 0.004, 0) / self._depth)
        normals = vertex_normals(places.astype(np.float64), self.triangles)
        facing = np.clip(-normals[:, 2], 0, 1)  # towards the camera
        light = light * filled * (DIM + (1 - DIM) * facing)
        return places, srgb(self._colours * light[:, None] * self._white)

    def _place_teeth(self, own: np.ndarray) -> None:
        """Teeth are stiff: they are scaled by the width of the lips and turned with the head, and nothing else."""
        face = self._face
        ends = face.warp(face.posed(own, self._ends))
        width = np.linalg.norm(ends[1] - ends[0])
        posed = face.posed(own, self._ends)
        ratio = float(width / np.linalg.norm(posed[1] - posed[0]) / face.pose.scale)
        scale = float(face.pose.scale) * float(np.clip(ratio, *WIDTH_RANGE))
        self._turn = scale * face.pose.turn * (1.0, -1.0, -1.0)
        upper = self._middle[0]
        lip, seen = face.posed(own, upper).mean(0), face.warp(face.posed(own, upper)).mean(0)
        self._shift = seen - self._turn @ lip


def white_of(face: FittedFace, pixels: np.ndarray) -> np.ndarray:
    """(3,) linear: what a white surface would show in the face's light, from the skin and the white of the eyes."""
    picture = pixels[..., :3]
    at = np.clip(face.points[list(CHEEKS), :2].astype(int), 0, np.array(picture.shape[1::-1]) - 1)
    skin = np.median(linear(picture[at[:, 1], at[:, 0]] / 255), 0)
    found = [skin * 1.05]
    for ring in (RIGHT_EYE, LEFT_EYE):
        outline = face.points[list(ring), :2]
        rows, columns, low = _window(outline, 2, picture.shape)
        part = linear(picture[rows, columns] / 255)
        inside = part[_polygon(outline, low, part.shape[:2]) > 0.9]
        if len(inside) > 8:
            found.append(np.percentile(inside, 85, axis=0) * 1.1)
    brightest = max(found, key=lambda colour: float(colour.mean()))
    grey = brightest.mean()
    # Half of the light's colour: skin and eyes have one of their own.
    return np.clip(0.5 * brightest + 0.5 * grey, 0.02, 1.0)


def linear(values: np.ndarray) -> np.ndarray:
    """sRGB 0..1 to linear."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def srgb(values: np.ndarray) -> np.ndarray:
    """Linear 0..1 to sRGB."""
    values = np.clip(values, 0, 1)
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055)
