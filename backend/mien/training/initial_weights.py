# SPDX-License-Identifier: GPL-3.0-or-later
"""Trained weights as the beginning of another training (fine-tuning)."""

from __future__ import annotations

import hashlib
from pathlib import Path

from torch import nn

from mien.settings import SettingsError


def digest_of(initial: Path | None) -> str:
    """sha256 of the weights file, "" for none: which weights a run began with."""
    return "" if initial is None else hashlib.sha256(initial.read_bytes()).hexdigest()


def load_into(network: nn.Module, trained: nn.Module, initial: Path, without: tuple[str, ...] = ()) -> None:
    """Give the network the parameters and buffers of `trained`, but those whose first name is in `without`.

    SettingsError where the sizes differ; `initial` is the file that is named then.
    """
    own, given = network.state_dict(), trained.state_dict()
    kept = {name: tensor for name, tensor in given.items() if name.partition(".")[0] not in without}
    for name, tensor in kept.items():
        if name not in own or own[name].shape != tensor.shape:
            size = list(own[name].shape) if name in own else "nothing"
            raise SettingsError(
                f"the weights in {initial} have another shape than the network that is trained: {name} is "
                f"{list(tensor.shape)} there, {size} here; begin without --initial, or with weights of these sizes."
            )
    network.load_state_dict(own | kept)
