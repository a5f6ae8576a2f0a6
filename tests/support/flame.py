# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up FLAME, and pickles as Python 2 wrote them: raw bytes in its strings, chumpy arrays, sparse matrices.

Written from the pickle protocol (pickletools), for neither Python 2 nor chumpy is here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from mien.heads.default import load_head, rotation_matrix
from mien.heads.flame import Flame
from scipy import sparse
from scipy.spatial import ConvexHull


@dataclass
class Instance:
    """An instance of `module name` whose __dict__ is `state`."""

    path: str
    state: dict


def chumpy(array: np.ndarray) -> Instance:
    inner = {"_dirty_vars": Call("__builtin__ set", (["x"],)), "_itr": None, "_depends_on_deps": {}, "x": array}
    return Instance("chumpy.ch Ch", inner)


def selected(array: np.ndarray) -> Instance:
    """chumpy's Select of a whole array, backwards in memory."""
    backwards = np.arange(array.size)[::-1]
    inside = chumpy(np.ascontiguousarray(array.ravel()[::-1]))
    return Instance(
        "chumpy.reordering Select", {"a": inside, "idxs": backwards, "preferred_shape": tuple(map(int, array.shape))}
    )


def compressed(matrix: np.ndarray) -> Instance:
    columns = sparse.csc_matrix(matrix)
    state = {"format": "csc", "_shape": tuple(map(int, matrix.shape)), "maxprint": 50}
    state |= {"data": columns.data, "indices": columns.indices, "indptr": columns.indptr}
    return Instance("scipy.sparse.csc csc_matrix", state)


@dataclass
class Call:
    path: str
    args: tuple


def python2(value: object) -> bytes:
    """A pickle of protocol 2 with Python 2's strings."""
    return b"\x80\x02" + _pickled(value) + b"."


def _pickled(value: object) -> bytes:
    match value:
        case None:
            return b"N"
        case bool():
            return b"\x88" if value else b"\x89"
        case int():
            return (
                b"J" + struct.pack("<i", value) if -(2**31) <= value < 2**31 else b"\x8a\x08" + struct.pack("<q", value)
            )
        case float():
            return b"G" + struct.pack(">d", value)
        case bytes():
            short = len(value) < 256
            return (b"U" + bytes([len(value)]) if short else b"T" + struct.pack("<i", len(value))) + value
        case str():
            return _pickled(value.encode())
        case tuple():
            return b"(" + b"".join(map(_pickled, value)) + b"t"
        case list():
            return b"](" + b"".join(map(_pickled, value)) + b"e"
        case dict():
            return b"}(" + b"".join(_pickled(key) + _pickled(item) for key, item in value.items()) + b"u"
        case Call(path, args):
            return _named(path) + _pickled(args) + b"R"
        case Instance(path, state):
            return _named(path) + b")\x81" + _pickled(state) + b"b"
        case np.ndarray():
            empty = (
                _named("numpy.core.multiarray _reconstruct")
                + b"("
                + _named("numpy ndarray")
                + _pickled((0,))
                + b"U\x01bt"
            )
            kind = Call("numpy dtype", (value.dtype.str[1:], 0, 1))
            dtype = _pickled(kind) + _pickled((3, "<", None, None, None, -1, -1, 0)) + b"b"
            shape = _pickled(tuple(map(int, value.shape)))
            return empty + b"R(K\x01" + shape + dtype + b"\x89" + _pickled(value.tobytes()) + b"tb"
    raise TypeError(type(value))


def _named(path: str) -> bytes:
    return b"c" + path.replace(" ", "\n").encode() + b"\n"


