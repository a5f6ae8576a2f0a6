# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights written and read, and files that are none."""

from pathlib import Path

import numpy as np
import pytest
import torch
from emodiffhead import network
from mien.engines.base import EngineError
from mien.engines.emodiffhead.network import Denoiser, DenoiserConfig
from mien.engines.emodiffhead.weights import load, save
from mien.files.safetensors import write_tensors


def test_they_come_back_in_half_precision_with_their_sizes(tmp_path: Path) -> None:
    loaded = load(save(network(), tmp_path / "x.safetensors", {"why": "a test"}))
    assert loaded.config == network().config and not loaded.training
    for name, wanted in network().state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], wanted, rtol=1e-3, atol=1e-6)


def test_other_files_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    other.write_bytes(write_tensors({"x": np.zeros(3, np.float16)}, {"format": "mien.ear"}))
    for path, why in ((other, "holds no weights of EMOdiffhead"), (tmp_path / "absent.safetensors", "cannot be read")):
        with pytest.raises(EngineError, match=why):
            load(path)


def test_weights_of_another_mien_are_refused(tmp_path: Path) -> None:
    small = {"width": 32, "blocks": (1, 1), "audio_blocks": 1, "heads": 2, "attention_context": 4, "condition": 16}
    with pytest.raises(EngineError, match="it takes 7 audio and 22 style features .* train them again"):
        load(save(Denoiser(DenoiserConfig(audio=7, **small)), tmp_path / "x.safetensors", {}))
    path = save(Denoiser(DenoiserConfig(**small)), tmp_path / "y.safetensors", {})
    path.write_bytes(path.read_bytes().replace(b'\\"near\\": 4', b'\\"near\\": 5'))
    with pytest.raises(EngineError, match="do not fit this Mien"):
        load(path)
