# SPDX-License-Identifier: GPL-3.0-or-later
"""The upper lashes of a photo as a strip along the margin of the lid, which carries them down and turns them over.

A strip is what the photo has along the margin, straightened. How dark it is against the bare skin is the opacity of the
lashes: the least one that explains the pixel over a known ground (Smith and Blinn 1996, Blue Screen Matting).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d, grey_closing, map_coordinates, maximum_filter1d

from mien.numeric.smoothstep import smoothstep
from mien.photo.canvas import AT, OPACITY, POSITION, SHARE, Part, block
from mien.photo.face_mesh import FaceMesh
from mien.photo.fit import FittedFace
from mien.photo.lids.lid_skin import LASH_TALL, STROKE

COLUMNS = 25  # of a strip
BELOW, ROOT = 0.016, 0.026  # of the eye distance below and above the margin that the line of the lid is thick
HANGS = 0.08  # of the eye distance below the margin, over which the dark of a shut eye's lashes hangs
# Eye distances from the margin: the rows of the line, and those of the lashes that grow out of it and turn over.
LEVELS = (-HANGS, ROOT, ROOT, 0.5 * (ROOT + LASH_TALL), LASH_TALL)
OF_LASHES = 2  # the first row of these
CORNER = 1  # vertices at each end of a lid's edges that are of the corner
OUTWARDS = 0.06  # of the eye distance beyond the outer corner that a strip goes on
SHARP = 1.3  # pixels of a strip's picture for each of the photo
SOFT = 0.9  # pixels of the picture of a shut eye's lashes
FAINT = (0.05, 0.18)  # opacity that is skin, not lash
ROOTED = 2.0  # opacity of a lash over which what is above it is of it, inverse
# The dark along three people's shut lids, filmed: its opacity over the greatest, at so many eye distances above its
# middle. The greatest is that of the lashes along the margin while the eye is open: .57, .90 and .90 against .53, .95
# and .98 when it is shut.
DARK_ACROSS = np.array([
    (-0.068, 0.0), (-0.055, 0.1), (-0.0425, 0.27), (-0.03, 0.58), (-0.0175, 0.84), (-0.005, 1.0),
    (0.0075, 1.0), (0.02, 0.77), (0.0325, 0.18), (0.04, 0.0),
])  # fmt: skip
DARKEST = -0.012  # eye distances above the margin of a shut eye: the middle of that dark
HANGS_FROM = 0.004  # eye distances above that margin, from which lashes hang down
CLUMPS, UNEVEN = 0.006, 0.15  # of the eye distance, the width of tufts of lashes; how much they differ in length
LEAST_DARK, MOST_DARK = 0.3, 0.98  # where a photo shows no lashes the lids still meet in a shade
EVEN = 0.08  # of a strip's length, over which the greatest opacity is even
ENDS = 0.10  # of the strip at each end, over which it fades
# How thick the line along the open margin of those three was, in eye distances; of thinner lines the dark is thinner.
THICK, LEAST_THICK = 0.0245, 0.55
POINTS_DOWN = -0.65  # of the lashes' height: where they point when the eye is shut, foreshortened as they are
TURNS = (0.0, 0.5)  # of the way of a blink, over which the roots of the lashes come down to the margin
WIDER = 0.2  # of the line above the margin, when the eye is shut
SHORTER, TAPER = 0.35, 0.22  # of the lashes at the ends of a lid; of the strip, over which they grow
OVER = 0.01  # of the eye distance that a row lies before the one below it
NEARER = 0.1  # of the eye distance that a strip lies before the skin
# Of the way of a blink, over which the strip comes to stand for the photo's own lashes: before those go, or an eye
# would have pale lashes for a moment.
APPEARS = (0.02, 0.12)
WHOLE = (0.5, 1.0)  # of the way of a blink, over which the lashes of a shut eye come


class Lashes:
    """images, parts: what the canvas needs, by name; one strip an eye, in the order of the mesh's lids."""

    def __init__(self, face: FittedFace, mesh: FaceMesh, pixels: np.ndarray, bare: np.ndarray, slot: int) -> None:
        self._mesh, self._eyes = mesh, face.eye_distance
        self._size = np.array(pixels.shape[1::-1], float)
        picture, skin = (image[..., :3].astype(np.float32) for image in (pixels, bare))
        self.images: dict[str, np.ndarray] = {}
        self.parts: dict[str, Part] = {}
        self._strips = []
        line, lashes = (_grid(rows, COLUMNS) for rows in (OF_LASHES, len(LEVELS) - OF_LASHES))
        triangles = np.concatenate([line, OF_LASHES * COLUMNS + lashes])
        for side, edges in zip(("left", "right"), mesh.lid_margins, strict=True):
            edges = np.array(edges)[:, CORNER:-CORNER]
            along = _resampling(mesh.rest[edges[1], :2])
            further = self._further(mesh.rest[edges[1], :2], outer_is_last=side == "left")
            margin = self._margin(mesh.rest, edges, along, further)[:, :2]
            normals = _normals(margin, mesh.down)
            open_ink, shut_ink = self._ink(picture, skin, margin, normals)
            name = f"{side} lashes"
            self.images[name], self.images[f"{name} shut"] = open_ink, shut_ink
            vertices = block(len(LEVELS) * COLUMNS)
            s, v = np.meshgrid(np.linspace(0, 1, COLUMNS), _texture_rows(), indexing="xy")
            vertices[:, AT] = np.stack([s, v], -1).reshape(-1, 2) * self._size
            vertices[:, 5:7] = vertices[:, AT]
            self.parts[name] = Part(len(vertices), triangles, slot, name, f"{name} shut")
            self._strips.append((name, edges, along, further, normals, vertices))

    def place(self, places: np.ndarray) -> dict[str, np.ndarray]:
        """Vertices by part, before the head's turn, for the face's vertices at places (V, 3)."""
        out = {}
        ways = self._mesh.lid_ways(places)
        for (name, edges, along, further, normals, vertices), way in zip(self._strips, ways, strict=True):
            margin = self._margin(places, edges, along, further)
            vertices[:, POSITION] = self._moved(margin, normals, min(float(way), 1.0))
            vertices[:, OPACITY] = smoothstep(way, *APPEARS)
            vertices[:, SHARE] = smoothstep(way, *WHOLE)
            out[name] = vertices
        return out

    def _margin(self, places: np.ndarray, edges: np.ndarray, along: np.ndarray, further: np.ndarray) -> np.ndarray:
        """(COLUMNS, 3) pixels along the lower one of a lid's edges (2, N), which is the one that is seen; at its outer
        end it goes on to where the lashes do."""
        rim, front = along @ places[edges[0]], along @ places[edges[1]]
        below = np.maximum((rim - front)[:, :2] @ self._mesh.down, 0)
        front[:, :2] += below[:, None] * self._mesh.down + further
        return front

    def _further(self, chain: np.ndarray, outer_is_last: bool) -> np.ndarray:
        """(COLUMNS, 2) pixels that the strip is stretched outwards, along the eye."""
        axis = (chain[-1] - chain[0]) / np.linalg.norm(chain[-1] - chain[0])
        share = smoothstep(np.linspace(0, 1, COLUMNS), 0.7, 1.0)
        return OUTWARDS * self._eyes * (share[:, None] * axis if outer_is_last else -share[::-1, None] * axis)

    def _moved(self, margin: np.ndarray, normals: np.ndarray, way: float) -> np.ndarray:
        """(R * COLUMNS, 3) pixels: the strip on a margin (COLUMNS, 3). What stands up from it is turned over; what
        leans to the side goes on leaning there."""
        down = self._mesh.down
        height = (1 - way) + way * POINTS_DOWN
        upright = -(normals @ down)
        turned = normals + ((1 - height) * upright)[:, None] * down
        # Below a margin that is bent down the line goes on with the lashes, or its ends would meet.
        below = (1 - 2 * way) * normals - (2 * way * upright)[:, None] * down
        rows = []
        for row, level in enumerate(LEVELS):
            root = level * (1 + WIDER * way) if 0 < level <= ROOT else level
            if row >= OF_LASHES:
                root = ROOT + smoothstep(way, *TURNS) * (HANGS_FROM - ROOT)
            place = margin.copy()
            place[:, :2] += self._eyes * (root * (normals if level > 0 else below) + max(level - ROOT, 0.0) * turned)
            # What is turned over lies before what it lies over.
            place[:, 2] -= (NEARER + row * OVER) * self._eyes
            rows.append(place)
        return np.concatenate(rows)

    def _ink(
        self, picture: np.ndarray, skin: np.ndarray, margin: np.ndarray, normals: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Two (h, w, 4) uint8 with premultiplied alpha: the lashes as the photo has them, and those of a shut eye."""
        eyes = self._eyes
        length = float(np.linalg.norm(np.diff(margin, axis=0), axis=1).sum())
        width = max(8, round(SHARP * length))
        levels = np.linspace(-HANGS, LASH_TALL, max(8, round(SHARP * (LASH_TALL + HANGS) * eyes)))
        steps = np.linspace(0, COLUMNS - 1, width)
        line, out = (
            np.stack([np.interp(steps, np.arange(COLUMNS), values[:, axis]) for axis in (0, 1)], 1)
            for values in (margin, normals)
        )
        at = line + levels[:, None, None] * eyes * out  # (h, w, 2)
        seen, ground = (_read(image, at) for image in (picture, skin))
        v = levels[:, None]
        dense = _matte(seen, ground)
        # Above the line of the lid only strokes are lashes; what is dark along the lid is its crease.
        stroke = max(3, round(SHARP * STROKE * eyes))
        thin = _matte(seen, np.stack([grey_closing(seen[..., c], size=(1, stroke)) for c in range(3)], -1))
        upper = smoothstep(v, 0.6 * ROOT, 1.3 * ROOT)
        alpha = dense * (1 - upper) + np.minimum(thin, dense) * upper
        alpha *= (
            smoothstep(alpha, *FAINT) * smoothstep(v, -BELOW, -0.3 * BELOW) * smoothstep(v, LASH_TALL, 0.75 * LASH_TALL)
        )
        alpha = _grown(alpha, levels)
        ends = np.linspace(0, 1, width)
        alpha = alpha * smoothstep(np.minimum(ends, 1 - ends), 0.0, ENDS)
        colour = np.clip(seen - ground * (1 - alpha[..., None]), 0, 255 * alpha[..., None])
        return _image(colour, alpha), _image(*_shut_ink(colour, alpha, v, ends, CLUMPS * eyes * SHARP))


def _shut_ink(
    colour: np.ndarray, alpha: np.ndarray, v: np.ndarray, ends: np.ndarray, clump: float
) -> tuple[np.ndarray, np.ndarray]:
    """(colour, alpha) of the lashes of a shut eye, of those of the open one."""
    inked = alpha > 0.5 * max(float(alpha.max()), 1e-3)
    dark = np.median(colour[inked] / np.maximum(alpha[inked], 0.1)[:, None], 0) if inked.any() else np.full(3, 40.0)
    shut = _shut_alpha(alpha, v, ends, clump)
    return gaussian_filter(dark * shut[..., None], (SOFT, SOFT, 0)), gaussian_filter(shut, SOFT)


def _shut_alpha(alpha: np.ndarray, v: np.ndarray, ends: np.ndarray, clump: float) -> np.ndarray:
    """(h, w) opacity of the lashes of a shut eye, which hang over the line in which the lids meet: as dark as those of
    the open eye, alpha (h, w), are along its margin. v (h, 1): of the rows; ends (w,) 0..1: of the columns; clump:
    pixels."""
    margin = gaussian_filter1d(alpha * (v < ROOT), EVEN * len(ends), axis=1, mode="nearest")
    most = np.clip(margin.max(0), LEAST_DARK, MOST_DARK)
    middle = margin[:, len(ends) // 6 : len(ends) - len(ends) // 6]
    thick = middle.sum(0) * float(v[1, 0] - v[0, 0]) / np.maximum(middle.max(0), 1e-3)
    thin = float(np.clip(np.median(thick) / THICK, LEAST_THICK, 1))
    # Where a row of the strip lies when the eye is shut.
    of_lashes = v > ROOT
    above = np.where(of_lashes, HANGS_FROM + POINTS_DOWN * (v - ROOT), np.where(v > 0, v * (1 + WIDER), v))
    end = np.minimum(ends, 1 - ends)
    tufts = gaussian_filter1d(np.random.default_rng(0).standard_normal(len(ends)), max(clump, 0.7), mode="nearest")
    uneven = 1 + UNEVEN * np.clip(tufts / tufts.std(), -2, 2)
    long = uneven * (SHORTER + (1 - SHORTER) * smoothstep(end, 0.0, TAPER))
    above = np.where(above < 0, above / long, above)
    dark = most * np.interp((above - DARKEST) / thin, *DARK_ACROSS.T)
    # Lashes of the photo that are longer or darker than that show over it.
    longer = np.clip((np.minimum(alpha, most) - dark) / (1 - dark), 0, 1)
    return np.where(of_lashes, longer, dark * smoothstep(v, ROOT, 0.8 * ROOT)) * smoothstep(end, 0.0, ENDS)


def _texture_rows() -> np.ndarray:
    return (np.array(LEVELS) + HANGS) / (LASH_TALL + HANGS)


def _resampling(chain: np.ndarray) -> np.ndarray:
    """(COLUMNS, N): even and smooth places along a chain (N, 2) from its values."""
    run = np.r_[0, np.cumsum(np.linalg.norm(np.diff(chain, axis=0), axis=1))]
    steps = np.linspace(0, run[-1], COLUMNS)
    out = np.stack([np.interp(steps, run, row) for row in np.eye(len(chain))], 1)
    return gaussian_filter1d(out, 1.0, axis=0, mode="nearest")


def _normals(margin: np.ndarray, down: np.ndarray) -> np.ndarray:
    """(COLUMNS, 2) unit vectors across a margin (COLUMNS, 2), upwards and out at its ends."""
    along = np.gradient(gaussian_filter1d(margin, 2.0, axis=0, mode="nearest"), axis=0)
    across = np.stack([along[:, 1], -along[:, 0]], 1)
    across *= -np.sign(across @ down)[:, None]
    across = gaussian_filter1d(across / np.linalg.norm(across, axis=1, keepdims=True), 2.0, axis=0, mode="nearest")
    return across / np.linalg.norm(across, axis=1, keepdims=True)


def _grid(rows: int, columns: int) -> np.ndarray:
    r, c = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    corner = (r * columns + c).ravel()
    halves = ([corner, corner + columns, corner + 1], [corner + 1, corner + columns, corner + columns + 1])
    # Row by row, as what is drawn later lies over what was drawn before, and never behind it.
    return np.stack([np.stack(half, 1) for half in halves], 1).reshape(-1, 3).astype(np.int32)


def _read(image: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(h, w, 3) of an image (H, W, 3) at places (h, w, 2) pixels."""
    where = [at[..., 1] - 0.5, at[..., 0] - 0.5]
    return np.stack([map_coordinates(image[..., c], where, order=1, mode="nearest") for c in range(3)], -1)


def _matte(seen: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """(h, w) 0..1 the least opacity with which anything over the ground (h, w, 3) is what is seen (h, w, 3)."""
    return np.clip(1 - (seen / np.maximum(ground, 1.0)).min(2), 0, 1)


def _grown(alpha: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """(h, w) opacity of what grows out of the line of the lid: strands of a brow and bits of a crease do not. levels
    (h,): of the rows, from the margin upwards."""
    out, grown = alpha.copy(), np.ones(alpha.shape[1])
    for row in np.flatnonzero(levels > ROOT):
        grown = np.minimum(maximum_filter1d(grown, 3), np.clip(ROOTED * maximum_filter1d(alpha[row], 3), 0, 1))
        out[row] *= grown
    return out


def _image(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return (np.clip(np.concatenate([colour, 255 * alpha[..., None]], 2), 0, 255) + 0.5).astype(np.uint8)
