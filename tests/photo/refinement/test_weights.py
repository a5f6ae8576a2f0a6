# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of the refinement: written, read, and refused in words."""

import json
from pathlib import Path

import pytest
import torch
from mien.files.card import card_path
from mien.files.digest import sha256_of
from mien.files.safetensors import write_tensors
from mien.photo import PortraitError
from mien.photo.refinement.network import RefinementConfig, RefinementNetwork
from mien.photo.refinement.weights import SHIPPED, load, save

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


def test_the_card_is_that_of_the_weights_that_ship() -> None:
    card = json.loads(card_path(SHIPPED).read_text("utf-8"))
    assert card["sha256"] == sha256_of(SHIPPED) and card["bytes"] == SHIPPED.stat().st_size < 3e6
    assert card["training"]["parameters"] == sum(p.numel() for p in load().parameters())
