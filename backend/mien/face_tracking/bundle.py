# SPDX-License-Identifier: GPL-3.0-or-later
"""Google's FaceLandmarker bundle, which ships beside this file: three networks and the canonical face (Apache-2.0)."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mien.face_tracking import TrackingError

BUNDLE = Path(__file__).with_name("face_landmarker_v2.task")
CARD = Path(__file__).with_name("face_landmarker_v2.card.json")


@dataclass(frozen=True)
class Bundle:
    """The members as bytes, and what the card says of them; `sha256` of the whole file."""

    detector: bytes
    landmarks: bytes
    blendshapes: bytes
    geometry: bytes
    sha256: str
    licence: str


@dataclass(frozen=True, eq=False)
class CanonicalFace:
    """The mean face of the landmark network, without irises.

    points (468, 3) cm: x to the picture's right, y up, z towards the viewer; uv (468, 2) its texture coordinates;
    triangles (898, 3), eyes and mouth covered; basis (33,) the landmarks that expressions move least, with their
    weights (33,) for the pose.
    """

    points: np.ndarray
    uv: np.ndarray
    triangles: np.ndarray
    basis: np.ndarray
    weights: np.ndarray


@lru_cache(maxsize=1)
def load_bundle() -> Bundle:
    """The bundle that ships, checked against its card. TrackingError where it is missing or is another one."""
    try:
        card = json.loads(CARD.read_text("utf-8"))
        data = BUNDLE.read_bytes()
    except OSError as error:
        raise TrackingError(f"the face tracker's networks are missing ({error}); install mien again.") from None
    digest = hashlib.sha256(data).hexdigest()
    if digest != card["sha256"]:
        raise TrackingError(
            f"{BUNDLE.name} is not the file that its card describes (sha256 {digest[:12]}..., expected "
            f"{card['sha256'][:12]}...); install mien again."
        )
    with zipfile.ZipFile(io.BytesIO(data)) as members:
        return Bundle(
            detector=members.read("face_detector.tflite"),
            landmarks=members.read("face_landmarks_detector.tflite"),
            blendshapes=members.read("face_blendshapes.tflite"),
            geometry=members.read("geometry_pipeline_metadata_landmarks.binarypb"),
            sha256=digest,
            licence=card["licence"],
        )


@lru_cache(maxsize=1)
def canonical_face() -> CanonicalFace:
    """The canonical face out of the bundle's geometry (a plain protobuf: mien reads the few fields it needs)."""
    mesh, basis = b"", []
    for number, value in _fields(load_bundle().geometry):
        if number == 1 and isinstance(value, bytes):
            mesh = value
        elif number == 2 and isinstance(value, bytes):
            basis.append(dict(_fields(value)))
    floats, indices = [], []
    for number, value in _fields(mesh):
        if number == 3 and isinstance(value, bytes):
            floats.append(np.frombuffer(value, "<f4"))
        elif number == 4:
            indices.append(list(_varints(value)) if isinstance(value, bytes) else [value])
    vertices = np.concatenate(floats).reshape(-1, 5)
    return CanonicalFace(
        points=vertices[:, :3].astype(np.float64),
        uv=vertices[:, 3:].astype(np.float64),
        triangles=np.concatenate(indices).reshape(-1, 3).astype(np.int32),
        basis=np.array([entry[1] for entry in basis], int),
        weights=np.array([struct.unpack("<f", entry[2])[0] for entry in basis]),
    )


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """(field number, value) of a protobuf message: whole numbers as int, everything else as its bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(data, at)
        else:
            size = {5: 4, 1: 8}[kind]
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _varints(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value
