# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of the phone recogniser as safetensors in half precision, with the sizes of the network and its sounds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from mien.files.atomic import write_whole
from mien.files.safetensors import TensorFileError, read_tensors, write_tensors
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.inventory import SOUNDS
from mien.speech_analysis.network.model import FILE_NAMES, FLAGS, AcousticModel, RecogniserConfig

FORMAT = "mien.ear"  # what files of a phone recogniser have said since the first


def save(network: AcousticModel, path: Path, note: dict[str, str]) -> None:
    """Write the weights; `note` is text for people, kept in the metadata."""
    tensors = {
        _renamed(name, FILE_NAMES): value.detach().cpu().numpy().astype(np.float16)
        for name, value in network.state_dict().items()
    }
    metadata = {
        "format": FORMAT,
        "format_version": "1",
        "shape": json.dumps(network.config.as_dict()),
        "sounds": json.dumps(SOUNDS, ensure_ascii=False),
        "flags": json.dumps(FLAGS),
        **note,
    }
    write_whole(path, write_tensors(tensors, metadata))


def load(path: Path) -> AcousticModel:
    """The network in evaluation mode. RecognitionError, in words, for any other file and for other sounds."""
    try:
        tensors, metadata = read_tensors(path, dtypes=("F16",))
    except (TensorFileError, OSError) as error:
        raise RecognitionError(f"the phone recogniser's weights {path} cannot be read: {error}") from error
    if metadata.get("format") != FORMAT or metadata.get("format_version") != "1":
        raise RecognitionError(
            f"{path} holds no weights of a phone recogniser in format 1; name a file that `mien train phones` wrote."
        )
    if metadata.get("sounds") != json.dumps(SOUNDS, ensure_ascii=False) or metadata.get("flags") != json.dumps(FLAGS):
        raise RecognitionError(f"the phone recogniser in {path} knows other sounds than this Mien; train it again.")
    try:
        network = AcousticModel(RecogniserConfig(**json.loads(metadata["shape"])))
        names = {file: code for code, file in FILE_NAMES.items()}
        network.load_state_dict(
            {_renamed(name, names): torch.from_numpy(value.astype(np.float32)) for name, value in tensors.items()}
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise RecognitionError(f"the weights in {path} do not fit the network they describe: {error}") from error
    return network.eval()


def _renamed(name: str, names: Mapping[str, str]) -> str:
    """A dotted name of which some parts are replaced."""
    return ".".join(names.get(part, part) for part in name.split("."))
