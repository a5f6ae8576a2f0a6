# SPDX-License-Identifier: GPL-3.0-or-later
"""Two rows of teeth with their gums, for a head whose mesh has none.

They are made once, by meshes/build_head.py, and lie in the head file from then on: the preview and the extension show
the same teeth. Crown widths are the usual adult means (Wheeler's Dental Anatomy), in metres along the arch from the
middle outwards.
"""

from dataclasses import dataclass

import numpy as np

from mien.heads.default import Head
from mien.numeric.rigid_fit import fit

UPPER_WIDTHS = np.array([8.5, 6.5, 7.5, 7.0, 7.0, 10.0, 9.0]) * 1e-3
LOWER_WIDTHS = np.array([5.0, 5.5, 7.0, 7.0, 7.0, 10.5, 10.0]) * 1e-3
UPPER_HEIGHTS = np.array([10.0, 9.0, 10.0, 8.5, 8.0, 7.0, 6.5]) * 1e-3
LOWER_HEIGHTS = np.array([8.5, 8.8, 9.5, 8.5, 8.0, 7.0, 6.5]) * 1e-3
# How far each edge is behind the plane of the row.
UPPER_STEPS = np.array([0.0, 0.7, 0.1, 0.6, 0.8, 1.0, 1.2]) * 1e-3
LOWER_STEPS = np.array([0.0, 0.1, 0.0, 0.5, 0.7, 1.0, 1.2]) * 1e-3
AROUND = 16  # vertices of a ring of one tooth: its corners are among them
SHARES = np.array([0.0, 0.07, 0.32, 0.66, 1.0])  # where the rings are, 0 at the edge, 1 at the gum
UP = len(SHARES)
ARCH_HALF_WIDTH, ARCH_DEPTH = 0.029, 0.045  # an ellipse, 54 mm over the first molars; the depth is its other half axis
LEAN = 0.28  # the roots lie further back than the edges, as a slope
# The gum's margin: across a tooth, as shares of its half width; how it falls to the papillae; their share of the crown,
# two fifths between front teeth (Chu et al. 2009, "Papilla proportions in the maxillary anterior dentition").
COLUMNS, SCALLOP = (-1.0, -0.8, -0.45, 0.0, 0.45, 0.8), 2.7
PAPILLAE = np.array([0.40, 0.40, 0.40, 0.34, 0.30, 0.25, 0.22])
# In front, from the top over the margin into the crown: metres outwards before a tooth, how much less between two, and
# away from the edge beyond the margin; behind: metres outwards, away from the edge beyond the inner margin. The top
# is even, too.
GUM_FRONT = 1e-3 * np.array([[-0.3, 0.0, 0.0], [0.5, 0.3, 3.4], [0.6, 0.4, 1.1], [0.4, 0.6, 0.0], [-0.9, 0.6, 0.3]])
GUM_INSIDE, GUM_TOP = 1e-3 * np.array([[-6.6, 0.0], [-9.8, 3.0]]), 0.009
ROOT, BULGE = 0.002, 0.0007  # metres of a crown within the gum; that its front is round by
# The vertices of skull and jaw are found by the head's own channels.
SKULL_MOTION = 1e-4  # metres a vertex of the skull may move at most in any channel
JAW_SHARE, JAW_OTHERS = 0.6, 1e-3  # of jawOpen's largest move at least; metres in any channel but the jaw's at most
CHIN_HALF_WIDTH, CHIN_DEPTH = 0.020, 0.012  # metres from the mid-line; behind the foremost point of the jaw's edge


@dataclass(frozen=True)
class Row:
    """A mesh at rest: vertices (N, 3) metres in head space, quads (Q, 4), gum (N,) bool."""

    vertices: np.ndarray
    quads: np.ndarray
    gum: np.ndarray


def rows_of(head: Head) -> tuple[Row, Row]:
    """The upper and the lower row of a head file."""
    rows = []
    for lower in (False, True):
        of_row = head.teeth_lower == lower
        quads = head.teeth_quads[of_row[head.teeth_quads[:, 0]]]
        rows.append(Row(head.teeth_vertices[of_row], np.cumsum(of_row)[quads] - 1, head.teeth_gum[of_row] == 1))
    return rows[0], rows[1]


def rigid_parts(head: Head) -> tuple[np.ndarray, np.ndarray]:
    """(indices of the vertices that move with the skull alone, of those that move with the jaw alone)."""
    displacement = np.linalg.norm(head.deltas, axis=2)  # (52, V)
    jaw = np.array([name.startswith("jaw") for name in head.channels])
    skull = np.flatnonzero((displacement.max(0) < SKULL_MOTION) & (head.neck_weights > 0.999))
    opening = displacement[list(head.channels).index("jawOpen")]
    jaw_vertices = np.flatnonzero((opening > JAW_SHARE * opening.max()) & (displacement[~jaw].max(0) < JAW_OTHERS))
    return skull, jaw_vertices