def model(vertices: int = 60, expressions: int = 100, seed: int = 0) -> dict[str, np.ndarray]:
    """What a FLAME file holds, of random numbers, float64: 300 shapes, five joints, every joint with some weight."""
    seeded = np.random.default_rng(seed)
    weights = seeded.random((vertices, 5)) ** 4
    regressor = seeded.random((5, vertices)) * (seeded.random((5, vertices)) < 0.2)
    regressor[:, 0] += 1
    return {
        "v_template": seeded.normal(0, 0.1, (vertices, 3)),
        "f": seeded.integers(0, vertices, (2 * vertices, 3)).astype(np.uint32),
        "shapedirs": seeded.normal(0, 0.001, (vertices, 3, 300 + expressions)),
        "posedirs": seeded.normal(0, 0.002, (vertices, 3, 36)),
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
        "weights": weights / weights.sum(1, keepdims=True),
    }


def as_published(arrays: dict[str, np.ndarray]) -> dict[str, object]:
    """The same as FLAME's makers pickled it: bases of chumpy, a sparse regressor, and things nobody needs."""
    wrapped: dict[str, object] = dict(arrays)
    wrapped |= {"shapedirs": chumpy(arrays["shapedirs"]), "J_regressor": compressed(arrays["J_regressor"])}
    wrapped |= {"bs_style": "lbs", "bs_type": "lrotmin", "J": arrays["J_regressor"] @ arrays["v_template"]}
    return wrapped


def embedding(triangles: int, seed: int = 1) -> dict[str, np.ndarray]:
    seeded = np.random.default_rng(seed)
    shares = seeded.random((51, 3))
    return {
        "lmk_face_idx": seeded.integers(0, triangles, 51).astype(np.uint32),
        "lmk_b_coords": shares / shares.sum(1, keepdims=True),
    }


def on_head(size: float = 0.9, vertices: int | None = None) -> Flame:
    """A FLAME that is Mien's head as somebody else has it: another person's face, of another size, in another place,
    turned, with a vertex in the middle of each quad, or of some, so that it has as many `vertices`; without eyes and
    the mouth's inside. Its expressions are the channels of Mien's head; its jaw opens the mouth."""
    head = load_head()
    skin = head.quads[head.quad_part == head.parts.index("skin")]
    used, quads = np.unique(skin, return_inverse=True)
    quads = quads.reshape(skin.shape)
    divided = len(quads) if vertices is None else vertices - len(used)

    def finer(values: np.ndarray) -> np.ndarray:
        kept = values[..., used, :].astype(float)
        return np.concatenate([kept, kept[..., quads[:divided], :].mean(-2)], -2)

    turn = size * rotation_matrix(np.array([0.05, -0.03, 0.02]))
    person = head.vertices + 0.3 * (head.identities["woman"] - head.vertices)
    template = finer(person) @ turn.T + (0.01, -0.13, -0.02)
    count = len(template)
    middle, fine, rest = len(used) + np.arange(divided), quads[:divided], quads[divided:]
    triangles = np.concatenate(
        [*(np.stack([fine[:, i], fine[:, (i + 1) % 4], middle], 1) for i in range(4)), rest[:, :3], rest[:, [0, 2, 3]]]
    )
    opening = np.linalg.norm(finer(head.deltas[head.channels.index("jawOpen")]), axis=-1)
    weights = np.zeros((count, 5))
    weights[:, 2] = opening / opening.max()
    weights[:, 1] = 1 - weights[:, 2]
    regressor = np.zeros((5, count))
    for row, joint in enumerate(("neck", "neck", "jaw", "eye_left", "eye_right")):
        place = head.joint(joint) @ turn.T + (0.01, -0.13, -0.02)
        regressor[row, np.linalg.norm(template - place, axis=1).argmin()] = 1
    marks = np.searchsorted(used, head.landmarks[17:])
    holders = np.array([np.flatnonzero((triangles == mark).any(1))[0] for mark in marks])
    arrays = {
        "template": template,
        "shape_basis": np.zeros((300, count, 3)),
        "expression_basis": finer(head.deltas) @ turn.T,
        "pose_basis": np.zeros((36, count, 3)),
        "joint_regressor": regressor,
        "skin_weights": weights,
        "landmark_weights": triangles[holders] == marks[:, None],
    }
    singles = {key: array.astype(np.float32) for key, array in arrays.items()}
    return Flame("somebody", "CC0-1.0", "0" * 64, **singles, triangles=triangles, landmark_triangles=holders)


