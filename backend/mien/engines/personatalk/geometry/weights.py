# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of stage 1: one safetensors file in half precision. None ship: docs/dubbing.md has why."""

from __future__ import annotations

import json
from pathlib import Path

from mien.engines.base import EngineError
from mien.engines.personatalk.geometry.network import GeometryConfig, GeometryNetwork
from mien.files.atomic import write_whole
from mien.files.safetensors import write_tensors
from mien.files.weights_file import FileNames, WeightsFormat

FORMAT = "mien.personatalk.geometry"
NAMES = FileNames({}, {})


def save(network: GeometryNetwork, path: Path) -> Path:
    """Write the weights, whole or not at all; returns `path`."""
    shape = json.dumps(network.config.as_dict())
    metadata = {"format": FORMAT, "format_version": "1", "name": path.stem, "shape": shape}
    write_whole(path, write_tensors(NAMES.tensors(network), metadata))
    return path


def load(path: Path) -> GeometryNetwork:
    """The network of a file, ready to speak. EngineError, in words, where it is damaged or none."""
    tensors, metadata = WeightsFormat(FORMAT, "PersonaTalk", EngineError).read(path)
    try:
        config = GeometryConfig.from_dict(json.loads(metadata["shape"]))
        network = GeometryNetwork(config, tensors["basis"].shape[1] // 3)
        network.load_state_dict(NAMES.state(tensors))
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise EngineError(f"{path} does not fit the network of stage 1; train it again.") from error
    return network.eval().requires_grad_(False)
