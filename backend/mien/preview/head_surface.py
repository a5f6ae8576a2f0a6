# SPDX-License-Identifier: GPL-3.0-or-later
"""The head as the canvas draws it: fixed lists of triangles, and in each frame one array of vertices.

The skin, the mouth and the tongue are the head's own mesh. Eyeballs and teeth are set into it and follow it rigidly.
"""

from weakref import WeakKeyDictionary

import numpy as np
from scipy import sparse

from mien.heads import creases, teeth
from mien.heads.default import Head
from mien.heads.eyeballs import Eyeball, eye_of
from mien.heads.hair import Hair
from mien.numeric.rigid_fit import fit
from mien.preview.ambient_occlusion import ambient_occlusion
from mien.preview.gl_canvas import FLOATS
from mien.preview.tongue import Tongue

POSITION, NORMAL, REST = slice(0, 3), slice(3, 6), slice(6, 9)
OCCLUSION, COLOUR, ROUGHNESS, WETNESS, CREASE = 9, slice(10, 13), 13, 14, 15

ENAMEL, GUM = (0.88, 0.84, 0.76), (0.48, 0.17, 0.16)  # linear colours
MOUTH_DEPTH = 0.022  # metres behind the lips at which a third of the ambient light is left
MOUTH_FLOOR = 0.16  # never black: some light always gets through the cheeks
# Metres between the lips (the median of their pairs; 1.4 mm in the neutral face) over which the mouth fills with
# light, and the share that is there before.
MOUTH_OPENING, MOUTH_CLOSED = (0.0014, 0.0055), 0.25
HANGING = 0.13  # metres above the root of the neck, below which hair is seen from inside, too
# Nostrils: metres from the septum, height of the normal, half sizes (metres); what a hollow loses of light and colour.
NOSTRIL_REACH, NOSTRIL_SLOPE, NOSTRIL_SIZE = 0.016, -0.7, np.array([0.0032, 0.0028, 0.0040])
NOSTRIL_SHADE, NOSTRIL_DARKER = 0.9, np.array([0.80, 0.88, 0.88])
FOLD_FLOOR = 0.15  # light in the deepest fold of the skin
LIDS = {"left": ((42, 43, 44, 45), (42, 47, 46, 45)), "right": ((36, 37, 38, 39), (36, 41, 40, 39))}  # iBUG-68

# Ambient occlusion takes a second to compute and does not depend on the frame.
_OCCLUSION: WeakKeyDictionary[Head, np.ndarray] = WeakKeyDictionary()


