# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import pytest
import torch
from mien.engines.base import EngineError
from mien.engines.diffted.denoiser.network import GestureConfig, GestureDenoiser
from mien.engines.diffted.denoiser.weights import FORMAT, load, save
from mien.files.safetensors import read_tensors, write_tensors

SMALL = GestureConfig(width=16, blocks=1, heads=2, kernel=3)


def test_weights_come_back_in_half_precision(tmp_path: Path) -> None:
    network = GestureDenoiser(SMALL)
    again = load(save(network, tmp_path / "w.safetensors", {"minutes": 1}))
    assert again.config == SMALL and not again.training
    for name, value in network.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, atol=1e-3, rtol=1e-3)


def test_other_files_are_refused_in_words(tmp_path: Path) -> None:
    path = save(GestureDenoiser(SMALL), tmp_path / "w.safetensors", {})
    tensors, metadata = read_tensors(path, dtypes=("F16",))
    tensors.pop("null")
    path.write_bytes(write_tensors(tensors, metadata))
    with pytest.raises(EngineError, match="do not fit this Mien"):
        load(path)
    path.write_bytes(write_tensors(tensors, metadata | {"format": FORMAT.name + "x"}))
    with pytest.raises(EngineError, match="holds no weights of the gestures"):
        load(path)
    with pytest.raises(EngineError, match="cannot be read"):
        load(tmp_path / "none.safetensors")
