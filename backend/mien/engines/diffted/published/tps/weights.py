# SPDX-License-Identifier: GPL-3.0-or-later
"""The motion model's weights in the user's data folder: converted once from a published checkpoint, then read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch

from mien.engines.base import EngineError, Progress, no_progress
from mien.engines.diffted.published.tps.key_points import GROUP
from mien.engines.diffted.published.tps.licence import LICENCE
from mien.engines.diffted.published.tps.network import MotionModel, Sizes
from mien.files.card import card_path, imported_before, new_card, write_with_card
from mien.files.checkpoint import CheckpointError, read_networks
from mien.files.digest import sha256_of
from mien.files.safetensors import read_tensors

FORMAT, VERSION = "mien.tps", "1"
NEEDED = ("inpainting_network", "kp_detector", "dense_motion_network")
OPTIONAL = ("bg_predictor", "avd_network")
SIDE, TED_SIDE = 256, 384  # pixels of the pictures that a network was trained on
LARGEST = 16_384  # width of a layer; the published ones are up to 1024
AGAIN = "import them again."
COUNTER = "num_batches_tracked"  # of the training; no number of it matters here


def import_weights(checkpoint: Path, target: Path, progress: Progress = no_progress) -> tuple[Path, bool]:
    """Convert a published checkpoint into `target`: (it, whether it is new). The same checkpoint again changes nothing.

    The caller has shown LICENCE and it was accepted. EngineError, in words, for what is no such checkpoint, and then
    nothing is written and what was imported before is as it was; OSError is left alone.
    """
    progress(0.0, "checking the file")
    sources = {checkpoint.name: sha256_of(checkpoint)}
    if imported_before(target, sources.values()):
        return target, False
    progress(0.3, "reading the weights")
    model = read_published(checkpoint)
    metadata = {
        "format": FORMAT,
        "format_version": VERSION,
        "licence": LICENCE.name,
        "side": str(TED_SIDE if target.stem.startswith("ted") else SIDE),
        "sizes": json.dumps(asdict(model.sizes), sort_keys=True),
    }
    progress(0.6, "writing the weights")
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items() if not name.endswith(COUNTER)}
    return write_with_card(target, weights, metadata, new_card(f"tps {target.stem}", sources, LICENCE)), True


def read_published(checkpoint: Path) -> MotionModel:
    """The model of a published checkpoint, ready to use. EngineError, in words, for anything else."""
    try:
        networks = read_networks(checkpoint, NEEDED, OPTIONAL)
    except (CheckpointError, OSError) as error:
        raise EngineError(f"the checkpoint {checkpoint} cannot be read: {error}") from error
    weights = {f"{network}.{key}": tensor for network, state in networks.items() for key, tensor in state.items()}
    return _with_weights(sizes_of(weights, checkpoint.name), weights, checkpoint.name)


def read_weights(path: Path) -> tuple[MotionModel, int]:
    """The model that was imported into this file, ready to use, and the side in pixels of the pictures it was trained
    on. EngineError, in words, when it is damaged."""
    try:
        data = bytearray(path.stat().st_size)  # bytes that may be written to: torch takes them as they are
        with path.open("rb") as file:
            file.readinto(data)
        card = json.loads(card_path(path).read_text("utf-8"))
        tensors, metadata = read_tensors(data, dtypes=("F32",))  # pyright: ignore[reportArgumentType]  (reads as bytes do)
        expected, side, fields = card["sha256"], int(metadata["side"]), json.loads(metadata["sizes"])
        sizes = Sizes(**{**fields, "avatar": tuple(fields["avatar"]) if fields["avatar"] else None})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EngineError(f"the motion model's weights {path} are damaged ({error}); {AGAIN}") from error
    known = (metadata.get("format"), metadata.get("format_version")) == (FORMAT, VERSION)
    if not known or hashlib.sha256(data).hexdigest() != expected:
        raise EngineError(f"the motion model's weights {path} are not what their card describes; {AGAIN}")
    return _with_weights(sizes, {name: torch.from_numpy(array) for name, array in tensors.items()}, path.name), side


def sizes_of(weights: Mapping[str, torch.Tensor], name: str) -> Sizes:
    """The sizes of the networks that these weights are of, which no checkpoint says. EngineError where the weights that
    show them are missing or misshapen; `name` stands for the file in messages."""

    def length(key: str) -> int:
        shape = weights[key].shape if key in weights else ()
        if not shape:
            raise EngineError(f"{name} lacks {key!r}: it is no checkpoint of the Thin-Plate-Spline motion model.")
        if not 1 <= shape[0] <= LARGEST:
            raise EngineError(f"{name}: {key!r} is {shape[0]} wide; expected 1 to {LARGEST}.")
        return shape[0]

    numbers = length("kp_detector.fg_encoder.fc.weight")
    if numbers % (2 * GROUP):
        raise EngineError(f"{name} finds {numbers / 2:g} key points; the motion model has groups of {GROUP}.")
    width, most = length("inpainting_network.first.conv.weight"), length("inpainting_network.resblock.0.conv1.weight")
    if most != 8 * width:
        raise EngineError(f"{name} draws with {most} channels and not eight times {width}; another model made it.")
    avatar = None
    if any(key.startswith("avd_network.") for key in weights):
        avatar = length("avd_network.id_encoder.9.weight"), length("avd_network.pose_encoder.9.weight")
    return Sizes(
        groups=numbers // (2 * GROUP),
        resnet_width=length("kp_detector.fg_encoder.conv1.weight"),
        motion_width=length("dense_motion_network.hourglass.decoder.up_blocks.4.conv.weight"),
        motion_most=length("dense_motion_network.hourglass.encoder.down_blocks.4.conv.weight"),
        drawing_width=width,
        drawing_most=most,
        background=any(key.startswith("bg_predictor.") for key in weights),
        avatar=avatar,
    )


def _with_weights(sizes: Sizes, weights: Mapping[str, torch.Tensor], name: str) -> MotionModel:
    """The model with these weights and no others, in evaluation mode. It is built without memory first, so that a file
    that does not fit costs nothing. EngineError where it does not fit."""
    with torch.device("meta"):
        model = MotionModel(sizes)
    expected = model.state_dict()
    given = {key: tensor for key, tensor in weights.items() if not key.endswith(COUNTER)}
    needed = {key for key in expected if not key.endswith(COUNTER)}
    for what, keys in (
        ("lacks", needed - given.keys()),
        ("has the unknown", given.keys() - needed),
        ("has other shapes of", {key for key in needed & given.keys() if given[key].shape != expected[key].shape}),
        ("has weights that are no numbers in", {key for key in given if not torch.isfinite(given[key]).all()}),
    ):
        if keys:
            raise EngineError(f"{name} {what} {_first_few(keys)}: it is no sound checkpoint of the motion model.")
    counters = {key: torch.zeros(()) for key in expected if key.endswith(COUNTER)}
    model.load_state_dict({**{key: tensor.float() for key, tensor in given.items()}, **counters}, assign=True)
    return model.eval()


def _first_few(keys: set[str]) -> str:
    first = ", ".join(repr(key[:100]) for key in sorted(keys)[:3])
    return first if len(keys) <= 3 else f"{first} and {len(keys) - 3} more"
