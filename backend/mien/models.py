# SPDX-License-Identifier: GPL-3.0-or-later
"""What Mien has and what a user may bring: heads and weights, each with its licence, and where to get it.

An import is looked at first (`find`), so that its licence can be shown; `Import.convert` then does it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from mien.heads.flame import read_flame
from mien.heads.flame_file import FlameError, read_flame_file
from mien.heads.flame_import import CLOSED_LICENCE, Licence, import_flame, import_landmarks, licence_of
from mien.heads.mien import load_head

FLAME_FOLDER = Path("heads") / "flame"  # in the data folder
MODEL_NAMES = ("generic_model.pkl", "flame2023.pkl", "flame2023_open.pkl", "flame_neutral.pkl")
LANDMARK_NAMES = ("flame_static_embedding.pkl", "landmark_embedding.npy")
EAR_CARD = Path(__file__).parent / "ears" / "network" / "mien.card.json"
DEPTH = 3  # folders within the folder that is given: a download is often unpacked into one of its own


@dataclass(frozen=True)
class Model:
    """`here`: what is here, in words, or empty; then `needs` says what to do. `licence`: of what is here, or of what
    would be brought."""

    name: str
    what: str
    licence: str
    here: str = ""
    needs: str = ""


@dataclass(frozen=True)
class Import:
    """What `find` found: a FLAME model, its landmarks, or both."""

    model: Path | None
    landmarks: Path | None

    @property
    def licence(self) -> Licence:
        return CLOSED_LICENCE if self.model is None else licence_of(self.model)

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(path for path in (self.model, self.landmarks) if path is not None)

    def convert(self, data_folder: Path) -> Path:
        """Convert into the data folder; returns the new file. FlameError, in words, and then nothing has changed."""
        folder = data_folder / FLAME_FOLDER
        if self.model is None:
            return import_landmarks(self.landmarks, folder)
        return import_flame(self.model, folder, self.landmarks)


def models(data_folder: Path) -> list[Model]:
    """Everything that can be here, what comes with Mien first."""
    return [_default_head(), _ear(), _flame(data_folder / FLAME_FOLDER), _probtalk3d()]


def find(path: Path) -> Import:
    """What of FLAME a file is, or a folder holds. FlameError, in words, when that is nothing, or more than one
    thing; nothing is converted yet."""
    if path.is_dir():
        return _found_in(path)
    if path.suffix.lower() == ".zip":
        raise FlameError(f"{path.name} is an archive; unpack it and give the folder.")
    content = read_flame_file(path)
    if "v_template" in content:
        return Import(path, None)
    if {"lmk_face_idx", "static_lmk_faces_idx"} & set(content):
        return Import(None, path)
    raise FlameError(
        f"{path.name} is neither a FLAME model nor its landmarks. Give generic_model.pkl, flame2023_Open.pkl or "
        "flame_static_embedding.pkl as it was downloaded."
    )


def _found_in(folder: Path) -> Import:
    files = [path for depth in range(DEPTH) for path in sorted(folder.glob("*/" * depth + "*")) if path.is_file()]
    found = []
    for names in (MODEL_NAMES, LANDMARK_NAMES):
        matching = [path for path in files if path.name.lower() in names]
        if len(matching) > 1:
            listed = ", ".join(str(path.relative_to(folder)) for path in matching)
            raise FlameError(f"{folder} holds several that could be meant: {listed}. Give one file.")
        found.append(matching[0] if matching else None)
    if found == [None, None]:
        raise FlameError(
            f"{folder} holds nothing that Mien imports: no {', no '.join((*MODEL_NAMES, *LANDMARK_NAMES))}. If the "
            "file has another name, give the file."
        )
    return Import(*found)


def _default_head() -> Model:
    head = load_head()
    here = f"{len(head.vertices)} vertices, {len(head.channels)} channels"
    return Model("mien", "the default head", head.licence, here)


def _ear() -> Model:
    card = json.loads(EAR_CARD.read_text("utf-8"))
    return Model("ear", "hears phones in any voice", card["licence"], f"sha256 {card['sha256'][:12]}")


def _flame(folder: Path) -> Model:
    what = "the head of the FLAME model; takes of engines that move it become channels"
    if not folder.exists():
        needs = (
            "Register on https://flame.is.tue.mpg.de, download FLAME 2020 or 2023 (non-commercial) or FLAME 2023 Open "
            "(CC-BY-4.0), and run: mien models import FOLDER"
        )
        return Model("flame", what, f"{CLOSED_LICENCE.name}; FLAME 2023 Open: CC-BY-4.0", needs=needs)
    try:
        flame = read_flame(folder)
    except FlameError as error:
        return Model("flame", what, "", needs=str(error))
    here = f"{flame.name}, {len(flame.template)} vertices, {len(flame.expression_basis)} expressions"
    if flame.landmark_triangles is not None:
        return Model("flame", what, flame.licence, f"{here}, with landmarks")
    needs = (
        "To turn its takes into channels, its landmarks: flame_static_embedding.pkl of the RingNet repository (folder "
        "flame_model), or of ProbTalk3D's, and run: mien models import FILE"
    )
    return Model("flame", what, flame.licence, f"{here}, without landmarks", needs)


def _probtalk3d() -> Model:
    return Model(
        "probtalk3d",
        "ProbTalk3D as published: emotional speech on FLAME",
        "CC-BY-NC-4.0",
        needs="Its weights are linked in the README of the ProbTalk3D repository; Mien does not import them yet.",
    )
