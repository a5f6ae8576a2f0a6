# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import pytest
import torch
from mien.engines.base import EngineError
from mien.engines.personatalk.geometry.network import GeometryConfig, GeometryNetwork
from mien.engines.personatalk.geometry.weights import load, save


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    network = GeometryNetwork(GeometryConfig(width=32, heads=2), 5)
    path = save(network, tmp_path / "small.safetensors")
    read = load(path)
    assert read.config == network.config
    for name, value in network.state_dict().items():
        assert torch.allclose(read.state_dict()[name], value, atol=2e-3, rtol=2e-3)


def test_what_is_no_network_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "none.safetensors"
    path.write_bytes(b"none")
    with pytest.raises(EngineError, match="cannot be read"):
        load(path)