class Surface:
    """triangles_by_material: triangles (T, 3) for each shader; `at`: vertices (N, 16) float32 of surface.vert."""

    def __init__(self, head: Head, hair: Hair | None = None) -> None:
        self._head, self.hair = head, hair
        count = len(head.vertices)
        part = np.array(head.parts)[head.quad_part]
        # From the front to the back: what is hidden is then not shaded.
        order = np.argsort(-head.vertices[head.quads].mean(1)[:, 2], kind="stable")
        order = order[part[order] != "eyes"]
        self._mesh, tongue = head.quads[order], part[order] == "tongue"
        self._materials = head.quad_material[order]
        corners = self._mesh.ravel()
        ones = np.ones(len(corners), np.float32)
        self._gather = sparse.csr_matrix((ones, (corners, np.repeat(np.arange(len(self._mesh)), 4))))
        self._gather.resize(count, len(self._mesh))

        rest = head.vertices.astype(np.float64)
        lids = {side: tuple(head.landmarks[list(lid)] for lid in both) for side, both in LIDS.items()}
        self._eyes = [(*eye_of(head, side), *lids[side]) for side in ("left", "right")]
        lips = rest[head.inner_lips[list(head.inner_lips_middle)]].mean((0, 1))
        self.eyeballs = [eye for eye, *_ in self._eyes]
        self._rows, self._skull = teeth.rows_of(head), teeth.rigid_parts(head)[0]
        self._jaw_weights = teeth.JawWeights(head)
        self._jaw_deltas = head.teeth_deltas[:, head.teeth_lower == 1].astype(np.float64)

        blocks, start = [self._mesh_block(lips)], count
        skin, eyes, wet = [_halves(self._mesh[~tongue])], [], []
        self._places = []
        for eye, *_ in self._eyes:
            blocks.append(_eye_block(eye, material_colour(head, "eye white")))
            eyes.append(eye.triangles + start)
            self._places.append(slice(start, start := start + len(blocks[-1])))
        for row in self._rows:
            blocks.append(_teeth_block(row, lips))
            wet.append(_halves(row.quads) + start)
            self._places.append(slice(start, start := start + len(blocks[-1])))
        self.tongue = Tongue(head)
        blocks.append(self._tongue_block())
        wet.append(_halves(self.tongue.quads) + start)
        self.tongue_place = slice(start, start := start + len(blocks[-1]))
        if hair is not None:
            blocks.append(_hair_block(hair))
            self._hair_place = slice(start, start := start + len(blocks[-1]))
        self._creases = creases.regions(head)
        self._normals_of_rows = [vertex_normals(row.vertices, row.quads) for row in self._rows]
        self.vertices = np.concatenate(blocks)
        self._occlusion, self._inside = self.vertices[:, OCCLUSION].copy(), self.vertices[:, WETNESS].copy()
        if hair is not None:
            self._inside[self._hair_place] = 0.0  # the light of the mouth does not reach it
        self.triangles_by_material = {
            "skin": np.concatenate(skin),
            "eye": np.concatenate(eyes),
            "wet": np.concatenate(wet),
        }
        if hair is not None:
            # What lies outermost first, as with the skin.
            middle = hair.vertices[hair.quads].mean(1)
            outward = np.linalg.norm(middle - hair.vertices.mean(0), axis=1)
            first = np.argsort(-outward - middle[:, 2], kind="stable")
            halves = _halves(hair.quads[first]) + self._hair_place.start
            # The inside is seen only where hair hangs; drawing both sides of all of it takes twice the time.
            hangs = np.tile(middle[first, 1] < HANGING, 2)
            self.triangles_by_material["hair"] = np.concatenate([halves, halves[hangs][:, ::-1]])

    def at(self, vertices: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """The array for the head's vertices (V, 3), metres; the same array each time, written anew.

        weights (C,) of the head's channels crease its skin.
        """
        out, rest = self.vertices, self._head.vertices
        count = len(rest)
        out[:count, POSITION] = vertices
        out[:count, NORMAL] = self.normals(vertices)
        out[:, OCCLUSION] = self._occlusion * (1 - self._inside * (1 - self._mouth_opening(vertices)))
        out[:count, CREASE] = 0.0
        if weights is not None:
            strengths = creases.strengths(weights, self._head.channels).astype(np.float32)
            for strength, region in zip(strengths, self._creases, strict=True):
                if strength > 0:
                    np.maximum(out[:count, CREASE], strength * region, out=out[:count, CREASE])
        places = iter(self._places)
        for eye, members, upper, lower in self._eyes:
            place = next(places)
            out[place, POSITION], out[place, NORMAL], out[place, OCCLUSION] = eye.place(
                vertices[members], vertices[upper], vertices[lower]
            )
        turn, shift = fit(rest[self._skull], vertices[self._skull])
        upper, lower = self._rows
        jaw = self._jaw_weights((vertices - shift) @ turn)
        opened = lower.vertices + np.tensordot(jaw, self._jaw_deltas, 1)
        for row, now, normals in zip(self._rows, (upper.vertices, opened), self._normals_of_rows, strict=True):
            place = next(places)
            out[place, POSITION] = now @ turn.T + shift
            out[place, NORMAL] = normals @ (turn @ fit(row.vertices, now)[0]).T
        place = self.tongue_place
        points = self.tongue.place(vertices)
        out[place, POSITION], out[place, NORMAL] = points, vertex_normals(points, self.tongue.quads)
        # The light in the mouth is that of where the tongue is now, as seen from the lips of this frame.
        middle = vertices[self._head.inner_lips[list(self._head.inner_lips_middle)]].mean((0, 1))
        out[place, OCCLUSION] = _mouth_light(points, middle) * self._mouth_opening(vertices) * self.tongue.furrow
        if self.hair is not None:
            place = self._hair_place
            out[place, POSITION] = self.hair.vertices @ turn.T + shift
            out[place, NORMAL], out[place, REST] = self.hair.normals @ turn.T, self.hair.tangents @ turn.T
        return out

    def _mouth_opening(self, vertices: np.ndarray) -> float:
        """The share of the ambient light in the mouth that comes through the lips as they are."""
        upper, lower = vertices[self._head.inner_lips].transpose(1, 0, 2)
        gap = np.median((upper - lower) @ self._head.gap_axis)
        share = np.clip((gap - MOUTH_OPENING[0]) / (MOUTH_OPENING[1] - MOUTH_OPENING[0]), 0.0, 1.0)
        return MOUTH_CLOSED + (1 - MOUTH_CLOSED) * share

    def normals(self, vertices: np.ndarray) -> np.ndarray:
        """(V, 3) unit normals of the mesh, each the mean of its quads' weighted by their area."""
        a, b, c, d = (vertices[self._mesh[:, i]] for i in range(4))
        normals = self._gather @ np.cross(c - a, d - b)
        return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)

    def _mesh_block(self, lips: np.ndarray) -> np.ndarray:
        head = self._head
        rest = head.vertices
        block = np.zeros((len(rest), FLOATS), np.float32)
        names = [material["name"] for material in head.materials]
        share = np.stack([(self._materials == i) @ self._gather.T for i in range(len(names))], 1)
        share /= np.maximum(share.sum(1, keepdims=True), 1)
        block[:, REST] = rest
        block[:, COLOUR] = share @ np.array([m["colour"] for m in head.materials])
        block[:, ROUGHNESS] = share @ np.array([m["roughness"] for m in head.materials])
        inside = share[:, [i for i, name in enumerate(names) if name in ("mouth", "tongue", "socket")]].sum(1)
        block[:, WETNESS] = inside
        if head not in _OCCLUSION:
            _OCCLUSION[head] = ambient_occlusion(rest, self._mesh, self.normals(rest))
        outer = FOLD_FLOOR + (1 - FOLD_FLOOR) * _OCCLUSION[head]
        # Within the mouth the light is that of an open one: it falls with the distance from the lips.
        block[:, OCCLUSION] = outer * (1 - inside) + _mouth_light(rest, lips) * inside
        depth = nostrils(head, self.normals(rest))
        block[:, OCCLUSION] *= 1 - NOSTRIL_SHADE * depth
        block[:, COLOUR] *= (1 - np.outer(depth, NOSTRIL_DARKER)).astype(np.float32)
        return block

    def _tongue_block(self) -> np.ndarray:
        rest = self.tongue.place(self._head.vertices)
        block = np.zeros((len(rest), FLOATS), np.float32)
        material = next(material for material in self._head.materials if material["name"] == "tongue")
        block[:, REST] = rest
        block[:, COLOUR], block[:, ROUGHNESS], block[:, WETNESS] = material["colour"], material["roughness"], 1.0
        return block


