# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of Mien's own ProbTalk3D as safetensors: half precision on disk, the networks' sizes beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from torch import nn

from mien.engines.base import EngineError
from mien.engines.neural import audio_features, style_features
from mien.engines.probtalk3d import code_predictor, codec
from mien.engines.probtalk3d.code_predictor import CodePredictor, PredictorConfig
from mien.engines.probtalk3d.codec import Codec, CodecConfig, codec_of
from mien.files.weights_file import WeightsFormat

FORMAT = WeightsFormat("mien.probtalk3d", "ProbTalk3D", EngineError)
CODECS, PREDICTOR = "codecs.", "performer."  # how the names of their tensors begin
TRAINING_ONLY = ("book.counts", "book.sums")  # of a codebook; the weights that ship have none


def save_codecs(codecs: nn.ModuleDict, path: Path, note: dict[str, object]) -> Path:
    """Write stage 1. `note` is kept in the metadata, for people."""
    return _write(_codec_tensors(codecs), _codec_sizes(codecs), path, note)


def save_predictor(predictor: CodePredictor, codecs: nn.ModuleDict, path: Path, note: dict[str, object]) -> Path:
    """Write both stages."""
    tensors = _codec_tensors(codecs) | _prefixed(code_predictor.FILE_NAMES.tensors(predictor), PREDICTOR)
    return _write(tensors, _codec_sizes(codecs) | {"performer": predictor.config.as_dict()}, path, note)


def load_codecs(path: Path) -> nn.ModuleDict:
    """Stage 1. EngineError, in words, for a file that is no such thing."""
    tensors, sizes = _read(path)
    return _codecs(tensors, sizes, path)


def load_all(path: Path) -> tuple[nn.ModuleDict, CodePredictor]:
    """Both stages, in evaluation mode. EngineError as above."""
    tensors, sizes = _read(path)
    codecs = _codecs(tensors, sizes, path)
    try:
        config = PredictorConfig.from_dict(sizes["performer"])
        if (config.audio, config.style) != (audio_features.SIZE, style_features.SIZE):
            raise ValueError(
                f"it takes {config.audio} audio and {config.style} style features, not {audio_features.SIZE} and "
                f"{style_features.SIZE}"
            )
        mouth, face = codec_of(codecs, "mouth"), codec_of(codecs, "life")
        predictor = CodePredictor(config, mouth.codebook, face.codebook, face.config.stride)
        predictor.load_state_dict(code_predictor.FILE_NAMES.state(_part(tensors, PREDICTOR)))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise EngineError(f"the weights in {path} do not fit this Mien: {error}; train them again.") from error
    return codecs, predictor.eval()


def _codecs(tensors: dict[str, np.ndarray], sizes: dict[str, dict], path: Path) -> nn.ModuleDict:
    try:
        codecs = nn.ModuleDict({name: Codec(CodecConfig(**sizes[name])) for name in ("mouth", "life")})
        state = codec.FILE_NAMES.state(_part(tensors, CODECS))
        missing, unknown = codecs.load_state_dict(state, strict=False)
        missing = [name for name in missing if not name.endswith(("codebook.counts", "codebook.sums"))]
        if missing or unknown:
            raise ValueError(f"{(missing + unknown)[0]} is missing or unknown")
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise EngineError(f"the weights in {path} do not fit this Mien: {error}; train them again.") from error
    return codecs.eval()


def _codec_tensors(codecs: nn.ModuleDict) -> dict[str, np.ndarray]:
    tensors = _prefixed(codec.FILE_NAMES.tensors(codecs), CODECS)
    return {name: value for name, value in tensors.items() if not name.endswith(TRAINING_ONLY)}


def _prefixed(tensors: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {prefix + name: value for name, value in tensors.items()}


def _part(tensors: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _codec_sizes(codecs: nn.ModuleDict) -> dict[str, dict]:
    return {name: codec_of(codecs, name).config.as_dict() for name in codecs}


def _write(tensors: dict[str, np.ndarray], sizes: dict[str, dict], path: Path, note: dict[str, object]) -> Path:
    return FORMAT.write_tensors(tensors, path, {"shapes": json.dumps(sizes), "note": json.dumps(note)})


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, dict]]:
    tensors, metadata = FORMAT.read(path)
    try:
        return tensors, dict(json.loads(metadata["shapes"]))
    except (KeyError, TypeError, ValueError) as error:
        raise EngineError(f"{path} does not say how large its networks are; train them again.") from error