def jaw_deltas(head: Head, lower: np.ndarray) -> tuple[list[str], np.ndarray]:
    """(the jaw's channels, the deltas (C, N, 3) of each on the lower row's vertices (N, 3) at weight 1).

    At weight 1 the row has turned as tongue and chin have, between which it lies; below, it goes there in a straight
    line as they do, and so never comes out of the chin.
    """
    carried = np.unique(np.concatenate([_of_part(head, "tongue"), _chin(head)]))
    channels = [name for name in head.channels if name.startswith("jaw")]
    rest, deltas = head.vertices[carried].astype(np.float64), []
    for name in channels:
        rotation, shift = fit(rest, rest + head.deltas[list(head.channels).index(name)][carried])
        deltas.append(lower @ rotation.T + shift - lower)
    return channels, np.array(deltas)


def _of_part(head: Head, name: str) -> np.ndarray:
    return np.unique(head.quads[head.quad_part == list(head.parts).index(name)])


def _chin(head: Head) -> np.ndarray:
    """The skin in front of the lower teeth: from the edge of the jaw to that of the lower lip."""
    skin, (jaw, lip) = _of_part(head, "skin"), head.vertices[head.landmarks[[8, 57]]]
    x, y, z = head.vertices[skin].T
    return skin[(np.abs(x) < CHIN_HALF_WIDTH) & (y >= jaw[1]) & (y <= lip[1]) & (z > jaw[2] - CHIN_DEPTH)]


class JawWeights:
    """Where a face has its jaw: a take of vertices has no channels that would tell."""

    def __init__(self, head: Head) -> None:
        self._jaw = rigid_parts(head)[1]
        self._rest = head.vertices[self._jaw].astype(np.float64)
        rows = [list(head.channels).index(name) for name in head.teeth_channels]
        basis = head.deltas[rows][:, self._jaw].astype(np.float64)
        self._inverse = np.linalg.pinv(basis.reshape(len(rows), -1)).T

    def __call__(self, face: np.ndarray) -> np.ndarray:
        """(K,) weights of the head's `teeth_channels`, in least squares, in a face (V, 3) whose skull is at rest."""
        return self._inverse @ (face[self._jaw] - self._rest).ravel()


def upper_row(lips: np.ndarray) -> Row:
    """The row in the skull; `lips` (3,) is where the closed lips meet on the mid-line, metres."""
    front = np.array([0.0, lips[1] - 0.0022, lips[2] - 0.0052])
    return _row(front, UPPER_WIDTHS, UPPER_HEIGHTS, UPPER_STEPS, 1.0, 0.0)


def lower_row(lips: np.ndarray) -> Row:
    """The row in the jaw, at rest a little apart from the upper and behind it."""
    front = np.array([0.0, lips[1] - 0.0032, lips[2] - 0.0082])
    return _row(front, LOWER_WIDTHS, LOWER_HEIGHTS, LOWER_STEPS, -1.0, 0.0012)


def _row(front: np.ndarray, widths: np.ndarray, heights: np.ndarray, steps: np.ndarray, up: float, inset: float) -> Row:
    arch, outward = _arch(ARCH_HALF_WIDTH - inset, ARCH_DEPTH - inset)
    parts = []
    ends = np.concatenate([[0.0], np.cumsum(widths)])
    for i, (width, height, step) in enumerate(zip(widths, heights, steps, strict=True)):
        middle = (ends[i] + ends[i + 1]) / 2
        parts += [
            _tooth(arch(side * middle), outward(side * middle), width, height, step, i, up) for side in (-1.0, 1.0)
        ]
    # A row that begins left of the middle and ends right of it keeps the quads of the gum facing out.
    parts.append(_gum(arch, outward, widths, steps, heights, up))
    vertices = np.concatenate([part[0] for part in parts]) + front
    starts = np.cumsum([0] + [len(part[0]) for part in parts[:-1]])
    quads = np.concatenate([part[1] + start for part, start in zip(parts, starts, strict=True)])
    gum = np.zeros(len(vertices), bool)
    gum[starts[-1] :] = True
    return Row(vertices, quads if up > 0 else quads[:, ::-1], gum)


def _arch(half_width: float, depth: float) -> tuple:
    """Functions of the signed length along the arch, + to the head's left: position (3,) and outward direction (3,)."""
    angle = np.linspace(0.0, np.pi * 0.6, 400)
    x, z = half_width * np.sin(angle), depth * (np.cos(angle) - 1.0)
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])

    def place(at: float) -> np.ndarray:
        return np.array([np.sign(at) * np.interp(abs(at), length, x), 0.0, np.interp(abs(at), length, z)])

    def outward(at: float) -> np.ndarray:
        angle_at = np.interp(abs(at), length, angle)
        normal = np.array([np.sign(at) * np.sin(angle_at) / half_width, 0.0, np.cos(angle_at) / depth])
        return normal / np.linalg.norm(normal)

    return place, outward


