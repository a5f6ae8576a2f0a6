# SPDX-License-Identifier: GPL-3.0-or-later
"""Creases of the skin that the channels make: one table of what drives each and where it lies.

The mesh is too coarse to fold, so the folds are shaded. Places are offsets from iBUG-68 landmarks, so that they hold
for every identity and for a head whose shapes change.
Sources and gains are those that helped four classifiers on this head; places, widths and depths were set by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from mien.heads.default import Head
from mien.numeric.smoothstep import smoothstep

GAIN = 0.8  # of every crease
DEPTH = 0.0011  # metres of the deepest; skin.frag has the same
COARSE = 0.0016  # metres: of a crease where the mesh alone shows it
EYES_APART = 0.086  # metres between the outer corners of the eyes for which the table's offsets are meant
NEAR, FAR = 0.004, 0.009  # metres from its lines within which a crease has all of its strength, and none
FRONT = 0.02  # metres: what lies further back is not seen from the front
MIRROR = (
    *range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1), 45, 44, 43, 42, 47, 46,
    39, 38, 37, 36, 41, 40, *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), *range(67, 64, -1),
)  # fmt: skip

Point = tuple[int, float, float]  # a landmark of the head's right side; millimetres outward and up from it


@dataclass(frozen=True)
class Crease:
    """One fold of a side of the face. sources: (gain, channels), the least of the channels times the gain; names ending
    in "*" are those of the fold's own side. lines: through points. width: metres; depth: 0..1 of the deepest.
    """

    name: str
    sources: tuple[tuple[float, tuple[str, ...]], ...]
    lines: tuple[tuple[Point, ...], ...]
    width: float
    depth: float


CREASES = (
    Crease("nasolabial fold",
        ((0.9, ("mouthSmile*",)), (0.8, ("noseSneer*",)), (0.6, ("mouthUpperUp*",)), (0.35, ("mouthFrown*",))),
        (((31, 5.0, 4.5), (31, 9.0, -1.5), (48, 7.0, 13.0), (48, 10.0, 5.0), (48, 10.5, -2.0)),), 0.0020, 1.0),
    Crease("marionette", ((0.9, ("mouthFrown*",)), (0.4, ("mouthStretch*",))),
        (((48, 3.0, -2.5), (48, 5.0, -7.5), (48, 5.5, -14.0)),), 0.0016, 0.8),
    Crease("crow's feet", ((1.0, ("cheekSquint*", "mouthSmile*")), (0.5, ("eyeSquint*",))),
        (((36, 6.0, 2.5), (36, 11.0, 5.0), (36, 16.0, 9.0)), ((36, 6.5, -1.0), (36, 12.0, -1.0), (36, 17.5, 0.5)),
         ((36, 6.0, -4.5), (36, 10.5, -7.0), (36, 15.0, -9.5))), 0.0009, 0.6),
    Crease("under the eye", ((0.9, ("cheekSquint*",)), (0.8, ("eyeSquint*",))),
        (((39, 3.0, -4.5), (40, 0.0, -6.5), (41, 0.0, -7.0), (36, -2.5, -7.0)),), 0.0015, 0.7),
    Crease("bridge", ((0.9, ("noseSneer*",)),),
        (((28, 4.0, -1.0), (28, 7.0, 1.0), (28, 10.5, 5.0)), ((28, 3.0, 4.5), (28, 6.0, 6.0), (28, 9.0, 9.0))),
        0.0010, 0.7),
    Crease("glabella", ((1.0, ("browDown*",)),),
        (((27, 5.5, 14.0), (27, 6.5, 20.0), (27, 5.0, 30.0)),), 0.0017, 1.0),
    Crease("nose root", ((0.9, ("noseSneer*",)), (0.4, ("browDown*",))),
        (((27, 0.0, 4.0), (27, 4.0, 4.4), (27, 8.5, 2.5)),), 0.0012, 0.8),
    Crease("forehead", ((0.9, ("browInnerUp",)), (0.9, ("browOuterUp*",))),
        (((27, 0.0, 38.0), (27, 5.0, 37.9), (27, 14.0, 39.0), (27, 25.0, 40.5), (27, 38.0, 38.5)),
         ((27, 0.0, 45.4), (27, 5.0, 45.6), (27, 13.0, 47.0), (27, 25.0, 48.5), (27, 39.0, 46.0)),
         ((27, 0.0, 54.3), (27, 4.0, 54.4), (27, 11.0, 55.0), (27, 22.0, 56.5), (27, 33.0, 54.5))), 0.0014, 0.6),
    Crease("chin", ((0.8, ("mouthShrugLower",)), (0.5, ("mouthFrown*",))),
        (((57, 0.0, -8.5), (57, 7.0, -9.0), (57, 13.0, -12.0)),), 0.0018, 0.8),
)  # fmt: skip
SIDES = ("Right", "Left")


def strengths(weights: np.ndarray, channels: tuple[str, ...]) -> np.ndarray:
    """(..., 2 * len(CREASES)) strength 0..1 of each crease, right then left, for weights (..., C) of `channels`."""
    weights = np.clip(weights, 0.0, 1.0)

    def source(names: tuple[str, ...], side: str) -> np.ndarray:
        indices = [channels.index(name.replace("*", side)) for name in names]
        return weights[..., indices].min(-1)

    rows = [
        np.stack([gain * source(names, side) for gain, names in crease.sources]).max(0)
        for crease in CREASES
        for side in SIDES
    ]
    return GAIN * np.stack(rows, -1)


def regions(head: Head) -> np.ndarray:
    """(2 * len(CREASES), V) float32: the share of each crease's strength that a vertex of the resting head has."""
    places = head.vertices[:, :2].astype(np.float64)
    front = head.vertices[:, 2] > FRONT
    out = np.zeros((2 * len(CREASES), len(places)), np.float32)
    for row, (lines, _) in zip(out, lines_of(head), strict=True):
        points = np.concatenate(lines)
        distance = np.sqrt(((places[front, None] - points) ** 2).sum(2).min(1))
        row[front] = smoothstep(distance, FAR, NEAR)
    return out