def nostrils(head: Head, normals: np.ndarray) -> np.ndarray:
    """(V,) 0 to 1 in the middle of the nostrils, which are hollows too shallow to be dark of their own accord."""
    vertices = head.vertices.astype(np.float64)
    septum, tip = vertices[head.landmarks[[33, 30]]]
    near = np.linalg.norm(vertices - septum, axis=1) < NOSTRIL_REACH
    up = near & (normals[:, 1] < NOSTRIL_SLOPE) & (vertices[:, 2] < tip[2])
    out = np.zeros(len(vertices))
    for side in (vertices[:, 0] > septum[0], vertices[:, 0] < septum[0]):
        members = np.flatnonzero(up & side)
        if len(members) == 0:
            continue
        # What faces down and lies highest is the ceiling of the hollow.
        ceiling = members[np.argsort(-vertices[members, 1])[:4]]
        middle = vertices[ceiling].mean(0)
        apart = np.linalg.norm((vertices - middle) / NOSTRIL_SIZE, axis=1)
        out = np.maximum(out, np.exp(-(apart**2)))
    return out


def _mouth_light(points: np.ndarray, lips: np.ndarray) -> np.ndarray:
    depth = np.linalg.norm(points - lips, axis=1)
    return MOUTH_FLOOR + (0.95 - MOUTH_FLOOR) * np.exp(-depth / MOUTH_DEPTH)


def _eye_block(eye: Eyeball, white: tuple[float, ...]) -> np.ndarray:
    block = np.zeros((len(eye.directions), FLOATS), np.float32)
    block[:, REST] = eye.directions
    block[:, COLOUR], block[:, ROUGHNESS] = white, 0.1
    return block


def _hair_block(hair: Hair) -> np.ndarray:
    """What hair.frag reads: the tangent as the place at rest, across as the roughness, along as the wetness."""
    block = np.zeros((len(hair.vertices), FLOATS), np.float32)
    block[:, COLOUR], block[:, OCCLUSION] = hair.colour, hair.light
    block[:, ROUGHNESS], block[:, WETNESS] = hair.across, hair.along
    return block


def _teeth_block(row: teeth.Row, lips: np.ndarray) -> np.ndarray:
    block = np.zeros((len(row.vertices), FLOATS), np.float32)
    block[:, REST] = row.vertices
    block[:, COLOUR] = np.where(row.gum[:, None], GUM, ENAMEL)
    block[:, ROUGHNESS] = np.where(row.gum, 0.38, 0.24)
    block[:, OCCLUSION] = _mouth_light(row.vertices, lips)
    block[:, WETNESS] = 1.0
    return block


def material_colour(head: Head, name: str) -> tuple[float, float, float]:
    """Linear RGB of one of the head's materials."""
    return next(tuple(material["colour"]) for material in head.materials if material["name"] == name)


def vertex_normals(points: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """(N, 3) unit normals of the points (N, 3), each the mean of its quads' weighted by their area."""
    a, b, c, d = (points[quads[:, i]] for i in range(4))
    normals = np.zeros_like(points)
    np.add.at(normals, quads.ravel(), np.repeat(np.cross(c - a, d - b), 4, axis=0))
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _halves(quads: np.ndarray) -> np.ndarray:
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
