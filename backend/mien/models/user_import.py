# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that a user downloaded: which of the files are meant, and their conversion into the data folder.

`find` only looks at them, so that the licence can be shown; `convert` of what it returns does the import.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mien.engines.base import EngineError, Progress, no_progress
from mien.engines.probtalk3d_published import FOLDER
from mien.engines.probtalk3d_published.licence import LICENCE
from mien.errors import FILE, MienError
from mien.files.card import Licence, imported_before, sha256_of
from mien.heads.flame import FILE as FLAME_FILE
from mien.heads.flame import FLAME_FOLDER
from mien.heads.flame_file import read_flame_file
from mien.heads.flame_import import CLOSED_LICENCE, import_flame, import_landmarks, licence_of

MODEL_NAMES = ("generic_model.pkl", "flame2023.pkl", "flame2023_open.pkl", "flame_neutral.pkl")
LANDMARK_NAMES = ("flame_static_embedding.pkl", "landmark_embedding.npy")
DEPTH = 3  # folders below the given one: a download is often unpacked into a folder of its own
# lightning_logs/version_0/checkpoints/last.ckpt within model_weights/ProbTalk3D/stage_2 of a copy of the repository
CHECKPOINT_DEPTH = 8
CHECKPOINT = ".ckpt"
ZIP = b"PK\x03\x04"  # how a checkpoint begins


class DownloadError(MienError, ValueError):
    """The path holds no model that can be imported, or several; the message says what to give."""

    exit_status = FILE


class Import(Protocol):
    """A model that `find` recognised."""

    licence: Licence
    files: tuple[Path, ...]

    def convert(self, data_folder: Path, progress: Progress = no_progress) -> tuple[Path, bool]:
        """Convert into the data folder: (the file there, whether it is new). The same again changes nothing.
        HeadError or EngineError, in words, and then nothing has changed."""


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
        progress(0.0, "looking at it")
        if imported_before(folder / FLAME_FILE, map(sha256_of, self.files)):
            return folder / FLAME_FILE, False
        progress(0.3, "converting")
        if self.model is None:
            return import_landmarks(self.landmarks, folder), True
        return import_flame(self.model, folder, self.landmarks), True


@dataclass(frozen=True)
class WeightsImport:
    """The published stage 2 of ProbTalk3D, and the configuration of its HuBERT where it is not the base model."""

    checkpoint: Path
    config: Path | None
    licence: Licence = LICENCE

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.checkpoint,) if self.config is None else (self.checkpoint, self.config)

    def convert(self, data_folder: Path, progress: Progress = no_progress) -> tuple[Path, bool]:
        from mien.engines.probtalk3d_published.weights import import_weights  # torch is loaded for this alone

        return import_weights(self.checkpoint, data_folder / FOLDER, self.config, progress)


def find(path: Path) -> Import:
    """The model in a file or a folder, not yet converted. DownloadError, in words, where there is none, or more than
    one; FlameError for a broken file of FLAME."""
    if path.is_dir():
        return _find_in_folder(path)
    if path.suffix.lower() == ".zip":
        raise DownloadError(f"{path.name} is an archive; unpack it and give the folder.")
    if path.suffix.lower() == CHECKPOINT or _begins(path, ZIP):
        return _weights(path, path.parent)
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
    flame, checkpoints = _flame_in(folder), _checkpoints_in(folder)
    if flame is not None and checkpoints:
        listed = ", ".join(str(path.relative_to(folder)) for path in (*flame.files, checkpoints[0]))
        raise DownloadError(f"{folder} holds both FLAME's files and ProbTalk3D's: {listed}. Give one after the other.")
    if flame is not None:
        return flame
    if checkpoints:
        return _weights(_stage_2(folder, checkpoints), folder)
    raise DownloadError(
        f"{folder} holds nothing that Mien imports: no {', no '.join((*MODEL_NAMES, *LANDMARK_NAMES))} of FLAME and no "
        f"{CHECKPOINT} of ProbTalk3D. If the file has another name, give the file."
    )


def _flame_in(folder: Path) -> FlameImport | None:
    files = _files(folder, DEPTH)
    files_of: list[Path | None] = []
    for names in (MODEL_NAMES, LANDMARK_NAMES):
        matching = [path for path in files if path.name.lower() in names]
        if len(matching) > 1:
            raise _several(folder, matching)
        files_of.append(matching[0] if matching else None)
    return None if files_of == [None, None] else FlameImport(*files_of)


def _checkpoints_in(folder: Path) -> list[Path]:
    """One of each folder of checkpoints: the last, which is the best so far, or the best by its epoch. A link that a
    zip turned into a text file is none."""
    folders: dict[Path, list[Path]] = {}
    for path in _files(folder, CHECKPOINT_DEPTH):
        if path.suffix.lower() == CHECKPOINT and _begins(path, ZIP):
            folders.setdefault(path.parent, []).append(path)
    return [max(paths, key=_lateness) for paths in folders.values()]


def _lateness(path: Path) -> tuple[bool, int]:
    epoch = re.search(r"epoch=(\d+)", path.stem)
    return path.stem == "last", int(epoch[1]) if epoch else -1


def _stage_2(folder: Path, checkpoints: list[Path]) -> Path:
    """The one that is ProbTalk3D's second stage: the download has stage 1, and other models to compare, beside it."""
    from mien.files.checkpoint import CheckpointError, read_settings  # PyTorch takes seconds to import

    if len(checkpoints) == 1:
        return checkpoints[0]
    candidates, refusals = [], []
    for path in checkpoints:
        try:
            settings = read_settings(path)
        except CheckpointError as error:  # does not matter where another checkpoint is the one
            refusals.append(str(error))
            continue
        prior = settings.get("motion_prior")
        if "feature_predictor" in settings and isinstance(prior, dict) and "n_embed" in prior:
            candidates.append(path)
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise _several(folder, candidates)
    only = _listed(folder, checkpoints)
    raise DownloadError(" ".join([f"{folder} holds no stage 2 of ProbTalk3D with a codebook, only {only}.", *refusals]))


def _weights(checkpoint: Path, folder: Path) -> WeightsImport:
    """With a config.json beside the checkpoint, or in the folder that was given. EngineError if it is no stage 2."""
    from mien.files.checkpoint import CheckpointError, read_settings  # PyTorch takes seconds to import

    try:
        settings = read_settings(checkpoint)
    except CheckpointError as error:
        raise EngineError(f"the checkpoint {checkpoint} cannot be read: {error}") from error
    if "feature_predictor" not in settings:
        what = "is ProbTalk3D's stage 1" if "motion_encoder" in settings else "is no checkpoint of ProbTalk3D"
        raise EngineError(
            f"{checkpoint.name} {what}; give its stage 2, which holds stage 1 and the audio model too "
            "(stage_2/lightning_logs/version_0/checkpoints/last.ckpt)."
        )
    configs = (path / "config.json" for path in (checkpoint.parent, folder))
    return WeightsImport(checkpoint, next((path for path in configs if path.is_file()), None))


def _files(folder: Path, depth: int) -> list[Path]:
    return [path for level in range(depth) for path in sorted(folder.glob("*/" * level + "*")) if path.is_file()]


def _begins(path: Path, start: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(start)) == start


def _several(folder: Path, paths: Iterable[Path]) -> DownloadError:
    return DownloadError(f"{folder} holds several that could be meant: {_listed(folder, paths)}. Give one file.")


def _listed(folder: Path, paths: Iterable[Path]) -> str:
    return ", ".join(str(path.relative_to(folder)) for path in paths)
