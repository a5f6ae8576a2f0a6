# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of the refinement: written, read, and refused in words."""

from pathlib import Path

import pytest
import torch
from mien.files.safetensors import write_tensors
from mien.photo import PortraitError
from mien.photo.refinement.network import RefinementConfig, RefinementNetwork
from mien.photo.refinement.weights import load, save

CONFIG = RefinementConfig(widths=(8, 16, 16), inner=12, tokens=2)


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    network = RefinementNetwork(CONFIG)
    read = load(save(network, tmp_path / "one.safetensors", {"steps": 0}))
    assert read.config == CONFIG
    for name, value in network.state_dict().items():
        assert torch.allclose(read.state_dict()[name], value, atol=1e-3)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    with pytest.raises(PortraitError, match=r"other\.safetensors cannot be read"):
        load(path)
    path.write_bytes(write_tensors({}, {"format": "something"}))
    with pytest.raises(PortraitError, match="mien train refinement"):
        load(path)


def test_weights_of_other_sizes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.safetensors"
    save(RefinementNetwork(CONFIG), path, {})
    path.write_bytes(path.read_bytes().replace(b"[8, 16, 16]", b"[8, 24, 16]"))
    with pytest.raises(PortraitError, match="train them again"):
        load(path)
