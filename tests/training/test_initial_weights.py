# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import torch
from mien.engines.probtalk3d.codebook import Codebook
from mien.settings import SettingsError
from mien.training.initial_weights import digest_of, load_into
from torch import nn


def test_a_network_begins_with_trained_weights_but_those_left_out(tmp_path):
    network, trained = (nn.ModuleDict({"body": nn.Linear(3, 2), "end": nn.Linear(2, 1)}) for _ in range(2))
    end = network["end"].weight.detach().clone()
    load_into(network, trained, tmp_path / "w.safetensors", without=("end",))
    assert torch.equal(network["body"].weight, trained["body"].weight)
    assert torch.equal(network["end"].weight, end)


def test_weights_of_another_shape_are_refused_by_name(tmp_path):
    with pytest.raises(SettingsError, match=r"w\.safetensors .* weight is \[2, 4\] there, \[2, 3\] here"):
        load_into(nn.Linear(3, 2), nn.Linear(4, 2), tmp_path / "w.safetensors")
    with pytest.raises(SettingsError, match="nothing here"):
        load_into(nn.Linear(3, 2, bias=False), nn.Linear(3, 2), tmp_path / "w.safetensors")


def test_a_run_knows_the_weights_it_began_with(tmp_path):
    path = tmp_path / "w.safetensors"
    path.write_bytes(b"abc")
    assert digest_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest_of(None) == ""


def test_a_codebook_of_trained_weights_goes_on_from_its_vectors():
    codebook = Codebook(groups=1, codes=4, depth=2)
    before = codebook.vectors.clone()
    codebook.weigh(8.0)
    z = before[:, torch.arange(32) % 4].transpose(0, 1)  # every vector is chosen eight times, by itself
    codebook.learn(z, codebook.nearest(z))
    assert torch.allclose(codebook.vectors, before, atol=1e-5)