def _tooth(
    place: np.ndarray, outward: np.ndarray, width: float, height: float, step: float, number: int, up: float
) -> tuple[np.ndarray, np.ndarray]:
    """One crown from its edge to just inside the gum: rings of a rounded box, closed at the edge."""
    molar = number > 2
    along = np.cross([0.0, 1.0, 0.0], outward)
    share = SHARES[:, None]
    angle = np.arange(AROUND) * 2 * np.pi / AROUND
    power = 0.55  # below 1: a box with round corners
    box = [np.sign(f) * np.abs(f) ** power for f in (np.cos(angle), np.sin(angle))]
    # Crowns are widest near the edge and narrow towards the gum; incisors thin out to a blade.
    wide = width / 2 * (0.985 - 0.12 * share**1.6) * np.where(share == 0, 0.93, 1.0)
    deep_edge, deep_root = (0.0075, 0.0085) if molar else (0.0018, 0.0066)
    deep = (deep_edge + (deep_root - deep_edge) * np.sqrt(share)) / 2 * np.where(share == 0, 0.75, 1.0)
    back = deep - _front(share, height)
    high = step + (height + ROOT) * share
    if number == 2:  # the canine has a point
        high = high + 0.0009 * np.abs(np.cos(angle)) * (1 - share)
    rings = (
        place
        + along * (wide * box[0])[..., None]
        + outward * (deep * box[1] - back)[..., None]
        + np.array([0.0, up, 0.0]) * (high * np.ones(AROUND))[..., None]
    )
    cap = rings[0].mean(0, keepdims=True) + np.array([0.0, -up * 0.0002, 0.0])
    vertices = np.concatenate([rings.reshape(-1, 3), cap])
    ring, i = np.meshgrid(np.arange(UP - 1), np.arange(AROUND), indexing="ij")
    j = (i + 1) % AROUND
    sides = np.stack([ring * AROUND + i, (ring + 1) * AROUND + i, (ring + 1) * AROUND + j, ring * AROUND + j], -1)
    top = np.full(AROUND // 2, len(vertices) - 1)
    first = np.arange(0, AROUND, 2)
    cover = np.stack([top, first, first + 1, (first + 2) % AROUND], -1)
    return vertices, np.concatenate([sides.reshape(-1, 4), cover])


def _gum(arch, outward, widths: np.ndarray, steps: np.ndarray, heights: np.ndarray, up: float) -> tuple:
    """A band around the necks of the teeth: in front, over the scalloped margin, between the teeth, and behind."""
    ends = np.concatenate([[0.0], np.cumsum(widths)])
    zeniths = heights + steps
    tips = _at_ends(zeniths - PAPILLAE * heights)
    columns = []
    for i, width in enumerate(widths):
        for u in COLUMNS:
            between, end = abs(u) ** SCALLOP, i + int(u > 0)
            margin = zeniths[i] + (tips[end] - zeniths[i]) * between
            columns.append(((ends[i] + ends[i + 1] + u * width) / 2, margin, between, i, end))
    columns.append((ends[-1], tips[-1], 1.0, len(widths) - 1, len(widths)))
    points = []
    for side, (at, margin, between, i, end) in [(-1.0, c) for c in columns[:0:-1]] + [(1.0, c) for c in columns]:
        high = margin + GUM_FRONT[:, 2]
        inside = float(np.interp(at / ends[-1], np.arange(len(heights)) / len(heights), heights)) - 0.0006
        high[0] = inside + GUM_TOP
        beside = [i, min(max(2 * end - i - 1, 0), len(widths) - 1)]  # this tooth and the next one
        fronts = [_front((high - steps[n]) / (heights[n] + ROOT), heights[n]) for n in beside]
        front = fronts[0] + (fronts[1] - fronts[0]) * between / 2 + GUM_FRONT[:, 0] - GUM_FRONT[:, 1] * between
        behind = GUM_INSIDE[:, 0] - LEAN * (inside + GUM_INSIDE[:, 1])
        out = np.concatenate([front, behind])[:, None]
        high = np.concatenate([high, inside + GUM_INSIDE[:, 1]])[:, None]
        points.append(arch(side * at) + outward(side * at) * out + np.array([0.0, up, 0.0]) * high)
    return _sheet(np.array(points))


def _at_ends(of_teeth: np.ndarray) -> np.ndarray:
    """The mean of each two teeth that touch, those of the first and of the last one at the ends."""
    return np.concatenate([of_teeth[:1], (of_teeth[:-1] + of_teeth[1:]) / 2, of_teeth[-1:]])


def _front(share: np.ndarray, height: float) -> np.ndarray:
    """Metres outwards of the middle of a crown's front, at this share of the way from its edge to its end."""
    return BULGE * np.sin(np.pi * np.clip(share + 0.12, 0, 1)) - LEAN * height * share  # it is a little round


def _sheet(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(vertices (N, 3), quads (Q, 4)) of a grid of points (R, C, 3)."""
    rows, columns = points.shape[:2]
    r, c = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    quads = np.stack([r * columns + c, r * columns + c + 1, (r + 1) * columns + c + 1, (r + 1) * columns + c], -1)
    return points.reshape(-1, 3), quads.reshape(-1, 4)
