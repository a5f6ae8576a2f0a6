# SPDX-License-Identifier: GPL-3.0-or-later
"""A published checkpoint of the motion model in a user's download, and its import."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mien.engines.base import EngineError, Progress, no_progress
from mien.engines.diffted.published.tps import CHECKPOINT, FOLDER
from mien.engines.diffted.published.tps.licence import LICENCE
from mien.files.card import Licence
from mien.files.download import DownloadError, files_below, mistaken_download, several

DEPTH = 3  # of folders that are looked through; the repository says checkpoints/vox.pth.tar


@dataclass(frozen=True)
class WeightsImport:
    """One checkpoint. Which one it is, its name says: vox.pth.tar becomes `vox`."""

    checkpoint: Path
    licence: Licence = LICENCE

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.checkpoint,)

    def convert(self, data_folder: Path, progress: Progress = no_progress) -> tuple[Path, bool]:
        """As `mien.engines.base.Import`. DownloadError for what is no such checkpoint."""
        from mien.engines.diffted.published.tps.weights import import_weights

        try:
            return import_weights(self.checkpoint, data_folder / FOLDER / file_name(self.checkpoint), progress)
        except EngineError as error:
            raise DownloadError(str(error)) from error


def find(path: Path) -> WeightsImport | None:
    """The checkpoint that a file is or a folder holds, by its name; None where there is none. DownloadError for a
    folder of several, and for a web page in the place of a checkpoint."""
    if path.is_dir():
        checkpoints = [each for each in files_below(path, DEPTH) if is_checkpoint(each)]
        if len(checkpoints) > 1:
            raise several(path, checkpoints)
        return find(checkpoints[0]) if checkpoints else None
    if not is_checkpoint(path):
        return None
    if mistaken := mistaken_download(path):
        raise DownloadError(mistaken)
    return WeightsImport(path)


def is_checkpoint(path: Path) -> bool:
    return path.name.lower().endswith(CHECKPOINT)


def file_name(checkpoint: Path) -> str:
    """'vox.safetensors' for vox.pth.tar, 'vox-256.safetensors' for 'Vox 256.pth.tar'."""
    stem = checkpoint.name[: -len(CHECKPOINT)].lower()
    return f"{re.sub('[^a-z0-9]+', '-', stem).strip('-') or 'weights'}.safetensors"
