# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of stage 1: one safetensors file in half precision. None ship: docs/dubbing.md has why."""

from __future__ import annotations

import json
from pathlib import Path

from mien.engines.base import EngineError
from mien.engines.personatalk.geometry.network import GeometryConfig, GeometryNetwork
from mien.files.weights_file import WeightsFormat

FORMAT = WeightsFormat("mien.personatalk.geometry", "PersonaTalk", EngineError)


def save(network: GeometryNetwork, path: Path) -> Path:
    """Write the weights, whole or not at all; returns `path`."""
    return FORMAT.write(network, path, {"name": path.stem, "shape": json.dumps(network.config.as_dict())})


def load(path: Path) -> GeometryNetwork:
    """The network of a file, ready to speak. EngineError, in words, where it is damaged or none."""
    tensors, metadata = FORMAT.read(path)
    try:
        config = GeometryConfig.from_dict(json.loads(metadata["shape"]))
        network = GeometryNetwork(config, tensors["basis"].shape[1] // 3)
        network.load_state_dict(FORMAT.names.state(tensors))
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise EngineError(f"{path} does not fit the network of stage 1; train it again.") from error
    return network.eval().requires_grad_(False)
