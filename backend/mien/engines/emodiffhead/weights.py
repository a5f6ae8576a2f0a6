# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of EMOdiffhead, for the default head or for one FLAME."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from mien.engines.base import EngineError
from mien.engines.emodiffhead.network import FILE_NAMES, Denoiser, DenoiserConfig
from mien.files.weights_file import WeightsFormat, sizes_and_note

FORMAT = WeightsFormat("mien.emodiffhead", "EMOdiffhead", EngineError, FILE_NAMES)


def save(network: Denoiser, path: Path, note: dict[str, object], flame: str = "") -> Path:
    """Write them. `note` is kept in the metadata, for people; `flame` is the sha256 of the FLAME that they move."""
    metadata = sizes_and_note(network.config.as_dict(), note)
    return FORMAT.write(network, path, metadata | ({"flame": flame} if flame else {}))


def load(path: Path, flame: str = "") -> Denoiser:
    """The network in evaluation mode, for the default head or the FLAME of that sha256. EngineError, in words, for a
    file that is no such thing and for one of another head."""

    def new_network(metadata: Mapping[str, str]) -> Denoiser:
        if (owner := metadata.get("flame", "")) != flame:
            heads = [f"the FLAME {sha256[:12]}" if sha256 else "the default head" for sha256 in (owner, flame)]
            raise EngineError(f"the weights in {path} move {heads[0]}, not {heads[1]}; train others for it.")
        config, now = DenoiserConfig.from_dict(json.loads(metadata["shape"])), DenoiserConfig()
        if (config.audio, config.style, config.expression) != (now.audio, now.style, now.expression):
            raise ValueError(
                f"it takes {config.audio} audio and {config.style} style features and {config.expression} channels, "
                f"not {now.audio}, {now.style} and {now.expression}"
            )
        return Denoiser(config)

    return FORMAT.load(path, new_network)
