# SPDX-License-Identifier: GPL-3.0-or-later
"""The ear's weights as safetensors: half precision on disk, the shape of the network and the order of its sounds with
them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from mien.files.atomic import write_whole
from mien.files.safetensors import TensorFileError, read_tensors, write_tensors
from mien.speech_analysis.errors import EarError
from mien.speech_analysis.inventory import SOUNDS
from mien.speech_analysis.network.model import FLAGS, Network, Shape

FORMAT = "mien.ear"


def save(network: Network, path: Path, note: dict[str, str]) -> None:
    """Write the weights; `note` is text for people, kept in the metadata."""
    tensors = {name: value.detach().cpu().numpy().astype(np.float16) for name, value in network.state_dict().items()}
    metadata = {
        "format": FORMAT,
        "format_version": "1",
        "shape": json.dumps(network.shape.as_dict()),
        "sounds": json.dumps(SOUNDS, ensure_ascii=False),
        "flags": json.dumps(FLAGS),
        **note,
    }
    write_whole(path, write_tensors(tensors, metadata))


def load(path: Path) -> Network:
    """The network, ready to hear. EarError, in words, for a file that is no ear or one of another inventory."""
    try:
        tensors, metadata = read_tensors(path, dtypes=("F16",))
    except (TensorFileError, OSError) as error:
        raise EarError(f"the ear's weights {path} cannot be read: {error}") from error
    if metadata.get("format") != FORMAT or metadata.get("format_version") != "1":
        raise EarError(f"{path} holds no weights of an ear in format 1; name a file that `mien train ear` wrote.")
    if metadata.get("sounds") != json.dumps(SOUNDS, ensure_ascii=False) or metadata.get("flags") != json.dumps(FLAGS):
        raise EarError(f"the ear in {path} knows other sounds than this version of Mien; train it again.")
    try:
        network = Network(Shape(**json.loads(metadata["shape"])))
        network.load_state_dict({name: torch.from_numpy(value.astype(np.float32)) for name, value in tensors.items()})
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise EarError(f"the weights in {path} do not fit the network they describe: {error}") from error
    return network.eval()
