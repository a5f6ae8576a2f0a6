# SPDX-License-Identifier: GPL-3.0-or-later
"""The head file: mesh, shape keys, materials, teeth, eyes and brows of Mien's own head. numpy alone; no bpy."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .safetensors import TensorFileError, read_tensors

FORMAT, FORMAT_VERSION = "mien.head", "1"
FILE = "mien.safetensors"
NEEDED = ("vertices", "quads", "uvs", "quad_uvs", "deltas", "quad_material", "joints", "neck_weights")
ACCESSORY_TENSORS = ("teeth_vertices", "teeth_quads", "teeth_gum", "teeth_deltas", "eyeballs", "eye_anchors", "brows")


class HeadError(Exception):
    """The head cannot be read; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class Accessories:
    """Teeth, eyeballs and brows of a head, in head space and metres.

    teeth_vertices (N, 3); teeth_quads (Q, 4); teeth_gum (N,) 0 or 1; teeth_deltas (C, N, 3) for teeth_channels.
    eyeballs (2, 7): centre, radius, unit vector of the gaze; left, then right. eye_anchors (2, 3): vertex indices of
    the head. brows (h, w, 2): coverage of brows and of lashes, 0..255, row 0 at the bottom; brow_window (4,): x, y,
    width and height of that picture in the view from the front."""

    teeth_vertices: np.ndarray
    teeth_quads: np.ndarray
    teeth_gum: np.ndarray
    teeth_channels: tuple[str, ...]
    teeth_deltas: np.ndarray
    eyeballs: np.ndarray
    eye_anchors: np.ndarray
    brows: np.ndarray
    brow_window: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Strands:
    """Brows and lashes as ribbons of six points. corners (N, 3): vertices of the head; places (N, 3): weights of the
    second and third corner, height above them in metres; lash (N,) 0 or 1."""

    corners: np.ndarray
    places: np.ndarray
    lash: np.ndarray


@dataclass(frozen=True, eq=False)
class Crease:
    """One crease of the head's left side; the right one is its mirror image.

    sources: (gain, channels), a strength of the least of the channels times the gain, the most of them counts; "*" in a
    channel stands for the side. lines: (N, 2) metres from the front, width in metres, depth 0..1 of the deepest.
    """

    name: str
    sources: tuple[tuple[float, tuple[str, ...]], ...]
    lines: tuple[np.ndarray, ...]
    width: float
    depth: float


@dataclass(frozen=True, eq=False)
class HeadFile:
    """vertices (V, 3) metres in head space; quads (Q, 4); uvs (T, 2) with quad_uvs (Q, 4); deltas (C, V, 3) for
    channels, the tongue's shapes the last of them; quad_material (Q,) indices into materials; pivot (3,) of the neck;
    neck_weights (V,) 0..1; accessories and strands: None where the file has none; creases: () where it has none. Of an
    identity: its name, the face (V, 3) on which the brows are painted, and their colour; None is the head's own."""

    name: str
    vertices: np.ndarray
    quads: np.ndarray
    uvs: np.ndarray
    quad_uvs: np.ndarray
    channels: tuple[str, ...]
    deltas: np.ndarray
    materials: tuple[dict, ...]
    quad_material: np.ndarray
    pivot: np.ndarray
    neck_weights: np.ndarray
    accessories: Accessories | None = None
    creases: tuple[Crease, ...] = ()
    strands: Strands | None = None
    identity: str = ""
    painted: np.ndarray | None = None
    brow_colour: tuple[float, ...] | None = None


def find_file() -> Path:
    """The head file: beside this module in the extension, in meshes/ of a checkout. Raises HeadError."""
    package = Path(__file__).parents[1]
    for path in (package / FILE, package.parent / "meshes" / FILE):
        if path.is_file():
            return path
    raise HeadError(f"The head's file {FILE} is missing from the extension; install the extension again.")


