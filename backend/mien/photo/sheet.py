# SPDX-License-Identifier: GPL-3.0-or-later
"""The person around the face as a sheet with depth: hair, ears, neck and shoulders follow the head smoothly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy import sparse
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates
from scipy.spatial import KDTree

from mien.face_tracking.landmark_indices import CHIN, FACE, FACE_OVAL
from mien.numeric.smoothstep import smoothstep
from mien.photo.fit import FittedFace
from mien.photo.relief import FOREHEAD, below_lobes, depth_at, neck_depth

CELL = 0.06  # of the eye distance between two vertices of the sheet
AROUND, COARSE = 0.7, 2.5  # eye distances around the face's oval, beyond which cells are so many times as wide
MOST_CELLS = 150  # along the longer side
EDGE_ROOM = 0.15  # of the eye distance around the oval that is not mirrored at the picture's edge
BEYOND = 0.2  # of the picture around it that the sheet goes on: what is cut by the frame moves with its edge
ASIDE = (1.7, 3.0)  # of the face's height from the face's middle, over which it fades sideways and upwards
WHOLE = (0.8, 1.9)  # the same where the person could not be cut out of the background
BLEND = 0.22  # of the eye distance inside the oval over which the face's own mesh takes over
HIDDEN = BLEND + 0.12  # of the eye distance inside the oval, from which nothing of the sheet is seen but the neck
JAW_REACH = 0.9  # of the eye distance over which the face's motion fades beyond its oval
HAIR = 0.2  # of the eye distance beyond the oval, over which what is beside the neck is hair and not its skin
BEHIND = (
    -0.02,
    0.18,
)  # of the way from the lobes of the ears down to the chin, over which the neck comes to lie behind the jaw
NEIGHBOURS = 20
CROWN = 0.5  # eye distances below the picture's upper edge, in which the crown's outline is read
CROWN_ROWS = 10  # of cells above that edge, where the crown goes on


class Sheet:
    """rest (N, 3) pixels and depth of its vertices; triangles (T, 3); share (N,) of the head's turn that each takes;
    seen_at (N, 2) pixels of the photo that each shows.

    size: (width, height) of the photo; `cut`: whether the person is a layer of their own; seen (H, W) bool: where that
    layer shows anything: nothing else is drawn, and so has no vertices. lower_face: the sheet is the lower face before
    the neck (photo/jaw/), else the person with the neck.
    """

    def __init__(
        self,
        face: FittedFace,
        size: tuple[int, int],
        cut: bool,
        seen: np.ndarray | None = None,
        lower_face: bool = False,
    ) -> None:
        eyes = face.eye_distance
        cell = max(CELL * eyes, max(size) / MOST_CELLS)
        oval = face.points[list(FACE_OVAL), :2]
        low, high = oval.min(0) - AROUND * eyes, oval.max(0) + AROUND * eyes
        xs, ys = (_steps(length, cell, low[i], high[i]) for i, length in enumerate(size))
        crown = None if seen is None or lower_face else crown_of(seen, face.points[FOREHEAD, :2], eyes)
        if crown is not None:
            ys = np.r_[np.linspace(ys[0], 0, CROWN_ROWS + 1)[:-1], ys[1:]]
        grid = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
        columns = len(xs)
        r, c = np.meshgrid(np.arange(len(ys) - 1), np.arange(columns - 1), indexing="ij")
        corner = (r * columns + c).ravel()
        if seen is not None:
            corner = corner[_shown(seen, xs, ys).ravel()]
        inside = outside_oval(face.points, grid, eyes) < -HIDDEN * eyes
        if not lower_face:  # which uncovers the neck
            inside &= below_lobes(face, grid) < 0
        corner = corner[~inside[corner + np.array([[0], [1], [columns], [columns + 1]])].all(0)]
        triangles = np.concatenate(
            [
                np.stack([corner, corner + columns, corner + 1], 1),
                np.stack([corner + 1, corner + columns, corner + columns + 1], 1),
            ]
        )
        used, triangles = np.unique(triangles, return_inverse=True)
        grid, self.triangles = grid[used], triangles.reshape(-1, 3).astype(np.int32)
        self.seen_at = mirrored(grid, oval, size, EDGE_ROOM * eyes)
        if crown is not None:
            self.seen_at[:, 0] = crown.texture_columns(grid, self.seen_at)
        outside = outside_oval(face.points, grid, eyes)
        landmarks = face.points[:FACE]
        fade = 1 - smoothstep(outside, 0, JAW_REACH * eyes)
        self._with_landmarks = _nearest_of(landmarks[:, :2], grid, 0.06 * eyes, fade)
        depth = depth_at(face, grid)
        below = below_lobes(face, grid)
        chin = float(below_lobes(face, face.points[[CHIN], :2])[0])
        neck = np.zeros(len(grid)) if lower_face else smoothstep(below, 0, chin)
        # Behind the jaw the neck is at once, beside it hair less and less.
        hair = smoothstep(outside, 0, HAIR * eyes)
        deep = np.zeros(len(grid)) if lower_face else smoothstep(below, *(step * chin for step in BEHIND))
        deep += hair * (neck - deep)
        self.rest = np.c_[grid, depth + deep * (neck_depth(face, grid, hair) - depth)]
        near_head = self._near_share(face, grid, cut)
        # The skull turns down to the lobes of the ears, the neck less and less down to the chin: so are the weights of
        # the head's own neck.
        self.share = (1 - neck) * near_head
        self._carried = np.ones(len(grid)) if cut else near_head

    def moved(self, landmark_motion: np.ndarray, turn: np.ndarray, pivot: np.ndarray, shift: np.ndarray) -> np.ndarray:
        """(N, 3) pixels: the sheet with the face's motion (468, 3) pixels, turned by turn (3, 3) about pivot (3,), the
        joint of the neck, and shifted (3,) with it, as the whole person is."""
        face = self.rest + self._with_landmarks @ landmark_motion
        turned = (face - pivot) @ turn.T + pivot
        return face + self.share[:, None] * (turned - face) + self._carried[:, None] * shift

    def _near_share(self, face: FittedFace, grid: np.ndarray, cut: bool) -> np.ndarray:
        top, chin = face.points[FOREHEAD, :2], face.points[CHIN, :2]
        aside = np.linalg.norm(grid - (top + chin) / 2, axis=1) / float(np.linalg.norm(chin - top))
        return 1 - smoothstep(aside, *(ASIDE if cut else WHOLE))


def _nearest_of(landmarks: np.ndarray, places: np.ndarray, least: float, fade: np.ndarray) -> sparse.csr_matrix:
    """(N, L) how much places (N, 2) have of the motion of each of landmarks (L, 2): of the nearest ones, by their
    distance, `least` pixels at least; fade (N,) of it."""
    distance, near = KDTree(landmarks).query(places, k=NEIGHBOURS)
    weights = 1 / np.maximum(distance, least) ** 2
    weights *= (fade / weights.sum(1))[:, None]
    kept = np.repeat(fade > 0, NEIGHBOURS)
    rows = np.repeat(np.arange(len(places)), NEIGHBOURS)
    shape = len(places), len(landmarks)
    return sparse.csr_matrix((weights.ravel()[kept], (rows[kept], near.ravel()[kept])), shape=shape)


def outside_oval(points: np.ndarray, places: np.ndarray, eyes: float) -> np.ndarray:
    """(N,) pixels from places (N, 2) to the face's oval; negative inside."""
    oval = points[list(FACE_OVAL), :2]
    unit = max(eyes / 64, 0.25)
    low = np.minimum(oval.min(0), places.min(0)) - 2 * unit
    width, height = np.ceil((np.maximum(oval.max(0), places.max(0)) - low) / unit).astype(int) + 3
    image = Image.new("1", (int(width), int(height)))
    ImageDraw.Draw(image).polygon([tuple(map(float, p)) for p in (oval - low) / unit], fill=1)
    inside = np.asarray(image)
    signed = np.asarray(distance_transform_edt(~inside)) - np.asarray(distance_transform_edt(inside))
    # The picture of it has steps.
    at = ((places - low) / unit).T[::-1]
    return map_coordinates(gaussian_filter(signed, 1.0), at, order=1, mode="nearest") * unit


