# SPDX-License-Identifier: GPL-3.0-or-later
"""The published checkpoints of ProbTalk3D in a user's download: which one is meant, and its import."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mien.engines.base import Progress, no_progress
from mien.engines.probtalk3d_published import CHECKPOINT, FOLDER
from mien.engines.probtalk3d_published.licence import LICENCE
from mien.files.card import Licence
from mien.files.download import DownloadError, files_below, listed, several

# lightning_logs/version_0/checkpoints/last.ckpt within model_weights/ProbTalk3D/stage_2 of a copy of the repository
DEPTH = 8
ZIP = b"PK\x03\x04"  # how a checkpoint begins


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
        """As `mien.engines.base.Import`."""
        from mien.engines.probtalk3d_published.weights import import_weights

        return import_weights(self.checkpoint, data_folder / FOLDER, self.config, progress)


def find(path: Path) -> WeightsImport | None:
    """The stage 2 that a file is or a folder holds; None where there is no checkpoint. DownloadError for a checkpoint
    that is damaged or no stage 2, and where a folder has none among several, or several."""
    if path.is_dir():
        checkpoints = checkpoints_in(path)
        return _import_of(_stage_2(path, checkpoints), path) if checkpoints else None
    if path.suffix.lower() == CHECKPOINT or _begins(path, ZIP):
        return _import_of(path, path.parent)
    return None


def checkpoints_in(folder: Path) -> list[Path]:
    """One of each folder of checkpoints: the last, which is the best so far, or the best by its epoch. A link that a
    zip turned into a text file is none."""
    folders: dict[Path, list[Path]] = {}
    for path in files_below(folder, DEPTH):
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
        raise several(folder, candidates)
    only = listed(folder, checkpoints)
    raise DownloadError(" ".join([f"{folder} holds no stage 2 of ProbTalk3D with a codebook, only {only}.", *refusals]))


def _import_of(checkpoint: Path, folder: Path) -> WeightsImport:
    """With a config.json beside the checkpoint, or in the folder that was given. DownloadError if it is no stage 2."""
    from mien.files.checkpoint import CheckpointError, read_settings

    try:
        settings = read_settings(checkpoint)
    except CheckpointError as error:
        raise DownloadError(f"the checkpoint {checkpoint} cannot be read: {error}") from error
    if "feature_predictor" not in settings:
        what = "is ProbTalk3D's stage 1" if "motion_encoder" in settings else "is no checkpoint of ProbTalk3D"
        raise DownloadError(
            f"{checkpoint.name} {what}; give its stage 2, which holds stage 1 and the audio model too "
            "(stage_2/lightning_logs/version_0/checkpoints/last.ckpt)."
        )
    configs = (path / "config.json" for path in (checkpoint.parent, folder))
    return WeightsImport(checkpoint, next((path for path in configs if path.is_file()), None))


def _begins(path: Path, start: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(start)) == start
