# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of Mien's own ProbTalk3D as safetensors: half precision on disk, the networks' sizes beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mien.engines.base import EngineError
from mien.engines.neural import audio_features, style_features
from mien.engines.neural.weights_file import read_weights
from mien.engines.probtalk3d.code_predictor import Performer
from mien.engines.probtalk3d.code_predictor import Shape as PerformerShape
from mien.engines.probtalk3d.codec import Codec
from mien.engines.probtalk3d.codec import Shape as CodecShape
from mien.files.safetensors import write_file

FORMAT = "mien.probtalk3d"
LEARNING = ("book.counts", "book.sums")  # of a codebook, needed only to learn on


def save_codecs(codecs: nn.ModuleDict, path: Path, note: dict[str, object]) -> Path:
    """Write stage 1. `note` is kept in the metadata, for people."""
    return _write(_tensors(codecs, "codecs."), _shapes(codecs), path, note)


def save_performer(performer: Performer, codecs: nn.ModuleDict, path: Path, note: dict[str, object]) -> Path:
    """Write both stages."""
    tensors = _tensors(codecs, "codecs.") | _tensors(performer, "performer.")
    return _write(tensors, _shapes(codecs) | {"performer": performer.shape.as_dict()}, path, note)


def load_codecs(path: Path) -> nn.ModuleDict:
    """Stage 1. EngineError, in words, for a file that is no such thing."""
    tensors, shapes = _read(path)
    return _codecs(tensors, shapes, path)


def load_all(path: Path) -> tuple[nn.ModuleDict, Performer]:
    """Both stages, ready to perform. EngineError as above."""
    tensors, shapes = _read(path)
    codecs = _codecs(tensors, shapes, path)
    try:
        shape = PerformerShape(**shapes["performer"])
        if (shape.heard, shape.told) != (audio_features.SIZE, style_features.SIZE):
            raise ValueError(
                f"it hears {shape.heard} and is told {shape.told} numbers, not {audio_features.SIZE}, {style_features.SIZE}"
            )
        performer = Performer(shape, codecs["mouth"].book, codecs["life"].book, codecs["life"].shape.stride)
        performer.load_state_dict(_part(tensors, "performer."))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise EngineError(f"the weights in {path} do not fit this Mien: {error}; train them again.") from error
    return codecs, performer.eval()


def _codecs(tensors: dict[str, np.ndarray], shapes: dict[str, dict], path: Path) -> nn.ModuleDict:
    try:
        codecs = nn.ModuleDict({name: Codec(CodecShape(**shapes[name])) for name in ("mouth", "life")})
        missing, unknown = codecs.load_state_dict(_part(tensors, "codecs."), strict=False)
        missing = [name for name in missing if not name.endswith(LEARNING)]
        if missing or unknown:
            raise ValueError(f"{(missing + unknown)[0]} is missing or unknown")
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise EngineError(f"the weights in {path} do not fit this Mien: {error}; train them again.") from error
    return codecs.eval()


def _tensors(module: nn.Module, prefix: str) -> dict[str, np.ndarray]:
    return {
        prefix + name: value.detach().cpu().numpy().astype(np.float16)
        for name, value in module.state_dict().items()
        if not name.endswith(LEARNING)
    }


def _part(tensors: dict[str, np.ndarray], prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): torch.from_numpy(value.astype(np.float32))
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _shapes(codecs: nn.ModuleDict) -> dict[str, dict]:
    return {name: codec.shape.as_dict() for name, codec in codecs.items()}


def _write(tensors: dict[str, np.ndarray], shapes: dict[str, dict], path: Path, note: dict[str, object]) -> Path:
    metadata = {"format": FORMAT, "format_version": "1", "shapes": json.dumps(shapes), "note": json.dumps(note)}
    write_file(path, tensors, metadata)
    return path


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, dict]]:
    tensors, metadata = read_weights(path, FORMAT, "ProbTalk3D")
    try:
        return tensors, dict(json.loads(metadata["shapes"]))
    except (KeyError, TypeError, ValueError) as error:
        raise EngineError(f"{path} does not say how large its networks are; train them again.") from error
