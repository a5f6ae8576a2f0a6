# SPDX-License-Identifier: GPL-3.0-or-later
"""A file gives the network back, and any other file a sentence."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from kfusion import SMALL, network, weights
from mien.engines.base import EngineError
from mien.engines.kfusion.weights import load, save


def test_a_file_gives_the_network_back_in_half_precision(tmp_path: Path) -> None:
    back = load(weights(tmp_path))
    assert back.config == SMALL and not back.training
    for name, value in network().state_dict().items():
        torch.testing.assert_close(back.state_dict()[name], value, rtol=1e-3, atol=1e-4)


def test_other_files_are_refused_in_words(tmp_path: Path) -> None:
    other = save(network(replace(SMALL, prosody=7)), tmp_path / "other.safetensors", {})
    with pytest.raises(EngineError, match="takes 7, 86 and 30.*not 85"):
        load(other)
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(weights(tmp_path).read_bytes()[:-10])
    with pytest.raises(EngineError, match="cannot be read"):
        load(damaged)
    with pytest.raises(EngineError, match="cannot be read"):
        load(tmp_path / "none.safetensors")
