# SPDX-License-Identifier: GPL-3.0-or-later
"""The FaceTemplate: the lower face of one speaker spread flat, half open, in which textures of all frames lie over one
another and can be averaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image, ImageDraw
from scipy import ndimage, sparse
from torch import Tensor

from mien.engines.personatalk.face_mesh import triangles
from mien.engines.personatalk.face_shapes import FaceShapes
from mien.engines.personatalk.raster import Coverage, rasterise
from mien.engines.personatalk.warp import sample
from mien.face_tracking.landmark_indices import FACE_OVAL, INNER_LIPS, LOWER_LIP, OUTER_LIPS, UPPER_LIP
from mien.numeric.smoothstep import smoothstep

DENSITY = 100  # samples in an eye distance
OPEN = 0.8  # quantile of the lip gap from which shapes are averaged: what lies behind the lips needs room
JAW = (172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397)
UNDER_NOSE = (416, 427, 426, 327, 2, 98, 206, 207, 192)  # from the jaw's other end over the cheeks, below the nose
MARGIN = 0.12  # eye distances around the mask: the ring that colours are matched on
FEATHER = 0.07  # eye distances over which the mask fades
MOVING = 0.12  # eye distances from the edge of the mask of a dub, from which points go all the way with the mouth
BEYOND_JAW = {"hidden": 0.07, "dubbed": 0.2}  # eye distances by which the masks reach beyond the jaw at rest
HALVED = 128  # pixels of a window from which every other one is looked up, and those between are interpolated
FOLD = 4.0  # times the usual distance of the places of neighbours: between them the mesh is folded away
LIP_REACH, LIP_SOFT = 3, 3.0  # samples: lips with their edge, faded
SKIN_CORE, OUTSIDE = 4, 3  # samples from the face's edge at which colours are taken inside and outside


def texture_columns(area: np.ndarray, step: int) -> np.ndarray:
    """(C,) columns of textures (N, 3 * H * W): every step-th sample of area (H, W) bool, channel by channel."""
    places = np.flatnonzero(area)[::step]
    return np.concatenate([places + channel * area.size for channel in range(3)])


@dataclass(frozen=True, eq=False)
class FaceTemplate:
    """Images of H x W samples. triangles (T, 3) of the mesh that lie in it; vertices (504, 2) in samples; coverage.

    nearest: (2, H, W) indices of the covered sample nearest to each. hidden, dubbed: (H, W) float32 masks, 0 to 1: what
    is hidden when the renderer is measured, and what a dub may change (more below the jaw, whose old edge has to go).
    face, inner (H, W) bool: within the face's oval; between the lips. lips, teeth: (H, W) float32, faded.
    moving: (468, 1) how far each point of the face may go with a mouth that is put there, 0 outside of `dubbed`.
    """

    triangles: np.ndarray
    vertices: np.ndarray
    coverage: Coverage
    nearest: np.ndarray
    hidden: np.ndarray
    dubbed: np.ndarray
    face: np.ndarray
    inner: np.ndarray
    lips: Tensor
    teeth: Tensor
    moving: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        return self.hidden.shape[0], self.hidden.shape[1]

    def moved(self, own: np.ndarray, shape: np.ndarray) -> np.ndarray:
        """(468, 3): the shape (468, 3), and on the way to the mask's edge the face's own one. What is drawn there meets
        pixels that stay: a contour that crosses the edge would have a step, and fade from one place into another."""
        return own + self.moving * (shape - own)

    def places(self, vertices: np.ndarray) -> np.ndarray:
        """(H, W, 2) float32 pixels of an image, whose mesh has vertices (504, >= 2), under each sample."""
        return (self._corners @ _counted_from_the_middle(vertices)).reshape(*self.size, 2)

    def extent(self, vertices: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
        """(low, high), each x, y: the least and the greatest of the `places` within the mask `name`."""
        places = (self._masked_corners[name] @ _counted_from_the_middle(vertices)).T
        return places.min(1), places.max(1)

    def window(self, vertices: np.ndarray, name: str, size: tuple[int, ...]) -> tuple[int, int, int, int] | None:
        """(x0, y0, x1, y1) of the mask `name` in a picture of size (H, W, ...) whose mesh has these vertices (504, 3);
        None where it is outside."""
        least, most = self.extent(vertices, name)
        low = np.maximum(np.floor(least).astype(int) - 2, 0)
        high = np.minimum(np.ceil(most).astype(int) + 3, [size[1], size[0]])
        return (int(low[0]), int(low[1]), int(high[0]), int(high[1])) if (high - low > 4).all() else None

    def changeable(self, vertices: np.ndarray, name: str, size: tuple[int, ...]) -> np.ndarray:
        """(H, W) bool: the pixels of a picture of size (H, W, ...) that the mask `name` lets change."""
        changed = np.zeros((size[0], size[1]), bool)
        window = self.window(vertices, name, size)
        if window is not None:
            x0, y0, x1, y1 = window
            under, covered, _ = self.under(vertices, window)
            share = sample(torch.from_numpy(getattr(self, name))[None], under)[0].numpy()
            changed[y0:y1, x0:x1] = (share > 0) & covered
        return changed

    @cached_property
    def _corners(self) -> sparse.csr_array:
        """(H * W, 504): how far each vertex counts for each sample, or for the covered one that is nearest to it."""
        nearest = self.nearest[0].ravel(), self.nearest[1].ravel()
        corners = self.triangles[self.coverage.triangle[nearest]]
        rows = np.arange(0, corners.size + 1, 3)
        size = len(corners), len(self.vertices)
        return sparse.csr_array((self.coverage.weights[nearest].ravel(), corners.ravel(), rows), size)

    @cached_property
    def _masked_corners(self) -> dict[str, sparse.csr_array]:
        return {name: self._corners[np.flatnonzero(getattr(self, name))] for name in BEYOND_JAW}

    def under(self, vertices: np.ndarray, window: tuple[int, int, int, int]) -> tuple[Tensor, np.ndarray, np.ndarray]:
        """The way back: for each pixel of window (x0, y0, x1, y1) of an image whose mesh has vertices (504, 3), its
        place (h, w, 2) in the template, whether (h, w) the mesh is there, and whether the mesh is folded there."""
        x0, y0, x1, y1 = window
        step = 2 if max(x1 - x0, y1 - y0) > HALVED else 1
        points, depth = vertices[:, :2] - 0.5 - [x0, y0], vertices[:, 2]
        size = (y1 - y0 + step - 1) // step + step - 1, (x1 - x0 + step - 1) // step + step - 1
        coverage = rasterise(points / step, self.triangles, size, depth)
        found = np.nan_to_num(coverage.interpolate(self.triangles, self.vertices))
        places = torch.from_numpy(found)
        covered = torch.from_numpy((coverage.triangle >= 0).astype(np.float32))
        if step == 1:
            return places, covered.numpy() > 0, _folds(found, coverage.triangle >= 0)
        down, across = torch.arange(y1 - y0) / step, torch.arange(x1 - x0) / step
        at = torch.stack(torch.meshgrid(across, down, indexing="xy"), -1)
        # beside what is not covered a place would lie between two others
        between = sample(torch.cat([places.permute(2, 0, 1), covered[None]]), at)
        places, seen = between[:2].permute(1, 2, 0).contiguous(), between[2].numpy() > 0.999
        folds = _folds(found, coverage.triangle >= 0)
        folded = np.zeros((y1 - y0, x1 - x0), bool)
        if folds.any():  # beside the edge of a turned cheek, too; there each pixel is looked up
            near = _touching(points[self.triangles] / step, folds)
            folded = np.repeat(np.repeat(folds, step, 0), step, 1)[: y1 - y0, : x1 - x0]
            exact = rasterise(points, self.triangles[near], (y1 - y0, x1 - x0), depth)
            folded &= exact.triangle >= 0
            there = exact.interpolate(self.triangles[near], self.vertices)[folded]
            places[torch.from_numpy(folded)] = torch.from_numpy(there)
        return places, seen, folded


def _counted_from_the_middle(vertices: np.ndarray) -> np.ndarray:
    """(V, 2) float32 of vertices (V, >= 2), which count from a pixel's edge as landmarks do."""
    return (vertices[:, :2] - 0.5).astype(np.float32)


