# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights files of any network: written, read under the code's names, refused in words."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from mien.errors import MienError
from mien.files.safetensors import read_tensors
from mien.files.weights_file import FileNames, WeightsFormat, sizes_and_note
from torch import nn

FORMAT = WeightsFormat("mien.toy", "a toy", MienError, FileNames({"first": "hear"}, {"width": "broad"}))


def toy(width: int = 3) -> nn.Module:
    return nn.ModuleDict({"first": nn.Linear(width, 1)})


def test_a_network_comes_back_in_half_precision_and_the_file_has_names_of_its_own(tmp_path: Path) -> None:
    network = toy()
    path = FORMAT.write(network, tmp_path / "toy.safetensors", sizes_and_note({"broad": 3}, {"minutes": 1}))
    tensors, metadata = read_tensors(path, dtypes=("F16",))
    assert set(tensors) == {"hear.weight", "hear.bias"} and metadata["format_version"] == "1"
    loaded = FORMAT.load(path, lambda metadata: toy())
    assert not loaded.training
    for name, value in network.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value, rtol=1e-3, atol=1e-4)


def test_sizes_have_names_of_their_own_too() -> None:
    assert FORMAT.names.to_file({"width": 3, "depth": 2}) == {"broad": 3, "depth": 2}
    assert FORMAT.names.from_file({"broad": 3, "depth": 2}) == {"width": 3, "depth": 2}


def test_other_files_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = FORMAT.write(toy(), tmp_path / "toy.safetensors", {})
    with pytest.raises(MienError, match=r"(?s)do not fit this Mien: .*train them again"):
        FORMAT.load(path, lambda metadata: toy(4))
    with pytest.raises(MienError, match=r"do not fit this Mien: 'shape'"):
        FORMAT.load(path, lambda metadata: toy(int(metadata["shape"])))
    with pytest.raises(MienError, match="holds no weights of another in format 1; name a file that `mien train` wrote"):
        WeightsFormat("mien.other", "another", MienError).read(path)
    with pytest.raises(MienError, match="weights of a toy in .* cannot be read"):
        FORMAT.read(tmp_path / "absent.safetensors")


def test_a_refusal_of_the_network_itself_is_not_reworded(tmp_path: Path) -> None:
    def refuse(metadata: Mapping[str, str]) -> nn.Module:
        raise MienError("it is of another head.")

    path = FORMAT.write(toy(), tmp_path / "toy.safetensors", {})
    with pytest.raises(MienError, match=r"^it is of another head\.$"):
        FORMAT.load(path, refuse)
