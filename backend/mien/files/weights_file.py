# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of networks as safetensors: half precision, the network's sizes in the metadata; format 1 of them all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from mien.errors import MienError
from mien.files.atomic import write_whole
from mien.files.safetensors import TensorFileError, read_tensors, write_tensors

T = TypeVar("T")
Network = TypeVar("Network", bound=nn.Module)


class FileNames:
    """Names in a weights file where they differ from those in the code: format 1 is older than the code's names.

    `modules`: the file's name of a module or parameter by the code's, for one part of a dotted name; `sizes`: the same
    of the configuration's fields.
    """

    def __init__(self, modules: Mapping[str, str] | None = None, sizes: Mapping[str, str] | None = None) -> None:
        self.modules, self.sizes = dict(modules or {}), dict(sizes or {})

    def tensors(self, network: nn.Module) -> dict[str, np.ndarray]:
        """The network's state as float16 arrays under the file's names."""
        return {
            _renamed(name, self.modules): value.detach().cpu().numpy().astype(np.float16)
            for name, value in network.state_dict().items()
        }

    def state(self, tensors: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
        """A state dict, float32, of a file's tensors."""
        names = {file: code for code, file in self.modules.items()}
        return {_renamed(name, names): torch.from_numpy(value.astype(np.float32)) for name, value in tensors.items()}

    def to_file(self, fields: Mapping[str, T]) -> dict[str, T]:
        """Fields of a configuration under the file's names."""
        return {self.sizes.get(name, name): value for name, value in fields.items()}

    def from_file(self, fields: Mapping[str, T]) -> dict[str, T]:
        """Fields of a configuration, as a file or the option `--shape` names them, under the code's names."""
        names = {file: code for code, file in self.sizes.items()}
        return {names.get(name, name): value for name, value in fields.items()}


@dataclass(frozen=True)
class WeightsFormat:
    """The weights files of one network.

    name: the format in the metadata. owner: whose weights they are, as sentences call it. error: what is raised for a
    file that is none. source: what to do for one, as "name a file that `mien train` wrote".
    """

    name: str
    owner: str
    error: type[MienError]
    names: FileNames = field(default_factory=FileNames)
    source: str = "name a file that `mien train` wrote"

    def write(self, network: nn.Module, path: Path, metadata: Mapping[str, str]) -> Path:
        """Write the network, whole or not at all; returns `path`. metadata: besides the format."""
        return self.write_tensors(self.names.tensors(network), path, metadata)

    def write_tensors(self, tensors: Mapping[str, np.ndarray], path: Path, metadata: Mapping[str, str]) -> Path:
        """The same for float16 arrays under the file's names."""
        whole = {"format": self.name, "format_version": "1", **metadata}
        write_whole(path, write_tensors(dict(tensors), whole))
        return path

    def read(self, path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """Tensors and metadata. `error`, in words, for a damaged file and for one of another format."""
        try:
            tensors, metadata = read_tensors(path, dtypes=("F16",))
        except (TensorFileError, OSError) as error:
            raise self.error(f"the weights of {self.owner} in {path} cannot be read: {error}") from error
        if metadata.get("format") != self.name or metadata.get("format_version") != "1":
            raise self.error(f"{path} holds no weights of {self.owner} in format 1; {self.source}.")
        return tensors, metadata

    def load(self, path: Path, new_network: Callable[[Mapping[str, str]], Network]) -> Network:
        """The network in evaluation mode, as `new_network` makes it of the metadata. `error`, in words, as of `read`,
        where the tensors are of other sizes, and as `new_network` raises it or a KeyError, TypeError or ValueError."""
        tensors, metadata = self.read(path)
        try:
            network = new_network(metadata)
            network.load_state_dict(self.names.state(tensors))
        except self.error:
            raise
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise self.error(f"the weights in {path} do not fit this Mien: {error}; train them again.") from error
        return network.eval()


def sizes_and_note(sizes: Mapping[str, object], note: Mapping[str, object]) -> dict[str, str]:
    """Metadata: the sizes of a network, and how it was trained, for people."""
    return {"shape": json.dumps(sizes), "note": json.dumps(note)}


def _renamed(name: str, names: Mapping[str, str]) -> str:
    """A dotted name of which some parts are replaced."""
    return ".".join(names.get(part, part) for part in name.split("."))
