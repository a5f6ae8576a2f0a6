# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of the gestures' denoiser as safetensors: half precision on disk, the network's sizes beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from mien.engines.base import EngineError
from mien.engines.diffted.denoiser.network import GestureConfig, GestureDenoiser
from mien.engines.neural.weights_file import read_weights
from mien.files.atomic import write_whole
from mien.files.safetensors import write_tensors

FORMAT = "mien.gestures"


def save(network: GestureDenoiser, path: Path, note: dict[str, object]) -> Path:
    """Write them. `note` is kept in the metadata, for people."""
    sizes = json.dumps(network.config.as_dict())
    tensors = {name: value.detach().cpu().numpy().astype(np.float16) for name, value in network.state_dict().items()}
    metadata = {"format": FORMAT, "format_version": "1", "shape": sizes, "note": json.dumps(note)}
    write_whole(path, write_tensors(tensors, metadata))
    return path


def load(path: Path) -> GestureDenoiser:
    """The network in evaluation mode. EngineError, in words, for a file that is no such thing."""
    tensors, metadata = read_weights(path, FORMAT, "The gestures' denoiser")
    try:
        network = GestureDenoiser(GestureConfig.from_dict(json.loads(metadata["shape"])))
        network.load_state_dict({name: torch.from_numpy(value.astype(np.float32)) for name, value in tensors.items()})
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise EngineError(f"the weights in {path} do not fit this Mien: {error}; train them again.") from error
    return network.eval()
