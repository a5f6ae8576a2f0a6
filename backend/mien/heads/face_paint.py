# SPDX-License-Identifier: GPL-3.0-or-later
"""Brows and lashes, painted hair by hair over the resting face in front view, and the mottle of the skin.

The head's mesh has none, and a face without brows hides half of its emotion.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy import sparse
from scipy.sparse import csgraph

from mien.heads.creases import depth_map
from mien.heads.default import Head

PIXELS = 1024  # width and height of the painting; drawn at twice that and reduced
HAIRS = 620  # of one brow
SEED = 7  # the same brows in every film
THICKNESS = 0.0033  # metres: half the height of a brow where it is highest


@dataclass(frozen=True)
class Painting:
    """pixels (h, w, 4) uint8, row 0 at the bottom: brows, lashes, mottle, depth of creases.

    window: x0, y0, width and height of the face it covers, metres.
    """

    pixels: np.ndarray
    window: tuple[float, float, float, float]


def face_paint(head: Head) -> Painting:
    """The painting of the resting head, by its landmarks."""
    low, high = head.vertices[:, :2].min(0), head.vertices[:, :2].max(0)
    side = float((high - low).max())
    x0, y0 = (low + high) / 2 - side / 2
    scale = 2 * PIXELS / side

    def pixels(points: np.ndarray) -> list[tuple[float, float]]:
        return [tuple(p) for p in (points[:, :2] - (x0, y0)) * scale]

    brows, lashes = (Image.new("L", (2 * PIXELS, 2 * PIXELS)) for _ in range(2))
    generator = np.random.default_rng(SEED)
    draw = ImageDraw.Draw(brows)
    for stroke, ink in zip(*brow_hairs(head), strict=True):
        draw.line(pixels(stroke), fill=int(ink), width=3)
    for upper, lower in lid_edges(head):
        _draw_lid(ImageDraw.Draw(lashes), upper, 0.0015, 255, pixels, scale)
        _draw_lid(ImageDraw.Draw(lashes), lower, 0.0005, 110, pixels, scale)
    layers = [np.asarray(image.resize((PIXELS, PIXELS), Image.Resampling.BOX)) for image in (brows, lashes)]
    window = (float(x0), float(y0), side, side)
    layers += [_mottle(generator, side), depth_map(head, window, PIXELS)]
    return Painting(np.stack(layers, -1), window)


def _mottle(generator: np.random.Generator, side: float) -> np.ndarray:
    """(PIXELS, PIXELS) uint8 around 127: blotches of some 5 mm under grain of 1 mm."""
    layers = np.zeros((PIXELS, PIXELS))
    for size, strength in ((0.005, 0.55), (0.0012, 0.45)):
        cells = max(2, round(side / size))
        grid = Image.fromarray(generator.uniform(0, 255, (cells, cells)).astype(np.uint8))
        layers += strength * np.asarray(grid.resize((PIXELS, PIXELS), Image.Resampling.BICUBIC), float)
    return layers.astype(np.uint8)


def _curve(points: np.ndarray, count: int) -> np.ndarray:
    """A smooth curve (count, 3) through the points: Catmull-Rom with the ends continued."""
    p = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    at = np.linspace(0, len(points) - 1 - 1e-9, count)
    i = at.astype(int)
    t = (at - i)[:, None]
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def _edges(head: Head, stations: np.ndarray) -> list[int]:
    """Vertices along the edges of the mesh from station to station, the shortest way."""
    ends = np.concatenate([head.quads[:, [i, (i + 1) % 4]] for i in range(4)])
    lengths = np.linalg.norm(head.vertices[ends[:, 0]] - head.vertices[ends[:, 1]], axis=1)
    graph = sparse.csr_matrix((lengths, ends.T), (len(head.vertices),) * 2)
    _, before = csgraph.dijkstra(graph, directed=False, indices=stations[:-1], return_predecessors=True)
    path = [int(stations[0])]
    for row, (start, end) in enumerate(zip(stations[:-1], stations[1:], strict=True)):
        leg = [int(end)]
        while before[row, leg[-1]] != start:
            leg.append(int(before[row, leg[-1]]))
        path += leg[::-1]
    return path


def lid_edges(head: Head) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of the right and the left eye, the edges (60, 3) of its upper and lower lid, from the nose outwards, metres."""
    stations = (((39, 38, 37, 36), (39, 40, 41, 36)), ((42, 43, 44, 45), (42, 47, 46, 45)))

    def edge(lid: tuple[int, ...]) -> np.ndarray:
        return _curve(head.vertices[_edges(head, head.landmarks[list(lid)])], 60)

    return [(edge(upper), edge(lower)) for upper, lower in stations]


def brow_hairs(head: Head) -> tuple[np.ndarray, np.ndarray]:
    """((2 HAIRS, 3, 2) root, middle and tip of each hair of both brows, metres from the front; (2 HAIRS,) ink 0..255).

    Hairs stand up beside the nose and lie along the arch further out.
    """
    generator = np.random.default_rng(SEED)
    landmarks = head.vertices[head.landmarks].astype(np.float64)
    # Each runs from the nose outwards.
    parts = [_hairs_of(_arch(landmarks[rows, :2]), generator) for rows in (slice(21, 16, -1), slice(22, 27))]
    return np.concatenate([hairs for hairs, _ in parts]), np.concatenate([ink for _, ink in parts])


def _arch(points: np.ndarray) -> np.ndarray:
    """(64, 2) an even arch along the landmarks (5, 2) of a brow, which as they are make a corner."""
    share = np.linspace(0, 1, len(points))
    at = np.linspace(0, 1, 64)
    return np.stack([np.polyval(np.polyfit(share, column, 2), at) for column in points.T], 1)


def _hairs_of(line: np.ndarray, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    along = np.gradient(line, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    hairs, inks = [], []
    for _ in range(HAIRS):
        share = generator.beta(1.15, 1.1)
        i = int(share * (len(line) - 1))
        thick = THICKNESS * np.interp(share, [0, 0.15, 0.55, 1], [0.62, 1.0, 0.80, 0.18])  # half the height
        off = generator.uniform(-1, 1) * thick
        across = np.array([-along[i, 1], along[i, 0]])
        across *= np.sign(across[1]) or 1
        root = line[i] + across * off
        # The upper hairs lie down, the lower ones reach up.
        lift = np.interp(share, [0, 0.2, 0.5, 1], [1.25, 0.7, 0.32, 0.1]) - 0.35 * off / thick * share
        direction = along[i] * np.cos(lift) + across * np.sin(lift)
        length = generator.uniform(0.0035, 0.0065) * np.interp(share, [0, 0.3, 1], [0.8, 1.0, 0.8])
        bend = along[i] * length * 0.25
        hairs.append([root, root + direction * length * 0.5 + bend * 0.4, root + direction * length + bend])
        inks.append(generator.uniform(150, 245) * np.interp(share, [0, 0.12], [0.55, 1]))
    return np.array(hairs), np.array(inks)


def _draw_lid(draw: ImageDraw.ImageDraw, line: np.ndarray, width: float, ink: int, pixels, scale: float) -> None:
    """The line of lashes on a lid's edge, strongest towards the outer corner."""
    share = np.linspace(0, 1, len(line))
    weight = np.interp(share, [0, 0.12, 0.6, 0.93, 1], [0.0, 0.45, 1.0, 1.0, 0.35])
    points = pixels(line)
    for i in range(len(line) - 1):
        draw.line(points[i : i + 2], fill=int(ink * weight[i]), width=max(1, round(width * weight[i] * scale)))