def _folds(places: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """(h, w) bool: where the places (h, w, 2) of neighbours are far apart, and the pixels around."""
    jump = np.zeros(covered.shape, bool)
    for axis in (0, 1):
        after, before = [(slice(None),) * axis + (part,) for part in (slice(1, None), slice(None, -1))]
        step, both = np.linalg.norm(places[after] - places[before], axis=-1), covered[after] & covered[before]
        far = both & (step > FOLD * np.median(step[both])) if both.any() else both
        jump[after] |= far
        jump[before] |= far
    return np.asarray(ndimage.binary_dilation(jump, iterations=2), bool)


def _touching(corners: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Indices of the triangles (T, 3, 2) whose box has a pixel that is wanted (h, w) bool."""
    sums = np.pad(wanted.astype(np.int32).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    limit = np.array(wanted.shape[::-1])
    x0, y0 = np.clip(np.floor(corners.min(1)).astype(int), 0, limit).T
    x1, y1 = np.clip(np.ceil(corners.max(1)).astype(int) + 1, 0, limit).T
    return np.flatnonzero(sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0] > 0)


def face_template(shapes: FaceShapes, learnt: np.ndarray) -> FaceTemplate:
    """Of the shapes of the frames `learnt` (N,) bool, in which the face is seen."""
    gap = shapes.gap[learnt]
    spread = shapes.shapes[learnt][gap >= np.quantile(gap, OPEN)].mean(0)
    points = np.concatenate([spread, shapes.ring])[:, :2]
    middle = points[[UPPER_LIP, LOWER_LIP]].mean(0)

    def outline(beyond: float) -> np.ndarray:
        away = points[list(JAW)] - middle
        away /= np.linalg.norm(away, axis=1, keepdims=True)
        return np.concatenate([points[list(JAW)] + beyond * away, points[list(UNDER_NOSE)]])

    widest = outline(BEYOND_JAW["dubbed"])
    low, high = widest.min(0) - MARGIN, widest.max(0) + MARGIN
    size = tuple((np.ceil((high - low) * DENSITY).astype(int) + 1)[::-1])
    vertices = (points - low) * DENSITY
    corners = vertices[triangles()]
    near = (corners.max(1) >= 0).all(1) & (corners.min(1) <= np.array(size[::-1])).all(1)
    coverage = rasterise(vertices, triangles()[near], size)

    def inside(polygon: np.ndarray) -> np.ndarray:
        image = Image.new("1", size[::-1])
        ImageDraw.Draw(image).polygon([tuple(point) for point in polygon], fill=1)
        return np.asarray(image, bool)

    def ring_of(indices: Sequence[int]) -> np.ndarray:
        return inside(vertices[list(indices)])

    depth = {
        name: np.asarray(ndimage.distance_transform_edt(inside((outline(beyond) - low) * DENSITY))) / DENSITY
        for name, beyond in BEYOND_JAW.items()
    }
    column, row = np.clip(np.rint(vertices[: len(shapes.rest)]).astype(int), 0, np.array(size[::-1]) - 1).T
    lips = ndimage.binary_dilation(ring_of(OUTER_LIPS), iterations=LIP_REACH).astype(np.float32)
    inner = ring_of(INNER_LIPS)
    teeth = ndimage.gaussian_filter(ndimage.binary_dilation(inner).astype(np.float32), LIP_SOFT / 2)
    return FaceTemplate(
        triangles=triangles()[near],
        vertices=vertices,
        coverage=coverage,
        nearest=np.asarray(
            ndimage.distance_transform_edt(coverage.triangle < 0, return_distances=False, return_indices=True)
        ),
        hidden=smoothstep(depth["hidden"], end=FEATHER).astype(np.float32),
        dubbed=smoothstep(depth["dubbed"], end=FEATHER).astype(np.float32),
        face=ring_of(FACE_OVAL),
        inner=inner,
        lips=torch.from_numpy(ndimage.gaussian_filter(lips, LIP_SOFT))[None],
        teeth=torch.from_numpy(teeth)[None],
        moving=smoothstep(depth["dubbed"][row, column], end=MOVING)[:, None],
    )
