# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of the refinement as safetensors: half precision on disk, the network's sizes beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from mien.files.atomic import write_whole
from mien.files.safetensors import TensorFileError, read_tensors, write_tensors
from mien.photo import PortraitError
from mien.photo.refinement.network import RefinementConfig, RefinementNetwork

FORMAT = "mien.photo.refinement"
SHIPPED = Path(__file__).with_name("mien.safetensors")


def save(network: RefinementNetwork, path: Path, note: dict[str, object]) -> Path:
    """Write them. `note` is kept in the metadata, for people."""
    tensors = {name: value.detach().cpu().numpy().astype(np.float16) for name, value in network.state_dict().items()}
    sizes = json.dumps(network.config.as_dict())
    metadata = {"format": FORMAT, "format_version": "1", "shape": sizes, "note": json.dumps(note)}
    write_whole(path, write_tensors(tensors, metadata))
    return path


def load(path: Path = SHIPPED) -> RefinementNetwork:
    """The network in evaluation mode. PortraitError, in words, for a file that is no such thing."""
    try:
        tensors, metadata = read_tensors(path, dtypes=("F16",))
    except (TensorFileError, OSError) as error:
        raise PortraitError(f"the refinement's weights {path.name} cannot be read: {error}") from error
    if metadata.get("format") != FORMAT or metadata.get("format_version") != "1":
        raise PortraitError(
            f"{path.name} holds no weights of a refinement in format 1; name a file that `mien train refinement` wrote."
        )
    try:
        network = RefinementNetwork(RefinementConfig.from_dict(json.loads(metadata["shape"])))
        network.load_state_dict({name: torch.from_numpy(value.astype(np.float32)) for name, value in tensors.items()})
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise PortraitError(f"the weights in {path.name} do not fit this Mien: {error}; train them again.") from error
    return network.eval()
