# SPDX-License-Identifier: GPL-3.0-or-later
"""FLAME, the head of Li et al. 2017 ("Learning a model of facial shape and expression from 4D scans"), from the
user's own file. It does not come with Mien: `mien models import` converts it once, into the user's data folder.

Axes and units are Mien's: metres, y up, z out of the face, +x the head's own left.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from mien.files.safetensors import TensorFileError, read_tensors
from mien.heads.default import rotation_matrix
from mien.heads.flame_file import FlameError, FlameMissing
from mien.heads.skinning import Array, Skin, linear_blend_skinning, weighted_sum
from mien.heads.vertex_motion import VertexMotion
from mien.take import Take

FORMAT, VERSION = "mien.flame", "1"
FILE, CARD = "flame.safetensors", "flame.card.json"
FLAME_FOLDER = Path("heads") / "flame"  # in the data folder
FLAME_PAGE = "https://flame.is.tue.mpg.de"
FLAME_NEEDED = (
    f"FLAME is the user's own to bring: register on {FLAME_PAGE}, download FLAME 2020 or 2023 (non-commercial) or "
    "FLAME 2023 Open (CC-BY-4.0), and run: mien models import FOLDER"
)
LANDMARKS_NEEDED = (
    "To turn its takes into channels, FLAME's landmarks are needed: flame_static_embedding.pkl of the RingNet "
    "repository (folder flame_model), or of ProbTalk3D's. Run: mien models import FILE"
)
JOINTS = ("global", "neck", "jaw", "eye_left", "eye_right")
PARENTS = (-1, 0, 1, 1, 1)
JAW = JOINTS.index("jaw")
SHAPES = 300  # coefficients of the shape; the others are expressions
LANDMARKS = 51  # iBUG-68 without the contour of the face
# Tensors of a converted file; equal letters are equal sizes.
TENSORS: dict[str, tuple[str | int, ...]] = {
    "template": ("V", 3),
    "shape_basis": (SHAPES, "V", 3),
    "expression_basis": ("E", "V", 3),
    "pose_basis": (9 * (len(JOINTS) - 1), "V", 3),
    "joint_regressor": (len(JOINTS), "V"),
    "skin_weights": ("V", len(JOINTS)),
    "triangles": ("T", 3),
}
LANDMARK_TENSORS = {"landmark_triangles": (LANDMARKS,), "landmark_weights": (LANDMARKS, 3)}


@dataclass(frozen=True, eq=False)
class Flame:
    """V vertices, T triangles, E expressions; float32, metres, arrays read-only.

    template (V, 3) the mean face; shape_basis (300, V, 3) and expression_basis (E, V, 3) per standard deviation;
    pose_basis (36, V, 3), joint_regressor (5, V), skin_weights (V, 5): see skinning.Skin, joints as in JOINTS;
    triangles (T, 3). landmark_triangles (51,) and landmark_weights (51, 3) are the inner landmarks of
    iBUG-68, from the eyebrows on, in barycentric coordinates; None where the user has not imported them. shape:
    identity coefficients (up to 300) of the template; empty for the mean.
    """

    name: str
    licence: str
    sha256: str
    template: np.ndarray
    shape_basis: np.ndarray
    expression_basis: np.ndarray
    pose_basis: np.ndarray
    joint_regressor: np.ndarray
    skin_weights: np.ndarray
    triangles: np.ndarray
    landmark_triangles: np.ndarray | None = None
    landmark_weights: np.ndarray | None = None
    shape: tuple[float, ...] = ()

    @cached_property
    def skin(self) -> Skin:
        """The Skin whose coefficients are 300 of shape, then E expressions; `.skin.as_torch(...)` for torch."""
        return self._skin(np.concatenate([self.shape_basis, self.expression_basis]))

    def vertices(self, expression: np.ndarray, jaw: np.ndarray | None = None) -> Array:
        """(F, V, 3) float32 for expression (F, up to E) and jaw (F, 3) axis times angle in radians.

        FlameError for more coefficients than there are.
        """
        expression = np.asarray(expression, np.float32)
        self._check_count("expression", expression, len(self.expression_basis))
        pose = np.zeros((len(expression), len(JOINTS), 3), np.float32)
        if jaw is not None:
            pose[:, JAW] = jaw
        return linear_blend_skinning(self._skin(self.expression_basis[: expression.shape[-1]]), expression, pose)[0]

    def shaped(self, shape: np.ndarray) -> Flame:
        """The FLAME with the identity coefficients shape (up to 300,). FlameError for more."""
        shape = np.asarray(shape, np.float32)
        self._check_count("shape", shape, SHAPES)
        return replace(
            self, template=self.template + weighted_sum(self.shape_basis[: len(shape)], shape), shape=tuple(shape)
        )

    @property
    def take_meta(self) -> dict[str, str]:
        """The metadata of a take that moves this head."""
        meta = {"head": "flame", "head_sha256": self.sha256}
        return meta | ({"head_shape": json.dumps([round(float(each), 6) for each in self.shape])} if self.shape else {})

    def _skin(self, basis: np.ndarray) -> Skin:
        return Skin(self.template, basis, self.pose_basis, self.joint_regressor, self.skin_weights, PARENTS)

    def _check_count(self, what: str, values: np.ndarray, most: int) -> None:
        if values.shape[-1] > most:
            raise FlameError(f"this FLAME has {most} coefficients of {what}; {values.shape[-1]} were given.")

    def offsets(self, take: Take) -> np.ndarray:
        """(F, V, 3) float32: metres of each vertex from the neutral face, head rotation included.

        FlameError when the take moves no FLAME.
        """
        faces = self.faces(take)
        pivot = self.joint_regressor @ self.template
        rotated = (faces - pivot[1]) @ rotation_matrix(take.head_rotation).swapaxes(-1, -2).astype(np.float32)
        head_weights = self.skin_weights[:, 1:].sum(1)[:, None]  # all joints but the root follow the neck
        return faces + head_weights * (rotated + pivot[1] - faces) - self.template

    def faces(self, take: Take) -> np.ndarray:
        """(F, V, 3) float32: the face of each frame without head rotation. FlameError as above."""
        return self.template + self.motion(take).at(slice(None)).astype(np.float32, copy=False)

    def motion(self, take: Take) -> VertexMotion:
        """The vertex motion of the take, without head rotation. FlameError as above."""
        if take.offsets is None and take.basis is None:
            raise FlameError(
                "the take has channels and moves no FLAME; make one that does of it: mien convert --to flame."
            )
        motion = VertexMotion.of(take)
        if motion.vertices != len(self.template):
            raise FlameError(f"the take moves {motion.vertices} vertices and FLAME has {len(self.template)}.")
        return motion

    def landmarks(self, vertices: np.ndarray) -> np.ndarray:
        """(..., 51, 3) of vertices (..., V, 3), iBUG-68 from its 18th on. FlameError where there are none."""
        if self.landmark_triangles is None or self.landmark_weights is None:
            raise FlameMissing(f"FLAME's landmarks are not here. {LANDMARKS_NEEDED}")
        corners = vertices[..., self.triangles[self.landmark_triangles], :]
        return (corners * self.landmark_weights[:, :, None]).sum(-2)


def read_flame(folder: Path) -> Flame:
    """The FLAME that was imported into this folder. FlameError, in words, when it is not there or damaged."""
    path, card_path = folder / FILE, folder / CARD
    if not path.is_file() or not card_path.is_file():
        raise FlameMissing(f"FLAME is not here. {FLAME_NEEDED}")
    try:
        data = path.read_bytes()
        card = json.loads(card_path.read_text("utf-8"))
        tensors, metadata = read_tensors(data)
        name, licence, expected = (str(card[key]) for key in ("name", "licence", "sha256"))
    except (TensorFileError, ValueError, KeyError, TypeError) as error:
        raise FlameError(f"the imported FLAME in {folder} is damaged ({error}); import it again.") from None
    sha256 = hashlib.sha256(data).hexdigest()
    if (metadata.get("format"), metadata.get("format_version")) != (FORMAT, VERSION) or sha256 != expected:
        raise FlameError(f"the imported FLAME in {folder} is not what its card describes; import it again.")
    check(tensors, "the imported FLAME")
    return Flame(name, licence, sha256, **cast("dict[str, Any]", tensors))


def load_flame(folder: Path) -> Flame:
    """read_flame, cached until another FLAME is imported."""
    card = folder / CARD
    return _load(folder, card.stat().st_mtime_ns if card.is_file() else 0)


@lru_cache(maxsize=1)
def _load(folder: Path, stamp: int) -> Flame:
    return read_flame(folder)


def check(tensors: dict[str, np.ndarray], name: str) -> None:
    """FlameError, in words, unless these are TENSORS, with the landmarks or without."""
    sizes: dict[str, int] = {}
    with_landmarks = LANDMARK_TENSORS if "landmark_triangles" in tensors else {}
    shapes = TENSORS | with_landmarks
    if set(tensors) != set(shapes):
        odd = ", ".join(sorted(set(tensors) ^ set(shapes)))
        raise FlameError(f"{name} has other parts than this Mien knows ({odd}); import it again.")
    for key, shape in shapes.items():
        actual = tensors[key].shape
        fits = len(actual) == len(shape) and all(
            sizes.setdefault(size, n) == n if isinstance(size, str) else size == n
            for size, n in zip(shape, actual, strict=True)
        )
        if not fits or 0 in actual:
            raise FlameError(f"{name}: its {key} has the shape {actual}, expected {shape}; is the file damaged?")
        if not np.isfinite(tensors[key]).all():
            raise FlameError(f"{name}: its {key} holds values that are no numbers; the file is damaged.")
    triangles = tensors["triangles"]
    if not 0 <= triangles.min() <= triangles.max() < sizes["V"]:
        raise FlameError(f"{name}: a triangle points outside its {sizes['V']} vertices; the file is damaged.")