def _steps(length: int, cell: float, low: float, high: float) -> np.ndarray:
    """Places of vertices along a side of a picture: a cell apart between low and high, COARSE cells elsewhere."""
    bounds = np.clip([0, low, high, length], 0, length)
    parts = [np.zeros(1)]
    for begin, end, size in zip(bounds[:-1], bounds[1:], (COARSE * cell, cell, COARSE * cell), strict=True):
        if end - begin > 1e-6:
            parts.append(np.linspace(begin, end, max(1, int(np.ceil((end - begin) / size))) + 1)[1:])
    room = BEYOND * length
    return np.r_[-room, np.concatenate(parts), length + room]


def mirrored(places: np.ndarray, oval: np.ndarray, size: tuple[int, int], room: float) -> np.ndarray:
    """(N, 2) where a picture of size (width, height) is read for places (N, 2): within it there, beyond its edge as in
    a mirror at it. Where a face, its oval (M, 2) and `room` pixels around it, is so near that it would be seen there,
    what is between it and the edge is stretched instead."""
    at = places.copy()
    for axis, length in enumerate(size):
        most = BEYOND * length
        before = np.clip(oval[:, axis].min() - room, 0, most) / most
        after = np.clip(length - oval[:, axis].max() - room, 0, most) / most
        x = places[:, axis]
        at[:, axis] = np.where(x < 0, -x * before, np.where(x > length, length - (x - length) * after, x))
    return at


