# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of engines as safetensors in half precision: what reading all of them has in common."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from mien.engines.base import EngineError
from mien.files.safetensors import TensorFileError, read_tensors

T = TypeVar("T")


def read_weights(path: Path, file_format: str, owner: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors and metadata of a file of the format `file_format`, version 1. EngineError, in words, for any other."""
    try:
        tensors, metadata = read_tensors(path, dtypes=("F16",))
    except (TensorFileError, OSError) as error:
        raise EngineError(f"{owner}'s weights {path} cannot be read: {error}") from error
    if metadata.get("format") != file_format or metadata.get("format_version") != "1":
        raise EngineError(f"{path} holds no weights of {owner} in format 1; name a file that `mien train` wrote.")
    return tensors, metadata


class FileNames:
    """Names in a weights file where they differ from those in the code: format 1 is older than the code's names.

    `modules`: the file's name of a module or parameter by the code's, for one part of a dotted name; `sizes`: the same
    of the configuration's fields.
    """

    def __init__(self, modules: Mapping[str, str], sizes: Mapping[str, str]) -> None:
        self.modules, self.sizes = dict(modules), dict(sizes)

    def tensors(self, network: nn.Module) -> dict[str, np.ndarray]:
        """The network's state as float16 arrays under the file's names."""
        return {
            ".".join(self.modules.get(part, part) for part in name.split(".")): value.detach()
            .cpu()
            .numpy()
            .astype(np.float16)
            for name, value in network.state_dict().items()
        }

    def state(self, tensors: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
        """A state dict, float32, of a file's tensors."""
        names = {file: code for code, file in self.modules.items()}
        return {
            ".".join(names.get(part, part) for part in name.split(".")): torch.from_numpy(value.astype(np.float32))
            for name, value in tensors.items()
        }

    def to_file(self, fields: Mapping[str, T]) -> dict[str, T]:
        """Fields of a configuration under the file's names."""
        return {self.sizes.get(name, name): value for name, value in fields.items()}

    def from_file(self, fields: Mapping[str, T]) -> dict[str, T]:
        """Fields of a configuration, as a file or the option `--shape` names them, under the code's names."""
        names = {file: code for code, file in self.sizes.items()}
        return {names.get(name, name): value for name, value in fields.items()}
