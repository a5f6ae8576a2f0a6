# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of the gestures' denoiser."""

from __future__ import annotations

import json
from pathlib import Path

from mien.engines.base import EngineError
from mien.engines.diffted.denoiser.network import GestureConfig, GestureDenoiser
from mien.files.weights_file import WeightsFormat, sizes_and_note

FORMAT = WeightsFormat("mien.gestures", "the gestures' denoiser", EngineError)


def save(network: GestureDenoiser, path: Path, note: dict[str, object]) -> Path:
    """Write them. `note` is kept in the metadata, for people."""
    return FORMAT.write(network, path, sizes_and_note(network.config.as_dict(), note))


def load(path: Path) -> GestureDenoiser:
    """The network in evaluation mode. EngineError, in words, for a file that is no such thing."""
    return FORMAT.load(path, lambda metadata: GestureDenoiser(GestureConfig.from_dict(json.loads(metadata["shape"]))))
