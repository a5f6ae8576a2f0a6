# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of EMOdiffhead as safetensors: half precision on disk, the network's sizes beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from mien.engines.base import EngineError
from mien.engines.emodiffhead.network import Denoiser, Shape
from mien.engines.neural.weights_file import read_weights
from mien.files.safetensors import write_file

FORMAT = "mien.emodiffhead"


def save(network: Denoiser, path: Path, note: dict[str, object], flame: str = "") -> Path:
    """Write them. `note` is kept in the metadata, for people; `flame` is the sha256 of the FLAME that they move."""
    tensors = {name: value.detach().cpu().numpy().astype(np.float16) for name, value in network.state_dict().items()}
    shape = json.dumps(network.shape.as_dict())
    metadata = {"format": FORMAT, "format_version": "1", "shape": shape, "note": json.dumps(note)}
    write_file(path, tensors, metadata | ({"flame": flame} if flame else {}))
    return path


def load(path: Path, flame: str = "") -> Denoiser:
    """The network, ready to perform, on the default head or on the FLAME of that sha256. EngineError, in words, for a
    file that is no such thing and for one of another head."""
    tensors, metadata = read_weights(path, FORMAT, "EMOdiffhead")
    if (found := metadata.get("flame", "")) != flame:
        said = [f"the FLAME {each[:12]}" if each else "the default head" for each in (found, flame)]
        raise EngineError(f"the weights in {path} move {said[0]}, not {said[1]}; train others for it.")
    try:
        sizes = json.loads(metadata["shape"])
        shape, now = Shape(**sizes | {"blocks": tuple(sizes["blocks"])}), Shape()
        if (shape.heard, shape.style, shape.expression) != (now.heard, now.style, now.expression):
            raise ValueError(
                f"it hears {shape.heard}, is told {shape.style} and feels {shape.expression} numbers, not "
                f"{now.heard}, {now.style} and {now.expression}"
            )
        network = Denoiser(shape)
        network.load_state_dict({name: torch.from_numpy(value.astype(np.float32)) for name, value in tensors.items()})
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise EngineError(f"the weights in {path} do not fit this Mien: {error}; train them again.") from error
    return network.eval()
