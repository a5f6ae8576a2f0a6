# SPDX-License-Identifier: GPL-3.0-or-later
"""The published weights of ProbTalk3D in the user's data folder: converted once from the checkpoint, then read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from mien.engines.base import EngineError, Progress, no_progress
from mien.engines.probtalk3d_published import FILE
from mien.engines.probtalk3d_published.blocks import TransformerConfig
from mien.engines.probtalk3d_published.code_predictor import PredictorConfig
from mien.engines.probtalk3d_published.hubert import config_of, fields_of
from mien.engines.probtalk3d_published.licence import LICENCE
from mien.engines.probtalk3d_published.motion_prior import MotionPrior, PriorConfig
from mien.engines.probtalk3d_published.network import PublishedNetwork, read_stage_2, with_weights
from mien.files.card import card_path, imported_before, new_card, write_with_card
from mien.files.digest import sha256_of
from mien.files.safetensors import read_tensors

FORMAT, VERSION = "mien.probtalk3d.published", "1"
AGAIN = "import them again."


def import_weights(
    checkpoint: Path, folder: Path, config: Path | None = None, progress: Progress = no_progress
) -> tuple[Path, bool]:
    """Convert a published stage-2 checkpoint into `folder`, which is made: (the converted file, whether it is new).
    The same checkpoint again changes nothing. `config` as read_stage_2's `hubert`.

    The caller has shown LICENCE and it was accepted. EngineError, in words, for what is no such checkpoint, and then
    nothing is written and what was imported before is as it was; OSError is left alone.
    """
    progress(0.0, "checking the file")
    files = [checkpoint] if config is None else [checkpoint, config]
    sources = {path.name: sha256_of(path) for path in files}
    if imported_before(folder / FILE, sources.values()):
        return folder / FILE, False
    progress(0.3, "reading the weights")
    net = read_stage_2(checkpoint, config)
    sizes = {
        "hubert": fields_of(net.hubert_config),
        "predictor": asdict(net.config),
        "prior": asdict(net.motion_prior.config),
    }
    metadata = {
        "format": FORMAT,
        "format_version": VERSION,
        "licence": LICENCE.name,
        "sizes": json.dumps(sizes, sort_keys=True),
    }
    progress(0.6, "writing the weights")
    weights = {name: tensor.numpy() for name, tensor in net.state_dict().items()}
    return write_with_card(folder / FILE, weights, metadata, new_card("probtalk3d-published", sources, LICENCE)), True


def read_weights(folder: Path) -> PublishedNetwork:
    """The network that was imported into this folder, ready to use. EngineError, in words, when it is damaged."""
    path = folder / FILE
    try:
        # bytes that may be written to: torch takes them as they are
        data = bytearray(path.stat().st_size)
        with path.open("rb") as file:
            file.readinto(data)
        card = json.loads(card_path(path).read_text("utf-8"))
        tensors, metadata = read_tensors(data, dtypes=("F32",))  # pyright: ignore[reportArgumentType]  (reads as bytes do)
        expected, sizes = card["sha256"], json.loads(metadata["sizes"])
        build = _builder(sizes)
    except EngineError:  # of HuBERT's package
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EngineError(f"the imported weights of ProbTalk3D in {folder} are damaged ({error}); {AGAIN}") from error
    known = (metadata.get("format"), metadata.get("format_version")) == (FORMAT, VERSION)
    if not known or hashlib.sha256(data).hexdigest() != expected:
        raise EngineError(f"the imported weights of ProbTalk3D in {folder} are not what their card describes; {AGAIN}")
    return with_weights(build, {name: torch.from_numpy(array) for name, array in tensors.items()}, path.name)


def _builder(sizes: dict) -> Callable[[], PublishedNetwork]:
    config = config_of(sizes["hubert"])
    transformer = TransformerConfig(**sizes["predictor"]["transformer"])
    predictor = PredictorConfig(**{**sizes["predictor"], "transformer": transformer})
    parts = {name: TransformerConfig(**sizes["prior"][name]) for name in ("encoder", "decoder")}
    prior = PriorConfig(**{**sizes["prior"], **parts})
    return lambda: PublishedNetwork(config, predictor, MotionPrior(prior))
