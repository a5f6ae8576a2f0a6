# SPDX-License-Identifier: GPL-3.0-or-later
"""Both rows of teeth: the photo's own where it shows them, else drawn ones; stiff, in skull and jaw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from mien.numeric.srgb import linear, srgb
from mien.photo.canvas import AT, OPACITY, POSITION, TINT, Part, block
from mien.photo.fit import FittedFace
from mien.photo.mouth import dental_arch
from mien.photo.mouth.seen_teeth import SeenTeeth

ROWS = ("lower", "upper")  # the upper row bites over the lower one, so it is drawn later
SHARP = 1.6  # pixels of a row's picture for each of the photo
LEAST_SCALE, MOST_SCALE = 1500.0, 14000.0  # pixels a metre of a row's picture
WIDTH_RANGE = (0.9, 1.2)  # how much wider or narrower than the fitted head's teeth may be
DEEP = 0.026  # m behind the front teeth at which a third of the light is left
LOWER_LIGHT = np.array((0.80, 0.76, 0.72))  # of the upper row's: the lower one stands in the shade of lip and upper row
SHUT_LIGHT = 0.5
CELLS = (25, 5)  # of the mesh of a row that the photo shows
BESIDE = (-0.02, 0.01)  # of the eye distance beyond the photo's row, over which a drawn one goes on
NEARER = 0.0015  # m that the photo's row stands before a drawn one


@dataclass(frozen=True, eq=False)
class _Row:
    lower: bool
    block: np.ndarray
    rest: np.ndarray  # (N, 3) pixels in the photo's turn
    jaw: np.ndarray  # (K, N, 3) pixels for each channel of the jaw at 1
    light: np.ndarray  # (N, 3) linear factors; of a row from the photo 1
    drawn: bool
    opacity: np.ndarray  # (N,)


class Teeth:
    """images, parts: what the canvas needs, by name, in the order of drawing."""

    def __init__(
        self, face: FittedFace, size: tuple[int, int], white: np.ndarray, seen: SeenTeeth | None, slot: int
    ) -> None:
        self._face, self._size = face, np.array(size, float)
        head = face.head
        self._own = face.own_weights
        self._jaw = head.order(head.teeth_channels)
        self._turn, self._shift = placed(face, self._own)
        self._scale = float(np.linalg.norm(self._turn[:, 0]))
        self._seen = seen
        if seen is not None:
            white = np.minimum(linear(seen.side / 255) / dental_arch.ENAMEL, 1.3)
        self.images: dict[str, np.ndarray] = {}
        self.parts: dict[str, Part] = {}
        self._rows: dict[str, _Row] = {}
        scale = float(np.clip(SHARP * self._scale, LEAST_SCALE, MOST_SCALE))
        for name in ROWS:
            lower = name == "lower"
            shown = None if seen is None else (seen.lower if lower else seen.upper)
            row, triangles = self._drawn(lower, white, shown is not None)
            self._add(f"drawn {name} teeth", row, triangles, dental_arch.row_image(lower, scale), slot)
            if shown is not None:
                row, triangles = self._photographed(shown, lower)
                self._add(f"{name} teeth", row, triangles, shown, slot)

    def place(self, weights: np.ndarray, filled: float, drawn: float, parted: float) -> dict[str, np.ndarray]:
        """Vertices by part, before the head's turn, for weights (52,) in the order of the head. filled: 0..1 how much
        light the opened mouth lets in; drawn: 0..1 opacity of the drawn rows where the photo shows a row; parted: 0..1
        of all, as lips that meet let nothing through."""
        jaw = weights[self._jaw].astype(np.float32)
        more = jaw - self._own[self._jaw]
        out = {}
        for name, row in self._rows.items():
            row.block[:, POSITION] = row.rest + np.tensordot(jaw if row.drawn else more, row.jaw, 1)
            if row.drawn:
                light = row.light * (SHUT_LIGHT + (1 - SHUT_LIGHT) * filled)
                row.block[:, TINT] = srgb(np.minimum(light, 1.0))
            shown = drawn if row.drawn and self._seen is not None else 1.0
            row.block[:, OPACITY] = parted * shown * row.opacity
            out[name] = row.block
        return out

    def _add(self, name: str, row: _Row, triangles: np.ndarray, image: np.ndarray, slot: int) -> None:
        self.images[name] = image
        self.parts[name] = Part(len(row.rest), triangles, slot, name)
        self._rows[name] = row

    def _drawn(self, lower: bool, white: np.ndarray, shown: bool) -> tuple[_Row, np.ndarray]:
        head = self._face.head
        places, at, triangles = dental_arch.strip(lower)
        of_row = head.teeth_vertices[(head.teeth_lower == lower) & (head.teeth_gum == 0)]
        edge = of_row[:, 1].max() if lower else of_row[:, 1].min()
        metres = places + [0.0, edge, of_row[:, 2].max()]
        seen = self._seen
        deep = places[:, 2] + dental_arch.LEAN * np.abs(places[:, 1])  # of the arch, not of the lean
        if seen is not None:  # the light is known at the ends of the photo's row
            half = 0.5 * (seen.right - seen.left) / self._scale
            deep = deep - float(dental_arch.depth_at(np.array(half)))
        light = np.exp(np.clip(deep, -1, 0) / DEEP)[:, None] * white * (LOWER_LIGHT if lower else 1.0)
        rest = metres @ self._turn.T + self._shift
        opacity = np.ones(len(rest))
        if seen is not None and shown:
            beyond = np.maximum(seen.left - rest[:, 0], rest[:, 0] - seen.right) / self._face.eye_distance
            opacity = np.clip((beyond - BESIDE[0]) / (BESIDE[1] - BESIDE[0]), 0, 1)
        if seen is not None and not lower and seen.upper is not None:
            # The drawn row goes on at the height of the photo's.
            middle = float((np.array([0.0, edge, of_row[:, 2].max()]) @ self._turn.T + self._shift)[1])
            rest = rest + [0.0, seen.edge - middle, 0.0]
        vertices = block(len(rest))
        vertices[:, AT] = at * self._size
        return _Row(lower, vertices, rest, self._jaw_motion(metres, lower), light, True, opacity), triangles

    def _photographed(self, image: np.ndarray, lower: bool) -> tuple[_Row, np.ndarray]:
        alpha = image[..., 3] > 0
        xs, ys = np.flatnonzero(alpha.any(0)), np.flatnonzero(alpha.any(1))
        columns, rows = CELLS
        grid = np.stack(
            np.meshgrid(np.linspace(xs[0], xs[-1] + 1, columns), np.linspace(ys[0], ys[-1] + 1, rows)), -1
        ).reshape(-1, 2)
        head = self._face.head
        of_row = head.teeth_vertices[(head.teeth_lower == lower) & (head.teeth_gum == 0)]
        front = np.array([0.0, of_row[:, 1].mean(), of_row[:, 2].max() + NEARER])
        # Depth by the arch where the pixel lies across the mouth.
        inverse = np.linalg.inv(self._turn[:2, :2])
        across = (grid - (front @ self._turn.T + self._shift)[:2]) @ inverse.T
        metres = front + np.c_[across, dental_arch.depth_at(across[:, 0])]
        depth = (metres @ self._turn.T + self._shift)[:, 2]
        r, c = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
        corner = (r * columns + c).ravel()
        triangles = np.concatenate(
            [
                np.stack([corner, corner + columns, corner + 1], 1),
                np.stack([corner + 1, corner + columns, corner + columns + 1], 1),
            ]
        ).astype(np.int32)
        vertices = block(len(grid))
        vertices[:, AT] = grid
        ones = np.ones(len(grid))
        row = _Row(lower, vertices, np.c_[grid, depth], self._jaw_motion(metres, lower), ones[:, None], False, ones)
        return row, triangles

    def _jaw_motion(self, metres: np.ndarray, lower: bool) -> np.ndarray:
        head = self._face.head
        of_row = np.flatnonzero(head.teeth_lower == lower)
        near = of_row[KDTree(head.teeth_vertices[of_row]).query(metres)[1]]
        return (head.teeth_deltas[:, near] @ self._turn.T).astype(np.float32)


def placed(face: FittedFace, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((3, 3), (3,)) from metres of the head to pixels of the photo for its teeth. They are stiff: scaled by the width
    of the lips, turned with the head, and nothing else. own (52,): the photo's weights in the order of the head."""
    head = face.head
    ends = head.inner_lips[[0, -1]].mean(1).astype(int)
    upper = head.inner_lips[list(head.inner_lips_middle)].T[0]
    posed = face.posed(own, ends)
    width = np.linalg.norm(np.diff(face.warp(posed), axis=0))
    ratio = float(width / np.linalg.norm(np.diff(posed, axis=0)) / face.pose.scale)
    turn = float(face.pose.scale) * float(np.clip(ratio, *WIDTH_RANGE)) * face.pose.turn * (1.0, -1.0, -1.0)
    lip = face.posed(own, upper)
    # The neutral lip, which hides its share of the teeth, is where the photo's would be.
    return turn, face.warp(lip).mean(0) - turn @ lip.mean(0)
