# SPDX-License-Identifier: GPL-3.0-or-later
"""Audio features of ProbTalk3D as published: a sound prepared for HuBERT (Hsu et al. 2021), its output at 25 fps.

The network itself is that of `transformers`, an optional package (the extra `hubert`); nothing is downloaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from mien.audio.speech import RATE
from mien.engines.base import EngineError

if TYPE_CHECKING:
    from transformers import HubertConfig

SHORTEST = 1360  # samples that give the four frames of 20 ms which two of 40 ms are made of
EPSILON = 1e-5  # added to the variance; later versions of the same processor add 1e-7

# of a Hugging Face config.json, what shapes the network and cannot be seen in its weights or must agree with them
FIELDS = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
    "layer_norm_eps",
    "conv_dim",
    "conv_kernel",
    "conv_stride",
    "conv_bias",
    "feat_extract_norm",
    "feat_extract_activation",
    "num_conv_pos_embeddings",
    "num_conv_pos_embedding_groups",
    "do_stable_layer_norm",
)


def prepare(samples: np.ndarray) -> torch.Tensor:
    """(N,) samples at 16 kHz -> (1, N) float32: stretched to [-1, 1], then mean 0 and variance 1. A constant sound
    becomes zeros. EngineError for one that is too short to move a face."""
    if len(samples) < SHORTEST:
        raise EngineError(
            f"the sound lasts {len(samples) / RATE:.3f} s; ProbTalk3D needs at least {SHORTEST / RATE:.3f} s."
        )
    low, high = samples.min(), samples.max()
    stretched = (samples - low) * (2 / ((high - low) or 1)) - 1
    normal = (stretched - stretched.mean()) / np.sqrt(stretched.var() + EPSILON)
    return torch.from_numpy(normal.astype(np.float32))[None]


def pair_frames(hidden: torch.Tensor) -> torch.Tensor:
    """(B, Ts, H) at 50 fps -> (B, Ts // 2, 2 H) at 25 fps: neighbours side by side, an odd last frame left out."""
    frames = hidden.shape[1] // 2
    return hidden[:, : 2 * frames].reshape(len(hidden), frames, -1)


def read_config(path: Path | None) -> HubertConfig:
    """The sizes of a HuBERT from a Hugging Face config.json or the folder it lies in; None is the base model's.

    EngineError when `transformers` or the file is missing or says something else.
    """
    if path is None:
        return config_of({})
    path = path / "config.json" if path.is_dir() else path
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise EngineError(f"the HuBERT configuration {path} cannot be read: {error}.") from error
    if not isinstance(read, dict) or read.get("model_type") != "hubert":
        raise EngineError(f"{path} is no configuration of a HuBERT; name its config.json or the folder of it.")
    return config_of(read)


def config_of(fields: Mapping[str, object]) -> HubertConfig:
    """FIELDS of a config.json; what is not there is the base model's. EngineError as above."""
    try:
        from transformers import HubertConfig
    except ImportError as error:
        raise EngineError(
            f"ProbTalk3D hears through the package transformers, which does not load ({error}). Install it with "
            "`pip install 'mien[hubert]'`."
        ) from error
    # masks and skipped layers are for training; without them the network has no mask embedding
    known: dict[str, Any] = {"mask_time_prob": 0.0, "mask_feature_prob": 0.0}
    known |= {name: fields[name] for name in FIELDS if name in fields}
    try:
        return HubertConfig(**known)
    except Exception as error:  # transformers checks the fields with errors of several libraries
        raise EngineError(f"this HuBERT configuration is refused by transformers: {error}") from error


def fields_of(config: HubertConfig) -> dict[str, object]:
    """What config_of makes the same of."""
    return {name: getattr(config, name) for name in FIELDS}


class Hubert(nn.Module):
    """(1, N) prepared samples -> the last hidden state (1, Ts, H), Ts = (N - 400) // 320 + 1 with the usual strides."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        from transformers import HubertModel

        try:
            self.audiomodel = HubertModel(config)
        except (ValueError, TypeError, IndexError) as error:  # sizes that do not fit together
            raise EngineError(f"transformers cannot build a HuBERT of this configuration: {error}") from error

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        return self.audiomodel(samples).last_hidden_state


def current_names(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights under the names of today's PyTorch, where a weight-normed layer keeps magnitude and direction apart."""
    new = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}

    def name(key: str) -> str:
        layer, _, last = key.rpartition(".")
        return f"{layer}.{new[last]}" if last in new else key

    return {name(key): tensor for key, tensor in weights.items()}
