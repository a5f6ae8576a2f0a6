# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of KFusion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from mien.engines.base import EngineError
from mien.engines.kfusion.network import KFusion, KFusionConfig
from mien.files.weights_file import WeightsFormat, sizes_and_note

FORMAT = WeightsFormat("mien.kfusion", "KFusion", EngineError)


def save(network: KFusion, path: Path, note: dict[str, object]) -> Path:
    """Write them. `note` is kept in the metadata, for people."""
    return FORMAT.write(network, path, sizes_and_note(network.config.as_dict(), note))


def load(path: Path) -> KFusion:
    """The network in evaluation mode. EngineError, in words, for a file that is no such thing."""
    return FORMAT.load(path, _new_network)


def _new_network(metadata: Mapping[str, str]) -> KFusion:
    config, now = KFusionConfig.from_dict(json.loads(metadata["shape"])), KFusionConfig()
    if (config.prosody, config.phones, config.style) != (now.prosody, now.phones, now.style):
        raise ValueError(
            f"it takes {config.prosody}, {config.phones} and {config.style} numbers of prosody, phones and style, "
            f"not {now.prosody}, {now.phones} and {now.style}"
        )
    return KFusion(config)