def read_file(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """(tensors, metadata) of a file of the extension. Raises HeadError."""
    try:
        return read_tensors(path)
    except OSError as error:
        raise HeadError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    except TensorFileError as error:
        raise HeadError(str(error)) from None


def read_format(
    path: Path, form: str, version: str, needed: Iterable[str]
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """(tensors, metadata) of a file of this format and version that has the needed tensors. Raises HeadError."""
    tensors, meta = read_file(path)
    if meta.get("format") != form or meta.get("format_version") != version:
        raise HeadError(
            f"{path.name} is '{meta.get('format')}' version {meta.get('format_version')}; this extension reads "
            f"'{form}' version {version}."
        )
    absent = [name for name in needed if name not in tensors]
    if absent:
        raise HeadError(f"{path.name} has no tensor '{absent[0]}'; install the extension again.")
    return tensors, meta


def read_head(path: Path) -> HeadFile:
    """The head of a file. Raises HeadError."""
    tensors, meta = read_format(path, FORMAT, FORMAT_VERSION, NEEDED)
    try:
        channels = (*json.loads(meta["channels"]), *json.loads(meta.get("tongue_names", "[]")))
        materials = tuple(json.loads(meta["materials"]))
        neck = json.loads(meta["joint_names"]).index("neck")
    except (KeyError, ValueError, TypeError):
        raise HeadError(f"{path.name} does not name its channels, materials and neck joint.") from None
    try:
        accessories = read_accessories(tensors, meta, len(tensors["vertices"]))
        creases = read_creases(meta, channels)
        strands = read_strands(tensors, len(tensors["vertices"]))
    except ValueError as error:
        raise HeadError(f"{path.name} {error}; install the extension again.") from None
    head = HeadFile(
        name=meta.get("name", "mien"),
        channels=channels,
        materials=materials,
        pivot=tensors["joints"][neck],
        accessories=accessories,
        creases=creases,
        strands=strands,
        vertices=tensors["vertices"],
        quads=tensors["quads"],
        uvs=tensors["uvs"],
        quad_uvs=tensors["quad_uvs"],
        deltas=np.concatenate([tensors[name] for name in ("deltas", "tongue_deltas") if name in tensors]),
        quad_material=tensors["quad_material"],
        neck_weights=tensors["neck_weights"],
    )
    _check(path.name, head)
    return head


def _check(name: str, head: HeadFile) -> None:
    count = len(head.vertices)
    for indices, top in (
        (head.quads, count),
        (head.quad_uvs, len(head.uvs)),
        (head.quad_material, len(head.materials)),
    ):
        if indices.size and not 0 <= int(indices.min()) <= int(indices.max()) < top:
            raise HeadError(f"{name} is damaged: an index points at item {int(indices.max())} of {top}.")
    if head.deltas.shape != (len(head.channels), count, 3) or head.neck_weights.shape != (count,):
        raise HeadError(f"{name} is damaged: its shapes do not belong to its {count} vertices.")


def read_strands(tensors: dict[str, np.ndarray], count: int) -> Strands | None:
    """The strands of a head file, None where it has none. Raises ValueError as read_accessories does."""
    names = ("strand_corners", "strand_places", "strand_lash")
    if not any(name in tensors for name in names):
        return None
    absent = [name for name in names if name not in tensors]
    if absent:
        raise ValueError(f"has no tensor '{absent[0]}'")
    corners, places, lash = (tensors[name] for name in names)
    points = len(corners)
    if corners.shape != (points, 3) or places.shape != (points, 3) or lash.shape != (points,) or points % 6:
        raise ValueError("is damaged: the shapes of its strands do not belong together")
    if points and not 0 <= int(corners.min()) <= int(corners.max()) < count:
        raise ValueError(f"is damaged: an index of its strands points at item {int(corners.max())} of {count}")
    return Strands(corners, places, lash)


def read_creases(meta: dict[str, str], channels: tuple[str, ...]) -> tuple[Crease, ...]:
    """The creases of a head file, () where it has none. Raises ValueError as read_accessories does."""
    try:
        rows = json.loads(meta.get("creases", "[]"))
        creases = tuple(
            Crease(
                str(row["name"]),
                tuple((float(gain), tuple(map(str, names))) for gain, names in row["sources"]),
                tuple(np.array(line, np.float64).reshape(-1, 2) for line in row["lines"]),
                float(row["width"]),
                float(row["depth"]),
            )
            for row in rows
        )
    except (KeyError, ValueError, TypeError):
        raise ValueError("does not describe its creases") from None
    for crease in creases:
        for name in (name for _, names in crease.sources for name in names):
            if not {name.replace("*", side) for side in ("Left", "Right")} <= set(channels):
                raise ValueError(f"creases its skin by a channel '{name}' that it has not")
        if not crease.width > 0 or not crease.lines or min(map(len, crease.lines)) < 2:
            raise ValueError(f"draws no line for its crease '{crease.name}'")
    return creases


def read_accessories(tensors: dict[str, np.ndarray], meta: dict[str, str], count: int) -> Accessories | None:
    """The accessories of a head file whose head has `count` vertices, None where the file has none.

    Raises ValueError where they are damaged; its message is a sentence that lacks its subject, the file's name.
    """
    if not any(name in tensors for name in ACCESSORY_TENSORS):
        return None
    absent = [name for name in ACCESSORY_TENSORS if name not in tensors]
    if absent:
        raise ValueError(f"has no tensor '{absent[0]}'")
    try:
        channels = tuple(json.loads(meta["teeth_channels"]))
        window = tuple(float(value) for value in json.loads(meta["brow_window"]))
    except (KeyError, ValueError, TypeError):
        raise ValueError("does not name its teeth's channels and its brows' window") from None
    accessories = Accessories(
        teeth_channels=channels, brow_window=window, **{name: tensors[name] for name in ACCESSORY_TENSORS}
    )
    teeth = len(accessories.teeth_vertices)
    fits = (
        accessories.teeth_vertices.shape == (teeth, 3)
        and accessories.teeth_quads.shape[1:] == (4,)
        and accessories.teeth_gum.shape == (teeth,)
        and accessories.teeth_deltas.shape == (len(channels), teeth, 3)
        and accessories.eyeballs.shape == (2, 7)
        and accessories.eye_anchors.shape == (2, 3)
        and accessories.brows.ndim == 3
        and accessories.brows.shape[2] == 2
        and len(window) == 4
    )
    if not fits:
        raise ValueError("is damaged: the shapes of its teeth, eyes and brows do not belong together")
    for indices, top in ((accessories.teeth_quads, teeth), (accessories.eye_anchors, count)):
        if indices.size and not 0 <= int(indices.min()) <= int(indices.max()) < top:
            raise ValueError(f"is damaged: an index of its teeth or eyes points at item {int(indices.max())} of {top}")
    return accessories