@dataclass(frozen=True)
class Crown:
    """The crown of a head that the picture's upper edge cuts: polynomials in y pixels down from the edge, of half its
    width squared, which of an ellipse is a parabola, and of its middle; clear: a column beside it where nobody is
    seen."""

    width: np.ndarray
    middle: np.ndarray
    clear: float

    def texture_columns(self, places: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
        """(N,) columns to read for places (N, 2), which would be read at mirrored (N, 2): above the edge the mirror
        image is made narrower until the crown is shut."""
        y, down = places[:, 1], mirrored[:, 1]
        squared = np.polyval(self.width, y)
        wider = np.sqrt(np.maximum(np.polyval(self.width, down), 0) / np.maximum(squared, 1e-6))
        aside = places[:, 0] - np.polyval(self.middle, y)
        at = np.where(squared > 0, np.polyval(self.middle, down) + aside * wider, self.clear)
        return np.where(y < 0, at, mirrored[:, 0])


def crown_of(seen: np.ndarray, forehead: np.ndarray, eyes: float) -> Crown | None:
    """The crown over a forehead (2,) pixels in seen (H, W) bool, where the upper edge cuts it and it would shut."""
    column = int(np.clip(forehead[0], 0, seen.shape[1] - 1))
    rows = np.arange(max(2, min(round(CROWN * eyes), int(forehead[1]), len(seen))))
    nobody = ~seen[rows]
    if nobody[:, column].any():
        return None
    left, right = nobody[:, column::-1], nobody[:, column:]
    if not (left.any(1) & right.any(1)).all():
        return None
    ends = np.stack([column - left.argmax(1) + 1, column + right.argmax(1)]).astype(float)
    squared = (np.diff(ends, axis=0)[0] / 2) ** 2
    width = np.polyfit(rows + 0.5, squared, 2)
    if width[0] > 0:
        width = np.polyfit(rows + 0.5, squared, 1)
    middle = np.polyfit(rows + 0.5, ends.mean(0), 1)
    if width[-2] <= 0 or width[-1] <= 0:
        return None
    clear = np.flatnonzero(~seen[: int(np.ceil(BEYOND * len(seen))) + 1].any(0))
    if not len(clear):
        return None
    return Crown(width, middle, float(clear[np.abs(clear - middle[-1]).argmin()]) + 0.5)


def _shown(seen: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """(rows, columns) bool: the cells between steps xs and ys in which anything of seen (H, W) bool is drawn; beyond
    the picture its mirror image is."""
    sums = np.pad(np.cumsum(np.cumsum(seen, 0), 1), ((1, 0), (1, 0)))

    def bounds(steps: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
        low, high = steps[:-1], steps[1:]
        first = np.where(low >= length, 2 * length - high, low)
        last = np.where(high <= 0, -low, high)
        # Drawing reads half a pixel around a place.
        low, high = np.floor(first - 1).astype(int), np.ceil(last + 1).astype(int)
        return np.clip(low, 0, length - 1), np.clip(high, 1, length)

    (top, bottom), (left, right) = bounds(ys, seen.shape[0]), bounds(xs, seen.shape[1])
    counts = sums[np.ix_(bottom, right)] - sums[np.ix_(top, right)] - sums[np.ix_(bottom, left)]
    return counts + sums[np.ix_(top, left)] > 0
