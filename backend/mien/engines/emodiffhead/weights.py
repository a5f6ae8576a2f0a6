# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of EMOdiffhead as safetensors: half precision on disk, the network's sizes beside them."""

from __future__ import annotations

import json
from pathlib import Path

from mien.engines.base import EngineError
from mien.engines.emodiffhead.network import FILE_NAMES, Denoiser, DenoiserConfig
from mien.engines.neural.weights_file import read_weights
from mien.files.atomic import write_whole
from mien.files.safetensors import write_tensors

FORMAT = "mien.emodiffhead"


def save(network: Denoiser, path: Path, note: dict[str, object], flame: str = "") -> Path:
    """Write them. `note` is kept in the metadata, for people; `flame` is the sha256 of the FLAME that they move."""
    sizes = json.dumps(network.config.as_dict())
    metadata = {"format": FORMAT, "format_version": "1", "shape": sizes, "note": json.dumps(note)}
    write_whole(path, write_tensors(FILE_NAMES.tensors(network), metadata | ({"flame": flame} if flame else {})))
    return path


def load(path: Path, flame: str = "") -> Denoiser:
    """The network in evaluation mode, for the default head or the FLAME of that sha256. EngineError, in words, for a
    file that is no such thing and for one of another head."""
    tensors, metadata = read_weights(path, FORMAT, "EMOdiffhead")
    if (owner := metadata.get("flame", "")) != flame:
        heads = [f"the FLAME {sha256[:12]}" if sha256 else "the default head" for sha256 in (owner, flame)]
        raise EngineError(f"the weights in {path} move {heads[0]}, not {heads[1]}; train others for it.")
    try:
        config, now = DenoiserConfig.from_dict(json.loads(metadata["shape"])), DenoiserConfig()
        if (config.audio, config.style, config.expression) != (now.audio, now.style, now.expression):
            raise ValueError(
                f"it takes {config.audio} audio and {config.style} style features and {config.expression} channels, "
                f"not {now.audio}, {now.style} and {now.expression}"
            )
        network = Denoiser(config)
        network.load_state_dict(FILE_NAMES.state(tensors))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise EngineError(f"the weights in {path} do not fit this Mien: {error}; train them again.") from error
    return network.eval()