def folded(head: Head, channels: Sequence[str]) -> np.ndarray:
    """(len(channels), V) metres: how deep the creases of each channel, alone at weight 1, lie at the vertices.

    For readers that know weighted shapes alone, in which nothing is a maximum: a source of several channels is that of
    its first one. The vertices are as far apart as a crease is wide, so each takes the depth of the line beside it.
    """
    front = head.vertices[:, 2] > FRONT
    places = head.vertices[front, :2].astype(np.float64)
    out = np.zeros((len(channels), len(head.vertices)))
    for number, (lines, crease) in enumerate(lines_of(head)):
        side = SIDES[number % len(SIDES)]
        points = np.concatenate(lines)
        square = ((places[:, None] - points) ** 2).sum(2).min(1)
        depth = DEPTH * crease.depth * np.exp(-square / (2 * COARSE**2))
        for gain, names in crease.sources:
            first = names[0].replace("*", side)
            if first in channels:
                row = out[channels.index(first)]
                row[front] = np.maximum(row[front], GAIN * gain * depth)
    return out


def depth_map(head: Head, window: tuple[float, float, float, float], side: int) -> np.ndarray:
    """(side, side) uint8, row 0 at the bottom: how deep the skin folds at most, over `window` (x, y, width, height)."""
    x0, y0, width, height = window
    scale = np.array([side / width, side / height])
    out = np.zeros((side, side), np.uint8)
    for lines, crease in lines_of(head):
        # Only the part around the lines is drawn: blurring all of it would take half a second.
        places = (np.concatenate(lines) - (x0, y0)) * scale
        margin = 6 * crease.width * scale
        left, bottom = (int(v) for v in np.clip(places.min(0) - margin, 0, side - 1))
        right, top = (int(v) + 1 for v in np.clip(places.max(0) + margin, 1, side - 1))
        layer = Image.new("L", (right - left, top - bottom))
        draw = ImageDraw.Draw(layer)
        thick = max(1, round(crease.width * scale[0]))
        for line in lines:
            # Both ends run out into the skin; one that lies on the mid-line goes on into its mirror image.
            at = np.linspace(0, 1, len(line))
            ink = np.minimum(1.0, np.where(abs(line[0, 0]) < 1e-4, 1.0, at / 0.3)) * np.minimum(1.0, (1 - at) / 0.4)
            points = [tuple(p) for p in (line - (x0, y0)) * scale - (left, bottom)]
            for i in range(len(line) - 1):
                draw.line(points[i : i + 2], fill=int(255 * ink[i]), width=max(1, round(thick * (0.4 + 0.6 * ink[i]))))
        # A sharp bottom between slopes that swell: a line alone would look drawn.
        fold = np.zeros((top - bottom, right - left), np.float32)
        for share, blur in ((0.6, 0.5), (0.4, 1.3)):
            soft = layer.filter(ImageFilter.GaussianBlur(blur * crease.width * float(scale[0])))
            grey = np.asarray(soft, np.float32)
            fold += share * grey / max(float(grey.max()), 1.0)
        part = out[bottom:top, left:right]
        np.maximum(part, (fold * (255 * crease.depth)).astype(np.uint8), out=part)
    return out


def table(head: Head) -> list[dict]:
    """CREASES as the head file stores them for the extension: name, sources, lines, width, depth.

    lines: points (x, y) of the head's left side, metres, smooth already; sources as those of Crease, times GAIN.
    """
    of_left = lines_of(head, steps=6)[1::2]
    return [
        {
            "name": crease.name,
            "sources": [[round(GAIN * gain, 4), list(names)] for gain, names in crease.sources],
            "lines": [np.round(line, 5).tolist() for line in lines],
            "width": crease.width,
            "depth": crease.depth,
        }
        for lines, crease in of_left
    ]


def lines_of(head: Head, steps: int = 16) -> list[tuple[list[np.ndarray], Crease]]:
    """The lines (N, 2) of each crease and side on the resting head, in metres from the front."""
    marks = head.vertices[head.landmarks, :2].astype(np.float64)
    scale = float(marks[45, 0] - marks[36, 0]) / EYES_APART / 1000
    out = []
    for crease in CREASES:
        for side in SIDES:
            outward = -1 if side == "Right" else 1
            lines = []
            for line in crease.lines:
                ids = [mark if side == "Right" else MIRROR[mark] for mark, *_ in line]
                offsets = np.array([(outward * x, y) for _, x, y in line]) * scale
                lines.append(_smooth(marks[ids] + offsets, steps))
            out.append((lines, crease))
    return out


def _smooth(points: np.ndarray, steps: int) -> np.ndarray:
    """Catmull-Rom through the points (N, 2), `steps` to a leg."""
    p = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    at = np.linspace(0, len(points) - 1 - 1e-9, steps * (len(points) - 1) + 1)
    i = at.astype(int)
    t = (at - i)[:, None]
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