def model_at(path: Path) -> Path:
    """A small model, as a file of a download."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(python2(as_published(model(20, 4))))
    return path


def landmarks_at(path: Path) -> Path:
    """Its landmarks, the same way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(python2(embedding(40)))
    return path


PUBLISHED = 5023  # vertices of every published FLAME
EYEBALLS = (423, 422)  # of them, left and right


def of_published_size(size: float = 1.0) -> Flame:
    """`on_head` with eyeballs that turn about their joints, and PUBLISHED vertices."""
    skin = on_head(size, PUBLISHED - sum(EYEBALLS))
    turn = size * rotation_matrix(np.array([0.05, -0.03, 0.02]))
    balls = [
        (eye[:3] + eye[3] * _sphere(count)) @ turn.T + (0.01, -0.13, -0.02)
        for eye, count in zip(load_head().eyeballs, EYEBALLS, strict=True)
    ]
    template = np.concatenate([skin.template, *balls]).astype(np.float32)
    added = len(template) - len(skin.template)
    weights = np.concatenate([skin.skin_weights, np.repeat(np.eye(5)[3:5], EYEBALLS, 0)])
    regressor = np.concatenate([skin.joint_regressor, np.zeros((5, added))], 1)
    owner = np.repeat([3, 4], EYEBALLS)
    for row in (3, 4):
        regressor[row] = 0
        regressor[row, len(skin.template) :] = (owner == row) / (owner == row).sum()
    triangles, first = [skin.triangles], len(skin.template)
    for ball in balls:
        hull = ConvexHull(ball)
        corners = ball[hull.simplices]
        inwards = (np.cross(*(corners[:, i] - corners[:, 0] for i in (1, 2))) * hull.equations[:, :3]).sum(1) < 0
        triangles.append(first + np.where(inwards[:, None], hull.simplices[:, ::-1], hull.simplices))
        first += len(ball)

    def still(basis: np.ndarray) -> np.ndarray:
        return np.concatenate([basis, np.zeros((len(basis), added, 3))], 1).astype(np.float32)

    return replace(
        skin,
        template=template,
        shape_basis=still(skin.shape_basis),
        expression_basis=still(skin.expression_basis),
        pose_basis=still(skin.pose_basis),
        joint_regressor=regressor.astype(np.float32),
        skin_weights=weights.astype(np.float32),
        triangles=np.concatenate(triangles),
    )


def _sphere(count: int) -> np.ndarray:
    """(count, 3) points about evenly on a sphere (a Fibonacci lattice)."""
    i = np.arange(count) + 0.5
    polar, angle = np.arccos(1 - 2 * i / count), np.pi * (1 + 5**0.5) * i
    return np.stack([np.cos(angle) * np.sin(polar), np.sin(angle) * np.sin(polar), np.cos(polar)], 1)


def files_of(made: Flame, folder: Path) -> tuple[Path, Path]:
    """A FLAME as its makers' two downloads: the model and its landmarks."""
    assert made.landmark_triangles is not None and made.landmark_weights is not None
    bases = np.concatenate([made.shape_basis, made.expression_basis])
    arrays = {
        "v_template": made.template.astype(float),
        "f": made.triangles.astype(np.uint32),
        "shapedirs": bases.transpose(1, 2, 0).astype(float),
        "posedirs": made.pose_basis.transpose(1, 2, 0).astype(float),
        "J_regressor": made.joint_regressor.astype(float),
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
        "weights": made.skin_weights.astype(float),
    }
    marks = {
        "lmk_face_idx": made.landmark_triangles.astype(np.uint32),
        "lmk_b_coords": made.landmark_weights.astype(float),
    }
    folder.mkdir(parents=True, exist_ok=True)
    model_file, landmark_file = folder / "generic_model.pkl", folder / "flame_static_embedding.pkl"
    model_file.write_bytes(python2(as_published(arrays)))
    landmark_file.write_bytes(python2(marks))
    return model_file, landmark_file
