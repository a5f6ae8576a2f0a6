# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that a user downloaded: which of the files are meant, and their conversion into the data folder.

`find` only looks at them, so that the licence can be shown; `convert` of what it returns does the import.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mien.engines import ENGINES
from mien.engines.base import Import, Progress, UserModel, no_progress
from mien.engines.diffted.published import tps
from mien.files.card import Licence, imported_before
from mien.files.digest import sha256_of
from mien.files.download import DownloadError, files_below, listed, mistaken_download, several
from mien.heads.flame import FILE as FLAME_FILE
from mien.heads.flame import FLAME_FOLDER
from mien.heads.flame_file import read_flame_file
from mien.heads.flame_import import CLOSED_LICENCE, import_flame, import_landmarks, licence_of

MODEL_NAMES = ("generic_model.pkl", "flame2023.pkl", "flame2023_open.pkl", "flame_neutral.pkl")
LANDMARK_NAMES = ("flame_static_embedding.pkl", "landmark_embedding.npy")
DEPTH = 3  # folders below the given one: a download is often unpacked into a folder of its own


@dataclass(frozen=True)
class FlameImport:
    """A FLAME model, its landmarks, or both."""

    model: Path | None
    landmarks: Path | None

    @property
    def licence(self) -> Licence:
        return CLOSED_LICENCE if self.model is None else licence_of(self.model)

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(path for path in (self.model, self.landmarks) if path is not None)

    def convert(self, data_folder: Path, progress: Progress = no_progress) -> tuple[Path, bool]:
        folder = data_folder / FLAME_FOLDER
        progress(0.0, "checking the file")
        if imported_before(folder / FLAME_FILE, map(sha256_of, self.files)):
            return folder / FLAME_FILE, False
        progress(0.3, "converting")
        if self.model is None and self.landmarks is not None:
            return import_landmarks(self.landmarks, folder), True
        assert self.model is not None, "an import of FLAME has a model or landmarks"
        return import_flame(self.model, folder, self.landmarks), True


def find(path: Path) -> Import:
    """The model in a file or a folder, not yet converted. DownloadError, in words, where there is none, or more than
    one, or a checkpoint is broken; FlameError for a broken file of FLAME."""
    if path.is_dir():
        return _find_in_folder(path)
    if path.is_fifo():  # opening it would wait for somebody who writes
        raise DownloadError(f"{path.name} is a pipe, and a model is read more than once; write it into a file first.")
    if path.suffix.lower() == ".zip":
        raise DownloadError(f"{path.name} is an archive; unpack it and give the folder.")
    if path.suffix.lower() in (".pkl", ".npy") and (mistaken := mistaken_download(path)):
        raise DownloadError(mistaken)
    for _, find_weights in _importable():
        if (weights := find_weights(path)) is not None:
            return weights
    content = read_flame_file(path)
    if "v_template" in content:
        return FlameImport(path, None)
    if {"lmk_face_idx", "static_lmk_faces_idx"} & set(content):
        return FlameImport(None, path)
    raise DownloadError(
        f"{path.name} is neither a FLAME model nor its landmarks. Give generic_model.pkl, flame2023_Open.pkl or "
        "flame_static_embedding.pkl as it was downloaded."
    )


def _find_in_folder(folder: Path) -> Import:
    models: dict[str, Import | None] = {"FLAME's": _flame_in(folder)}
    models |= {f"{model.owner}'s": find_weights(folder) for model, find_weights in _importable()}
    present = {owner: model for owner, model in models.items() if model is not None}
    if len(present) > 1:
        (one, first), (other, second) = list(present.items())[:2]
        files = listed(folder, (*first.files, *second.files))
        raise DownloadError(f"{folder} holds both {one} files and {other}: {files}. Give one after the other.")
    for model in present.values():
        return model
    wanted = [f"no {', no '.join((*MODEL_NAMES, *LANDMARK_NAMES))} of FLAME"]
    wanted += [f"no {model.files} of {model.owner}" for model, _ in _importable()]
    raise DownloadError(
        f"{folder} holds nothing that Mien imports: {' and '.join(wanted)}. If the file has another name, "
        "give the file."
    )


def _importable() -> list[tuple[UserModel, Callable[[Path], Import | None]]]:
    """Weights that are imported, and not trained, each with its `find`; the first that knows a file takes it."""
    models = [tps.USER_MODEL, *(info.user_model for info in ENGINES.values())]
    return [(model, model.find) for model in models if model is not None and model.find is not None]


def _flame_in(folder: Path) -> FlameImport | None:
    below = files_below(folder, DEPTH)
    files: list[Path | None] = []
    for names in (MODEL_NAMES, LANDMARK_NAMES):
        matching = [path for path in below if path.name.lower() in names]
        if len(matching) > 1:
            raise several(folder, matching)
        files.append(matching[0] if matching else None)
    return None if files == [None, None] else FlameImport(*files)
