# SPDX-License-Identifier: GPL-3.0-or-later
"""Twelve faces of Mien's own head, with hair, as offsets of its vertices. numpy alone; no bpy.

The backend reads the same file in mien/heads/identity.py and mien/heads/hair.py; a test compares the two.
"""

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from .channels import TONGUE
from .head_file import Accessories, HeadError, HeadFile, find_file, read_file

FILE = "identities.safetensors"
FORMAT, FORMAT_VERSION = "mien.identities", "1"
MIDDLE = np.array([0.0, 0.155, 0.03])  # metres: of the skull
BLEND = 0.01  # metres; the spacing of the scalp's vertices
BLOCK = 2000  # points at a time
ROUNDNESS = 0.5  # how far the normals of a ribbon's edges turn aside


@dataclass(frozen=True, eq=False)
class HairMesh:
    """vertices (N, 3) metres in head space; quads (Q, 4); normals (N, 3); light (N,) 0..1, what the other hair lets
    through; shade (N,) around 1, ribbon by ribbon; colour: linear RGB."""

    vertices: np.ndarray
    quads: np.ndarray
    normals: np.ndarray
    light: np.ndarray
    shade: np.ndarray
    colour: tuple[float, float, float]


def names() -> tuple[str, ...]:
    """The names of the identities, () where the file is missing or damaged."""
    try:
        return tuple(json.loads(_file()[1]["names"]))
    except (HeadError, KeyError, ValueError):
        return ()


def with_identity(head: HeadFile, name: str) -> tuple[HeadFile, HairMesh | None]:
    """(the head with that face, its hair). Raises HeadError."""
    tensors, meta = _file()
    if name not in names():
        raise HeadError(f"There is no identity '{name}'; choose one of {', '.join(names())}.")
    row = names().index(name)
    offsets = tensors["offsets"][row].astype(np.float32)
    if offsets.shape != head.vertices.shape:
        raise HeadError(f"{FILE} is of another head; install the extension again.")
    colours = json.loads(meta["colours"])[name]
    of_channel = dict(zip(json.loads(meta["channels"]), tensors["gains"][row].tolist(), strict=True))
    of_channel |= dict.fromkeys(TONGUE, of_channel.get("tongueOut", 1.0))
    gains = np.array([of_channel.get(channel, 1.0) for channel in head.channels], np.float32)
    face = replace(
        head,
        vertices=head.vertices + offsets,
        deltas=head.deltas * gains[:, None, None],
        materials=tuple(
            material
            | {"name": f"{material['name']} of {name}", "colour": colours.get(material["name"], material["colour"])}
            for material in head.materials
        ),
        pivot=head.pivot + tensors["joints"][row, 0],
        accessories=head.accessories and _accessories(head.accessories, tensors, row, offsets),
        identity=name,
        painted=head.vertices,
        brow_colour=tuple(colours["brows"]),
    )
    style = json.loads(meta["hair"])[name]
    return face, _hair(tensors, style, head.vertices, offsets, tuple(colours["hair"]))


def _accessories(
    accessories: Accessories, tensors: dict[str, np.ndarray], row: int, offsets: np.ndarray
) -> Accessories:
    """Teeth moved and scaled with the mouth; eyeballs as the build found them on this face."""
    scale, shift = tensors["teeth"][row, 0], tensors["teeth"][row, 1:]
    return replace(
        accessories,
        teeth_vertices=accessories.teeth_vertices * scale + shift,
        teeth_deltas=accessories.teeth_deltas * scale,
        eyeballs=tensors["eyeballs"][row],
    )


def _hair(
    tensors: dict[str, np.ndarray], style: str, vertices: np.ndarray, offsets: np.ndarray, colour: tuple
) -> HairMesh | None:
    if f"hair_{style}_points" not in tensors:
        return None
    points = MIDDLE.astype(np.float32) + tensors[f"hair_{style}_points"].astype(np.float32)
    ribbons, rows = points.shape[:2]
    skin = tensors["hair_skin"]
    move = _carried(points.mean(2).reshape(-1, 3), vertices[skin], offsets[skin])
    points = points + move.reshape(ribbons, rows, 1, 3)
    tangents = np.gradient(points.mean(2), axis=1)
    tangents /= np.maximum(np.linalg.norm(tangents, axis=-1, keepdims=True), 1e-9)
    start = np.arange(ribbons)[:, None] * rows * 2 + np.arange(rows - 1) * 2
    quads = np.stack([start, start + 1, start + 3, start + 2], -1).reshape(-1, 4)
    shade = np.random.default_rng(0).uniform(0.78, 1.22, ribbons)
    return HairMesh(
        vertices=points.reshape(-1, 3),
        quads=quads.astype(np.int32),
        normals=_normals(points, tangents).reshape(-1, 3).astype(np.float32),
        light=np.repeat(tensors[f"hair_{style}_light"].astype(np.float32).ravel(), 2),
        shade=np.repeat(shade, rows * 2).astype(np.float32),
        colour=colour,
    )


def _carried(points: np.ndarray, places: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """(N, 3) how far points (N, 3) go where places (K, 3) go by offsets (K, 3): a cubic polynomial, and what it leaves
    by the inverse sixth power of the distance."""
    basis = _cubic(places)
    coefficients = np.linalg.lstsq(basis, offsets.astype(float), rcond=None)[0]
    left = (offsets - basis @ coefficients).astype(np.float32)
    out = np.empty(points.shape, np.float32)
    to = ((places - MIDDLE) / BLEND).astype(np.float32)
    for begin in range(0, len(points), BLOCK):
        part = points[begin : begin + BLOCK]
        own = ((part - MIDDLE) / BLEND).astype(np.float32)
        apart = (own**2).sum(1)[:, None] + (to**2).sum(1) - 2 * own @ to.T + 0.02
        weight = 1 / (apart * apart * apart)
        out[begin : begin + BLOCK] = _cubic(part) @ coefficients + weight @ left / weight.sum(1, keepdims=True)
    return out


def _cubic(points: np.ndarray) -> np.ndarray:
    p = (points - MIDDLE) / 0.1
    columns = [np.ones(len(p)), *p.T]
    columns += [p[:, i] * p[:, j] for i in range(3) for j in range(i, 3)]
    columns += [p[:, i] * p[:, j] * p[:, k] for i in range(3) for j in range(i, 3) for k in range(j, 3)]
    return np.stack(columns, 1)


def _normals(points: np.ndarray, tangents: np.ndarray) -> np.ndarray:
    across = points[:, :, 1] - points[:, :, 0]
    across = across + across.mean(1, keepdims=True) * 1e-3  # at a tip, which may be a point
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-9)
    normals = np.cross(tangents, across)
    normals *= np.where((normals * (points.mean(2) - MIDDLE)).sum(-1, keepdims=True) < 0, -1.0, 1.0)
    sides = np.array([-1.0, 1.0])
    turned = normals[:, :, None] + ROUNDNESS * sides[:, None] * across[:, :, None]
    return turned / np.maximum(np.linalg.norm(turned, axis=-1, keepdims=True), 1e-9)


@lru_cache(maxsize=1)
def _file() -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """(tensors, metadata) of the file beside the head's. Raises HeadError."""
    path: Path = find_file().with_name(FILE)
    tensors, meta = read_file(path)
    if meta.get("format") != FORMAT or meta.get("format_version") != FORMAT_VERSION:
        raise HeadError(f"{path.name} is of another version; install the extension again.")
    return tensors, meta
