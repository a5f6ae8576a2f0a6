# SPDX-License-Identifier: GPL-3.0-or-later
"""A drawn face that opens and shuts its mouth: its track is known exactly, and its pictures are painted on the mesh."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from mien.engines.personatalk.face_mesh import rigid_ring, triangles
from mien.engines.personatalk.face_shapes import FaceShapes, face_shapes
from mien.engines.personatalk.raster import rasterise
from mien.face_tracking.bundle import canonical_face
from mien.face_tracking.landmark_indices import INNER_LIPS, LOWER_LIP, POINTS
from mien.face_tracking.track import FaceTrack
from mien.video.footage import Footage, Picture

SIDE = 128
RATE = Fraction(25)
MOST_OPEN = 1.6  # cm


@dataclass(frozen=True, eq=False)
class Talker:
    """track, its shapes and pictures (N, SIDE, SIDE, 3) uint8; opening (N,) 0 to 1."""

    track: FaceTrack
    shapes: FaceShapes
    pictures: list[np.ndarray]
    opening: np.ndarray

    @property
    def learnt(self) -> np.ndarray:
        return np.ones(self.track.frames, bool)

    def footage(self) -> Footage:
        def pictures() -> Iterator[Picture]:
            for time, pixels in zip(self.track.times, self.pictures, strict=True):
                yield Picture(time, pixels)

        count = len(self.pictures)
        return Footage("talker", SIDE, SIDE, RATE, count / RATE, False, Fraction(0), False, (), pictures)


def talker(frames: int = 40, seed: int = 0, nod: float = 0.05) -> Talker:
    """Of so many pictures; the head nods a little and moves a few pixels."""
    rng = np.random.default_rng(seed)
    phase = np.cumsum(rng.uniform(0.3, 0.9, frames))
    opening = np.clip(0.5 - 0.6 * np.cos(phase), 0, 1)
    points = np.stack([_points(opening[i], i, nod) for i in range(frames)])
    track = track_of(points)
    shapes = face_shapes(track)
    pictures = [paint(shapes.vertices(i), opening[i]) for i in range(frames)]
    return Talker(track, shapes, pictures, opening)


def track_of(points: np.ndarray) -> FaceTrack:
    """A track whose face is seen in every picture."""
    frames = len(points)
    return FaceTrack(
        width=SIDE, height=SIDE, times=tuple(i / RATE for i in range(frames)), length=frames / RATE, start=Fraction(0),
        rate=RATE, tracked=np.ones(frames, bool), shot=np.zeros(frames, np.int32),
        presence=np.ones(frames, np.float32), points=points.astype(np.float32),
        scores=np.zeros((frames, 0), np.float32), channels=(),
    )  # fmt: skip


def paint(vertices: np.ndarray, opening: float) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8: stripes that go with the skin, dark between the lips, over a background that stays."""
    down, across = np.mgrid[:SIDE, :SIDE]
    picture = np.stack([40 + across / 2, 60 + down / 3, np.full((SIDE, SIDE), 90.0)], -1)
    coverage = rasterise(vertices[:, :2] - 0.5, triangles(), (SIDE, SIDE), vertices[:, 2])
    flat = np.concatenate([canonical_face().points, rigid_ring(canonical_face().points * [1, -1, -1]) * [1, -1, -1]])
    places = coverage.interpolate(triangles(), flat[:, :2])
    face = (coverage.triangle >= 0) & (coverage.triangle < len(canonical_face().triangles))
    waves = np.sin(places[face] * 2.2)
    picture[face] = 150 + np.stack([40 * waves[:, 0], 30 * waves[:, 1], 20 * waves.prod(1)], -1)
    inner = set(INNER_LIPS)
    between = np.array([set(t) <= inner for t in triangles().tolist()])
    mouth = face & between[np.maximum(coverage.triangle, 0)]
    picture[mouth] = [60 + 60 * opening, 30, 30]
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _points(opening: float, frame: int, nod: float) -> np.ndarray:
    """(478, 3) pixels."""
    points = canonical_face().points.copy()
    mouth = points[LOWER_LIP, 1] + 0.05
    below = np.clip((mouth - points[:, 1]) / 0.6, 0, 1) * np.clip((10 - np.abs(points[:, 0])) / 10, 0, 1)
    lower = set(INNER_LIPS[11:]) | {17, 84, 181, 91, 146, 314, 405, 321, 375}
    below[list(lower)] = np.maximum(below[list(lower)], 0.8)
    points[:, 1] -= opening * MOST_OPEN * below
    angle = nod * np.sin(frame / 5)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    seen = points * [1, -1, -1] @ turn.T * 5.2 + [SIDE / 2 + 2 * np.sin(frame / 7), SIDE / 2 - 4, 0]
    return np.concatenate([seen, np.tile(seen[[1]], (POINTS - len(seen), 1))])
