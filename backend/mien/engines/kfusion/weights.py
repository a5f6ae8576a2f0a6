# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of KFusion as safetensors: half precision on disk, the network's sizes beside them."""

from __future__ import annotations

import json
from pathlib import Path

from mien.engines.base import EngineError
from mien.engines.kfusion.network import KFusion, KFusionConfig
from mien.engines.neural.weights_file import FileNames, read_weights
from mien.files.atomic import write_whole
from mien.files.safetensors import write_tensors

FORMAT = "mien.kfusion"
FILE_NAMES = FileNames(modules={}, sizes={})


def save(network: KFusion, path: Path, note: dict[str, object]) -> Path:
    """Write them. `note` is kept in the metadata, for people."""
    sizes = json.dumps(network.config.as_dict())
    metadata = {"format": FORMAT, "format_version": "1", "shape": sizes, "note": json.dumps(note)}
    write_whole(path, write_tensors(FILE_NAMES.tensors(network), metadata))
    return path


def load(path: Path) -> KFusion:
    """The network in evaluation mode. EngineError, in words, for a file that is no such thing."""
    tensors, metadata = read_weights(path, FORMAT, "KFusion")
    try:
        config, now = KFusionConfig.from_dict(json.loads(metadata["shape"])), KFusionConfig()
        if (config.prosody, config.phones, config.style) != (now.prosody, now.phones, now.style):
            raise ValueError(
                f"it takes {config.prosody}, {config.phones} and {config.style} numbers of prosody, phones and style, "
                f"not {now.prosody}, {now.phones} and {now.style}"
            )
        network = KFusion(config)
        network.load_state_dict(FILE_NAMES.state(tensors))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise EngineError(f"the weights in {path} do not fit this Mien: {error}; train them again.") from error
    return network.eval()
