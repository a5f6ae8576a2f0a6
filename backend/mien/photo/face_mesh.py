# SPDX-License-Identifier: GPL-3.0-or-later
"""The face itself: the fitted head's skin inside the oval, with slits for lips and lids."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree

from mien.face_tracking.landmark_indices import CHIN, FACE_OVAL, NOSE_TIP
from mien.heads.correspondence import vertex_normals
from mien.numeric.smoothstep import smoothstep
from mien.photo.fit import FittedFace
from mien.photo.head_landmarks import landmark_places, lid_chain, quads_of, skin_triangles
from mien.photo.sheet import BLEND, outside_oval

BEHIND = 0.006  # m behind the hindmost point of the oval, from which the head's back begins
FACING = (-0.05, 0.15)  # cosine of the skin's turn from the camera, over which it comes to be shown
LID_REACH = 0.0004  # m that a blink moves a vertex at least, so that it is of the lids
LID_ZONE = (0.11, 0.16)  # of the eye distance from the opening, over which the painted lid ends
LID_SIDES = (0.06, 0.10)  # of the eye distance beyond its corners, likewise: creases begin there
LID_CORNERS = 0.085  # of the eye distance around the opening: what does not move of a blink and is lid
UPPER_LID = (
    0.3,
    0.5,
)  # of the way from the lower lid to the upper one, over which skin is of the upper one
LID_SHUT = (0.08, 0.3)  # of the way of a blink, over which painted lid replaces the stretched one
LID_SHADOW = 0.3  # of the light on an eye that the lid takes by the time it is shut
SHUT = (0.84, 0.96)  # of the way of a blink, over which the lids meet
BLINKS, LEAST_BLINK = (0.5, 1.0), 0.6  # weights at which lids are looked at; the least at which they meet
MOUTH_OPEN = (0.012, 0.05)  # of the eye distance the lips part beyond the photo's, over which its own mouth fades
PARTED = (0.014, 0.033)  # of the eye distance between the lips, over which teeth come to be seen

NOSE_BASE = (2, 97, 98, 326, 327)  # landmarks
LIGHT = np.array([0.0, -0.55, -0.835])  # towards it, in the picture's axes
AMBIENT = 0.35  # share of the light that comes from everywhere
SHADE, SMOOTHINGS = 0.8, 3  # of the head's own shading, which is smoothed: its mesh is coarser than skin
SHADES = (0.78, 1.08)  # the darkest and the brightest that a fold makes the skin
SKIN_SHADE = np.array([0.7, 1.0, 1.1])  # skin is redder in the shade


class FaceMesh:
    """which (N,): vertices of the head; triangles (T, 3) of the N; rest (N, 3) pixels in the photo; opacity (N,), 0 at
    the oval; down (2,): from the nose to the chin; between: those of the N on the inner lips, whose triangles cover the
    mouth; rims: those of the lids, whose triangles cover the eyes; lid_margins: those of the rim and of the front edge
    of the left and of the right upper lid, from corner to corner; lid_edges: those of the front edges of the upper and
    the lower lid of both eyes."""

    def __init__(self, face: FittedFace, own: np.ndarray) -> None:
        head = face.head
        self.face, self._own = face, own
        all_rest = face.vertices(own)
        eyes = face.eye_distance
        inside = outside_oval(face.points, all_rest[:, :2], eyes)
        corners, weights = landmark_places()
        hindmost = head.vertices[corners[list(FACE_OVAL)].ravel(), 2].min() - BEHIND
        triangles = skin_triangles(head)
        kept = (inside[triangles] < 0.02 * eyes).any(1) & (head.vertices[triangles][..., 2] > hindmost).all(1)
        triangles = triangles[kept]
        self.which = np.unique(np.r_[triangles.ravel(), corners.ravel(), head.inner_lips.ravel()])
        place = np.full(len(head.vertices), -1)
        place[self.which] = np.arange(len(self.which))
        self.triangles = place[triangles].astype(np.int32)
        self.rest = all_rest[self.which]
        share = smoothstep(-inside[self.which], 0, BLEND * eyes)
        # At the oval, skin that the photo saw from its side or from behind would show other skin in its place.
        facing = -vertex_normals(self.rest.astype(np.float64), self.triangles)[:, 2]
        low, high = FACING
        seen = np.where(share < 1, np.clip((facing - low) / (high - low), 0, 1), 1)
        self.opacity = (share * seen).astype(np.float32)
        self._corners, self._weights = place[corners], weights[..., None]
        self.rest_landmarks = self.landmarks(self.rest)
        self._moving = np.flatnonzero(np.abs(head.deltas[:, self.which]).max((0, 2)) > 1e-6)
        down = face.points[CHIN, :2] - face.points[NOSE_TIP, :2]
        self.down = down / max(float(np.linalg.norm(down)), 1.0)
        self._find_lids(place, eyes, seen)
        pairs = place[head.inner_lips]
        self.between = pairs.ravel()
        i = np.arange(len(pairs) - 1) * 2
        self.between_triangles = np.concatenate(
            [np.stack([i, i + 1, i + 2], 1), np.stack([i + 1, i + 3, i + 2], 1)]
        ).astype(np.int32)
        self._pairs, self._eyes = pairs, eyes
        self._rest_gaps = self._gaps(self.rest)
        count = len(self.triangles)
        ones = np.ones(3 * count)
        self._gather = sparse.csr_matrix(
            (ones, (self.triangles.ravel(), np.repeat(np.arange(count), 3))), shape=(len(self.which), count)
        )
        joined = self._gather @ self._gather.T
        self._neighbours = sparse.diags(1 / np.maximum(joined.sum(1).A1, 1)) @ joined
        self._rest_light = self._light(self.rest)
        self._shaded = self.opacity.astype(float)
        lips = place[quads_of(head, "lips").ravel()]
        self._shaded[lips[lips >= 0]] = 0
        for lid, zone, *_ in self._lids:
            self._shaded[lid] *= 1 - zone

    def at(self, weights: np.ndarray) -> np.ndarray:
        """(N, 3) pixels for weights (52,) in the order of the head, in the photo's own turn."""
        out = self.rest.copy()
        if not np.array_equal(weights, self._own):
            weights = weights.copy()
            weights[self._blinks] *= self._shutting
            out[self._moving] = self.face.vertices(weights, self.which[self._moving])
        return out

    def landmarks(self, places: np.ndarray) -> np.ndarray:
        """(468, 3) of the vertices' places (N, 3)."""
        return (places[self._corners] * self._weights).sum(1)

    def lid_share(self, places: np.ndarray) -> np.ndarray:
        """(N,) 0..1: how much of each vertex shows painted lid in the place of the photo's."""
        out = np.zeros(len(places), np.float32)
        for (lid, zone, *_), way in zip(self._lids, self.lid_ways(places), strict=True):
            out[lid] = smoothstep(way, *LID_SHUT) * zone
        return out

    def lid_ways(self, places: np.ndarray) -> np.ndarray:
        """(2,) how far the left and the right upper lid came down, of the height of the open eye."""
        return np.array([self._way(places, rim, opening) for _, _, rim, opening in self._lids])

    def shut(self, places: np.ndarray) -> np.ndarray:
        """(2,) 0..1 whether the left and the right eye are all but shut: nothing is seen in the slit that is left."""
        low, high = SHUT
        return np.clip((self.lid_ways(places) - low) / (high - low), 0, 1)

    def lid_shadow(self, places: np.ndarray) -> np.ndarray:
        """(2,) factors of the light on the left and the right eye under their lids as they come down."""
        return 1 - LID_SHADOW * np.clip(self.lid_ways(places), 0, 1)

    def _way(self, places: np.ndarray, rim: np.ndarray, opening: float) -> float:
        return max(0.0, float((self._lid_motion(places, rim) @ self.down).max() / opening))

    def skull_motion(self, places: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """(3,) pixels from expected (N, 3) to places (N, 3) at the root of the nose's lower end, which no expression
        moves much: what the upper teeth go with."""
        return (self.landmarks(places) - self.landmarks(expected))[list(NOSE_BASE)].mean(0)

    def eye_motion(self, places: np.ndarray) -> np.ndarray:
        """(2, 3) pixels that the corners of the left and of the right eye moved, and what is behind the lids with
        them."""
        return np.array([(places[rim[[0, -1]]] - self.rest[rim[[0, -1]]]).mean(0) for _, _, rim, _ in self._lids])

    def _lid_motion(self, places: np.ndarray, rim: np.ndarray) -> np.ndarray:
        """(N, 2) pixels that a lid's rim moved from the corners of its eye, which move with the brow and the cheek."""
        moved = places[rim, :2] - self.rest[rim, :2]
        return moved - (moved[0] + moved[-1]) / 2

    def shade(self, places: np.ndarray) -> np.ndarray:
        """(N, 3) factors of the skin's colour: folds and bulges of the expression turn the skin from the light, which
        is taken to come from above the camera. 1 where nothing moves, and on lips and lids, whose pixels say it."""
        light = self._light(places) / self._rest_light
        for _ in range(SMOOTHINGS):
            light = self._neighbours @ light
        light = 1 + self._shaded * (np.clip(1 + SHADE * (light - 1), *SHADES) - 1)
        return light[:, None] ** SKIN_SHADE

    def _light(self, places: np.ndarray) -> np.ndarray:
        corners = places[self.triangles].astype(np.float64)
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals = self._gather @ across
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        return AMBIENT + (1 - AMBIENT) * np.clip(normals @ LIGHT, 0, 1)

    def between_opacity(self, places: np.ndarray) -> float:
        """0..1 of the photo's own mouth between the lips: it fades where they part further than in the photo."""
        wider = float((self._gaps(places) - self._rest_gaps).max()) / self._eyes
        return float(1 - smoothstep(wider, *MOUTH_OPEN))

    def parted(self, places: np.ndarray) -> float:
        """0..1: whether the lips are apart so far that what is behind them is seen."""
        low, high = PARTED
        upper, lower = places[self._pairs[:, 0], :2], places[self._pairs[:, 1], :2]
        opened = float(((lower - upper) @ self.down).max()) / self._eyes
        return float(np.clip((opened - low) / (high - low), 0, 1))

    def _gaps(self, places: np.ndarray) -> np.ndarray:
        return np.linalg.norm(places[self._pairs[:, 0], :2] - places[self._pairs[:, 1], :2], axis=1)

    def _find_lids(self, place: np.ndarray, eyes: float, seen: np.ndarray) -> None:
        head = self.face.head
        across = np.array([self.down[1], -self.down[0]])
        chains, covers, self._lids, self.lid_margins, self.lid_edges = [], [], [], [], []
        for side, channel in (("left", "eyeBlinkLeft"), ("right", "eyeBlinkRight")):
            delta = head.deltas[head.channels.index(channel)]
            lid = place[np.flatnonzero(np.linalg.norm(delta, axis=1) > LID_REACH)]
            lid = lid[lid >= 0]
            upper, lower = (place[lid_chain(head, side, up)] for up in (True, False))
            rim = self.rest[np.r_[upper, lower], :2]
            close = np.flatnonzero(KDTree(rim).query(self.rest[:, :2])[0] < LID_CORNERS * eyes)
            lid = np.union1d(lid, close)  # the corners, which stay
            away = KDTree(rim).query(self.rest[lid, :2])[0] / eyes
            zone = np.clip((LID_ZONE[1] - away) / (LID_ZONE[1] - LID_ZONE[0]), 0, 1)
            at, corners = self.rest[lid, :2] @ across, rim @ across
            beyond = np.maximum(corners.min() - at, at - corners.max()) / eyes
            zone *= smoothstep(beyond, *LID_SIDES[::-1])
            # Through a lid near the oval the open eye of the person behind would be seen.
            self.opacity[lid] = np.maximum(self.opacity[lid], zone * seen[lid])
            to_upper, to_lower = (KDTree(self.rest[side]).query(self.rest[lid])[0] for side in (upper, lower))
            zone *= smoothstep(to_lower / np.maximum(to_upper + to_lower, 1e-6), *UPPER_LID)
            self.lid_margins.append((upper, self._margin(upper)))
            self.lid_edges.append((self.lid_margins[-1][1], self._margin(lower)))
            self._lids.append((lid, zone, upper, max(float(np.ptp(rim[:, 1])), 1.0)))
            covers.append(_between(len(upper), len(lower)) + sum(map(len, chains)))
            chains += [upper, lower]
        self.rims, self.rim_triangles = np.concatenate(chains), np.concatenate(covers).astype(np.int32)
        self._find_blinks()

    def _find_blinks(self) -> None:
        """The share of a blink at which lids meet in this photo, and how far they came: the head's own goes on beyond
        that, over the lower lid."""
        self._blinks = self.face.head.order(["eyeBlinkLeft", "eyeBlinkRight"])
        self._shutting = np.ones(2, np.float32)
        gaps = []
        for amount in BLINKS:
            weights = self._own.copy()
            weights[self._blinks] = amount
            places = self.at(weights)[:, :2]
            gaps.append([self.gap_of_lids(places[upper], places[lower]) for upper, lower in self.lid_edges])
        (some, whole), (first, last) = np.array(gaps), BLINKS
        meet = first + (last - first) * some / np.maximum(some - whole, 1e-6)
        self._shutting = np.clip(meet, LEAST_BLINK, 1).astype(np.float32)
        weights = self._own.copy()
        weights[self._blinks] = 1
        ways = self.lid_ways(self.at(weights))
        self._lids = [
            (lid, zone, rim, opening * max(float(way), 0.1))
            for (lid, zone, rim, opening), way in zip(self._lids, ways, strict=True)
        ]

    def gap_of_lids(self, upper: np.ndarray, lower: np.ndarray) -> float:
        """Pixels between the edges of two lids, (N, 2) and (M, 2), in the middle of the eye."""
        across = np.array([self.down[1], -self.down[0]])
        order = np.argsort(lower @ across)
        at = upper @ across
        gaps = np.interp(at, (lower @ across)[order], (lower @ self.down)[order]) - upper @ self.down
        third = np.ptp(at) / 3
        middle = (at > at.min() + third) & (at < at.max() - third)
        return float(np.median(gaps[middle if middle.any() else slice(None)]))

    def _margin(self, rim: np.ndarray) -> np.ndarray:
        """The vertices of the front edge of a lid, where its lashes are, beside those of its rim at the eye: a lid is
        thick, and of a shut one the front edge is the lower."""
        front = self.face.head.vertices[self.which]
        out = []
        for vertex in rim:
            beside = np.setdiff1d(self.triangles[(self.triangles == vertex).any(1)], rim)
            beside = beside[front[beside, 2] > front[vertex, 2]]
            away = np.linalg.norm(front[beside, :2] - front[vertex, :2], axis=1)
            out.append(beside[away.argmin()] if len(beside) else vertex)
        return np.array(out)


def _between(first: int, second: int) -> np.ndarray:
    """(T, 3) triangles between a chain of `first` vertices and one of `second` after it, which run the same way."""
    out, i, j = [], 0, 0
    while i < first - 1 or j < second - 1:
        if j == second - 1 or (i < first - 1 and (i + 1) / (first - 1) <= (j + 1) / (second - 1)):
            out.append((i, i + 1, first + j))
            i += 1
        else:
            out.append((i, first + j, first + j + 1))
            j += 1
    return np.array(out)
