# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorded numbers of the Thin-Plate-Spline motion model and of DiffTED, and the rule that makes their weights.

They lie in ../shared, which only developers have; a test that needs them is skipped without it and says so.
"""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
import torch
from checkout import SHARED
from mien.engines.diffted.published.tps.network import MotionModel
from mien.engines.diffted.published.tps.weights import read_published

GOLDEN = SHARED / "golden" / "tps"
REASON = "the recorded numbers of the motion model are in ../shared/golden/tps, which is not here"
needs_golden = pytest.mark.skipif(not GOLDEN.is_dir(), reason=REASON)
CHECKPOINT = GOLDEN / "tiny_checkpoint.pth.tar"


def recorded(name: str) -> dict:
    """The arrays of NAME.npz, as tensors where they are numbers."""
    with np.load(GOLDEN / f"{name}.npz") as file:
        arrays = {key: file[key] for key in file.files}
    # torch has no arithmetic for uint16
    return {k: torch.from_numpy(v) if v.dtype.kind in "fib" or v.dtype == np.uint8 else v for k, v in arrays.items()}


def rule() -> ModuleType:
    """golden/tps/rule.py: weights and pictures that need not be stored."""
    spec = importlib.util.spec_from_file_location("tps_rule", GOLDEN / "rule.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fill(network: torch.nn.Module, name: str, keep: tuple[str, ...] = ()) -> None:
    """Give a network the weights of rule 7; those whose key contains one of `keep` stay."""
    made, state = rule(), network.state_dict()
    for key, tensor in state.items():
        if not any(part in key for part in keep):
            state[key] = torch.from_numpy(np.asarray(made.fill(7, name, key, tuple(tensor.shape))))
    network.load_state_dict(state)
    network.eval()


def keys(name: str) -> dict[str, str]:
    """The recorded state-dict keys of a keys_*.txt: module/key to shape, as text."""
    rows = [line.split("\t") for line in (GOLDEN / name).read_text("utf-8").splitlines() if not line.startswith("#")]
    return {f"{row[0]}/{row[1]}": row[2] for row in rows}


def picture(name: str) -> torch.Tensor:
    """A picture of the rule: (1, 3, 256, 256), 0..1."""
    return torch.from_numpy(rule().image(name, 256, 256)).permute(2, 0, 1)[None].float() / 255


@functools.cache
def tiny_model() -> MotionModel:
    """The recorded checkpoint, read as a user's is, with the avd_network of the rule, which it lacks."""
    published = read_published(CHECKPOINT)
    model = MotionModel(replace(published.sizes, avatar=(8, 8)))
    model.load_state_dict(published.state_dict(), strict=False)
    assert model.avd_network is not None
    fill(model.avd_network, "avd_network")
    return model.eval()


def pictures(golden: dict) -> tuple[torch.Tensor, torch.Tensor]:
    """Source and driving picture of a recorded pipeline, (1, 3, 256, 256) of 0..1."""
    source, driving = (golden[f"{name}_u8"].permute(2, 0, 1)[None].float() / 255 for name in ("source", "driving"))
    return source, driving
