# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of the refinement."""

from __future__ import annotations

import json
from pathlib import Path

from mien.files.weights_file import WeightsFormat, sizes_and_note
from mien.photo import PortraitError
from mien.photo.refinement.network import RefinementConfig, RefinementNetwork

FORMAT = WeightsFormat(
    "mien.photo.refinement", "a refinement", PortraitError, source="name a file that `mien train refinement` wrote"
)
SHIPPED = Path(__file__).with_name("mien.safetensors")


def save(network: RefinementNetwork, path: Path, note: dict[str, object]) -> Path:
    """Write them. `note` is kept in the metadata, for people."""
    return FORMAT.write(network, path, sizes_and_note(network.config.as_dict(), note))


def load(path: Path = SHIPPED) -> RefinementNetwork:
    """The network in evaluation mode. PortraitError, in words, for a file that is no such thing."""
    return FORMAT.load(
        path, lambda metadata: RefinementNetwork(RefinementConfig.from_dict(json.loads(metadata["shape"])))
    )
