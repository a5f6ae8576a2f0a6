# SPDX-License-Identifier: GPL-3.0-or-later
"""A download of ProbTalk3D with small random weights, and a data folder that holds it and a made-up FLAME."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import flame
import numpy as np
import probtalk3d
import torch
from mien.engines.probtalk3d_published.hubert import read_config
from mien.engines.probtalk3d_published.motion_prior import MotionPrior
from mien.engines.probtalk3d_published.network import PublishedNetwork
from mien.files.card import new_card, write_with_card
from mien.heads import flame as flame_head
from mien.heads.flame import Flame
from mien.heads.flame_import import CLOSED_LICENCE

SIZES = {"latent_dim": 16, "num_layers": 2, "num_heads": 4, "intermediate_size": 24, "quant_factor": 0}
PRIOR = {"motion_encoder": SIZES, "motion_decoder": SIZES, "n_embed": 12, "zquant_dim": 8}
STAGE_1 = {"nfeats": 53, **PRIOR}
STAGE_2 = {
    "nfeats": 53, "one_hot_dim": [32, 8, 3], "video_framerate": 25, "feature_predictor": SIZES, "motion_prior": PRIOR
}  # fmt: skip
OLD = {"original0": "weight_g", "original1": "weight_v"}


def prior() -> MotionPrior:
    torch.manual_seed(0)
    return MotionPrior(probtalk3d.PRIOR).eval()


def model(config: Path) -> PublishedNetwork:
    """`config`: a HuBERT's config.json or its folder, of probtalk3d.HUBERT."""
    made = PublishedNetwork(read_config(config), dataclasses.replace(probtalk3d.PREDICTOR, audio=32), prior()).eval()
    made.motion_prior.quantize.embedding.weight.data.normal_()
    return made


def weights(net: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Its weights under the names of the published ones, with what else lies there."""
    named = {}
    for name, tensor in net.state_dict().items():
        layer, found, last = name.partition(".parametrizations.weight.")
        named[f"{layer}.{OLD[last]}" if found else name] = tensor
    named["motion_encoder.encoder_pos_embedding.pe"] = torch.zeros(5000, 1, 16)
    named["_losses.losses_train.total"] = torch.tensor(3.0)
    if isinstance(net, PublishedNetwork):
        named["motion_prior._losses.losses_val.total"] = torch.tensor(3.0)
        named["feature_extractor.audiomodel.masked_spec_embed"] = torch.zeros(16)
    return named


def saved(path: Path, named: dict[str, torch.Tensor], settings: dict) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": named, "hyper_parameters": settings}, path)
    return path


def download(folder: Path) -> Path:
    """As it is unpacked: both stages, and a configuration of its small HuBERT beside stage 2."""
    checkpoint = folder / "stage_2" / "lightning_logs" / "version_0" / "checkpoints" / "last.ckpt"
    checkpoint.parent.mkdir(parents=True)
    (checkpoint.parent / "config.json").write_text(json.dumps(probtalk3d.HUBERT))
    saved(checkpoint, weights(model(checkpoint.parent)), STAGE_2)
    first = folder / "stage_1" / "lightning_logs" / "version_0" / "checkpoints" / "epoch=3.ckpt"
    saved(first, weights(prior()), STAGE_1)
    return checkpoint


def import_flame(data_folder: Path, made: Flame | None = None) -> Flame:
    """A made-up FLAME laid on Mien's head, as an import leaves it."""
    made = made or flame.on_head()
    tensors = {name: getattr(made, name) for name in (*flame_head.TENSORS, *flame_head.LANDMARK_TENSORS)}
    tensors = {
        name: array.astype(np.int32 if array.dtype.kind == "i" else np.float32) for name, array in tensors.items()
    }
    metadata = {"format": flame_head.FORMAT, "format_version": flame_head.VERSION, "licence": CLOSED_LICENCE.name}
    path = data_folder / flame_head.FLAME_FOLDER / flame_head.FILE
    write_with_card(path, tensors, metadata, new_card("somebody", {}, CLOSED_LICENCE))
    return flame_head.read_flame(path.parent)
