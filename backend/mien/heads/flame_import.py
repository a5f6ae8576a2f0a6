# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own FLAME, converted once: from the files of its download to one of Mien's, with a card beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from mien.files.card import Licence, new_card, write_with_card
from mien.files.digest import sha256_of
from mien.files.safetensors import read_tensors
from mien.heads.flame import CARD, FILE, FORMAT, LANDMARKS, PARENTS, SHAPES, VERSION, check, read_flame
from mien.heads.flame_file import FlameError, read_flame_file

CLOSED_LICENCE = Licence(
    "FLAME model licence (non-commercial)",
    paid=False,
    text="FLAME 2017, 2019, 2020 and 2023 are for non-commercial scientific research, education and art; they may not "
    "be passed on, and neither may anything be sold that was made with them. The full text is on the page below.",
    page="https://flame.is.tue.mpg.de/modellicense.html",
)
OPEN_LICENCE = Licence(
    "CC-BY-4.0",
    paid=True,
    text="FLAME 2023 Open may be used for paid work too, where its authors are named: T. Li, T. Bolkart, M. J. Black, "
    "H. Li, J. Romero, Learning a model of facial shape and expression from 4D scans, 2017. The page below forbids "
    "some uses.",
    page="https://flame.is.tue.mpg.de/modellicense.html",
)


def licence_of(path: Path) -> Licence:
    """The licence by the file's name: only FLAME 2023 Open has "open" in it. The files themselves do not say."""
    return OPEN_LICENCE if "open" in path.stem.lower() else CLOSED_LICENCE


def import_flame(model: Path, folder: Path, landmarks: Path | None = None) -> Path:
    """Convert a FLAME model file, and a landmark embedding, into `folder`, which is made; returns the converted file.

    The caller has shown `licence_of(model)` and it was accepted. FlameError, in words, for other files; nothing is
    written then, and an earlier import stays. OSError is left alone.
    """
    tensors = _model(read_flame_file(model), model.name)
    card = new_card(model.stem, {model.name: sha256_of(model)}, licence_of(model))
    if landmarks is not None:
        tensors |= _landmarks(read_flame_file(landmarks), landmarks.name, len(tensors["triangles"]))
        card["source"][landmarks.name] = sha256_of(landmarks)
    return _write(tensors, card, folder, model.name)


def import_landmarks(landmarks: Path, folder: Path) -> Path:
    """Add a landmark embedding to the FLAME that was imported into `folder`. Raises as import_flame does."""
    flame = read_flame(folder)
    tensors, _ = read_tensors(folder / FILE)
    card = json.loads((folder / CARD).read_text("utf-8"))
    tensors |= _landmarks(read_flame_file(landmarks), landmarks.name, len(flame.triangles))
    card["source"][landmarks.name] = sha256_of(landmarks)
    return _write(tensors, card, folder, landmarks.name)


def _write(tensors: dict[str, np.ndarray], card: dict[str, object], folder: Path, name: str) -> Path:
    check(tensors, name)
    metadata = {"format": FORMAT, "format_version": VERSION, "licence": str(card["licence"])}
    return write_with_card(folder / FILE, tensors, metadata, card)


def _model(content: dict[str, object], name: str) -> dict[str, np.ndarray]:
    """The tensors of a model file: its `shapedirs` are shapes, then expressions; its joints are JOINTS, in order."""
    needed = ("v_template", "f", "shapedirs", "posedirs", "J_regressor", "kintree_table", "weights")
    missing = [key for key in needed if not isinstance(content.get(key), np.ndarray)]
    if missing:
        raise FlameError(
            f"{name} is no FLAME model: it has no array {', '.join(missing)}. Give generic_model.pkl, or "
            "flame2023_Open.pkl, as it was downloaded."
        )
    arrays = {key: np.asarray(content[key]) for key in needed}
    axes = {"v_template": 2, "f": 2, "shapedirs": 3, "posedirs": 3, "J_regressor": 2, "kintree_table": 2, "weights": 2}
    wrong = [f"{key} {arrays[key].shape}" for key, count in axes.items() if arrays[key].ndim != count]
    if wrong:
        raise FlameError(f"{name} is no FLAME model: its {', '.join(wrong)} has too many or too few axes.")
    parents = tuple(int(parent) for parent in arrays["kintree_table"][0])
    if parents[1:] != PARENTS[1:] or content.get("bs_style", "lbs") != "lbs":
        raise FlameError(
            f"{name} has joints that hang on {parents[1:]}; FLAME's neck hangs on its root, and jaw and eyes on the "
            f"neck: {PARENTS[1:]}. Is it SMPL or another body?"
        )
    if arrays["shapedirs"].shape[2] <= SHAPES:
        raise FlameError(
            f"{name} has {arrays['shapedirs'].shape[2]} coefficients; FLAME has {SHAPES} of shape and its expressions."
        )
    basis = np.moveaxis(arrays["shapedirs"], 2, 0)
    return {
        "template": arrays["v_template"].astype(np.float32),
        "shape_basis": basis[:SHAPES].astype(np.float32),
        "expression_basis": basis[SHAPES:].astype(np.float32),
        "pose_basis": np.moveaxis(arrays["posedirs"], 2, 0).astype(np.float32),
        "joint_regressor": arrays["J_regressor"].astype(np.float32),
        "skin_weights": arrays["weights"].astype(np.float32),
        "triangles": arrays["f"].astype(np.int32),
    }


def _landmarks(content: dict[str, object], name: str, triangles: int) -> dict[str, np.ndarray]:
    """The landmark tensors of flame_static_embedding.pkl, or of DECA's landmark_embedding.npy."""
    for faces, weights in (("lmk_face_idx", "lmk_b_coords"), ("static_lmk_faces_idx", "static_lmk_bary_coords")):
        ids, barycentric = content.get(faces), content.get(weights)
        if isinstance(ids, np.ndarray) and isinstance(barycentric, np.ndarray):
            ids, barycentric = (
                ids.reshape(-1),
                barycentric.reshape(-1, barycentric.shape[-1] if barycentric.ndim else 1),
            )
            break
    else:
        raise FlameError(f"{name} is no landmark embedding of FLAME. Give flame_static_embedding.pkl.")
    if ids.shape != (LANDMARKS,) or barycentric.shape != (LANDMARKS, 3):
        raise FlameError(
            f"{name} has {len(ids)} landmarks; FLAME's static embedding has {LANDMARKS}. Give "
            "flame_static_embedding.pkl."
        )
    if not 0 <= ids.min() <= ids.max() < triangles:
        raise FlameError(f"{name} names triangle {ids.max()}; the model has {triangles}. Do they belong together?")
    return {"landmark_triangles": ids.astype(np.int32), "landmark_weights": barycentric.astype(np.float32)}
