# SPDX-License-Identifier: GPL-3.0-or-later
"""ProbTalk3D as published: from the user's own checkpoint, and from a sound and a style to motion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
from torch import nn

from mien.engines.base import EngineError
from mien.engines.probtalk3d_published.blocks import TransformerConfig
from mien.engines.probtalk3d_published.code_predictor import Predictor, PredictorConfig
from mien.engines.probtalk3d_published.flame_motion import CHANNELS, FPS
from mien.engines.probtalk3d_published.hubert import Hubert, current_names, pair_frames, prepare, read_config
from mien.engines.probtalk3d_published.motion_prior import MotionPrior, PriorConfig
from mien.engines.probtalk3d_published.quantiser import Choose
from mien.engines.probtalk3d_published.style_labels import SIZES
from mien.files.checkpoint import Checkpoint, CheckpointError, read_checkpoint

if TYPE_CHECKING:
    from transformers import HubertConfig

Net = TypeVar("Net", bound=nn.Module)

LARGEST = {"layers": 100, "size": 16384}  # what a setting may ask for; the published ones are 12 and 384


class PublishedNetwork(Predictor):
    """The audio model, the predictor and the prior under the names of the published weights."""

    def __init__(self, hubert_config: HubertConfig, config: PredictorConfig, prior: MotionPrior) -> None:
        super().__init__(config, prior)
        self.hubert_config, self.config = hubert_config, config
        self.feature_extractor = Hubert(hubert_config)

    def encode_audio(self, samples: np.ndarray) -> torch.Tensor:
        """(N,) samples at 16 kHz -> (1, T, audio) at 25 fps, T = ((N - 400) // 320 + 1) // 2"""
        device = self.motion_prior.quantize.embedding.weight.device
        return pair_frames(self.feature_extractor(prepare(samples).to(device)))

    @torch.inference_mode()
    def generate(self, samples: np.ndarray, style: torch.Tensor, choose: Choose | None = None) -> np.ndarray:
        """(N,) samples of a whole clip and a style (1, 43) -> (T, 53) scaled motion at 25 fps (flame_motion.py).

        The published numbers come of whole clips alone: audio features, norms, attention and codes depend on all of it.
        """
        audio = self.encode_audio(samples)
        motion, _ = self(audio, style.to(audio.device), choose)
        return motion[0].cpu().numpy()


def read_prior(path: Path) -> MotionPrior:
    """The motion prior of a published stage-1 checkpoint, ready to use. EngineError, in words, if it is none."""
    checkpoint = _read(path)
    settings = _Settings(path.name, checkpoint.settings)
    config = _prior_config(settings, settings.number("nfeats"))
    return with_weights(lambda: MotionPrior(config), checkpoint.weights, path.name)


def read_stage_2(path: Path, hubert: Path | None = None) -> PublishedNetwork:
    """The model of a published stage-2 checkpoint, which holds its prior and its own HuBERT, ready to use.

    `hubert` is a Hugging Face config.json (or its folder) when the audio model is not as large as HuBERT base: the
    checkpoint only names it. EngineError, in words, for anything else than a published stage 2.
    """
    checkpoint = _read(path)
    settings = _Settings(path.name, checkpoint.settings)
    hubert_config = read_config(hubert)
    if settings.value("one_hot_dim") != list(SIZES) or settings.number("video_framerate") != FPS:
        raise EngineError(
            f"{path.name} was trained for other speakers, emotions or frame rates than the published ProbTalk3D "
            f"({SIZES} at {FPS} fps); their names are not in the file, so it cannot be used."
        )
    prior = _prior_config(settings.below("motion_prior"), settings.number("nfeats"))
    transformer = _transformer_config(settings.below("feature_predictor"))
    if transformer.width != prior.encoder.width:
        raise EngineError(f"{path.name}: its predictor is {transformer.width} wide, its prior {prior.encoder.width}.")
    config = PredictorConfig(2 * hubert_config.hidden_size, sum(SIZES), transformer)
    hint = "" if hubert else " If its audio model is not HuBERT base, give that model's config.json."
    weights = current_names(checkpoint.weights)
    return with_weights(lambda: PublishedNetwork(hubert_config, config, MotionPrior(prior)), weights, path.name, hint)


def _read(path: Path) -> Checkpoint:
    try:
        return read_checkpoint(path)
    except (CheckpointError, OSError) as error:
        raise EngineError(f"the checkpoint {path} cannot be read: {error}") from error


def _prior_config(settings: _Settings, channels: int) -> PriorConfig:
    if channels != CHANNELS:
        raise EngineError(f"{settings.name} moves {channels} numbers a frame; the published ProbTalk3D {CHANNELS}.")
    config = PriorConfig(
        channels=channels,
        encoder=_transformer_config(settings.below("motion_encoder")),
        decoder=_transformer_config(settings.below("motion_decoder")),
        codes=settings.number("n_embed"),
        code_width=settings.number("zquant_dim"),
    )
    if config.encoder.width != config.decoder.width or config.encoder.width % config.code_width:
        raise EngineError(
            f"{settings.name}: an encoder {config.encoder.width} wide, a decoder {config.decoder.width} wide and codes "
            f"of {config.code_width} numbers do not fit together."
        )
    return config


def _transformer_config(settings: _Settings) -> TransformerConfig:
    if settings.value("quant_factor") != 0:
        raise EngineError(
            f"{settings.name} says quant_factor is {settings.value('quant_factor')!r}; the published ProbTalk3D has 0."
        )
    config = TransformerConfig(
        width=settings.number("latent_dim"),
        layers=settings.number("num_layers", LARGEST["layers"]),
        heads=settings.number("num_heads"),
        hidden=settings.number("intermediate_size"),
    )
    if config.width % config.heads:
        raise EngineError(f"{settings.name}: {config.heads} heads do not divide a width of {config.width}.")
    return config


class _Settings:
    """Values of a checkpoint's settings, each refused by its name if it is missing or no sensible number."""

    def __init__(self, name: str, values: dict[str, object]) -> None:
        self.name, self.values = name, values

    def value(self, key: str) -> object:
        if key not in self.values:
            raise EngineError(f"{self.name} does not say {key}: it is no checkpoint of ProbTalk3D, or another stage's.")
        return self.values[key]

    def number(self, key: str, most: int = LARGEST["size"]) -> int:
        value = self.value(key)
        if type(value) is not int or not 1 <= value <= most:
            raise EngineError(f"{self.name} says {key} is {str(value)[:40]!r}; expected a whole number up to {most}.")
        return value

    def below(self, key: str) -> _Settings:
        value = self.value(key)
        if not isinstance(value, dict):
            raise EngineError(f"{self.name} says {key} is no set of values; the file is damaged.")
        return _Settings(f"{self.name}, {key}", value)


def with_weights(build: Callable[[], Net], weights: dict[str, torch.Tensor], name: str, hint: str = "") -> Net:
    """The network that `build` makes with these weights and no others, in evaluation mode. It is built without memory
    first, so that settings which do not fit the weights cost nothing. EngineError where they do not fit."""
    weights = {
        key: tensor.float()
        for key, tensor in weights.items()
        if not (key.endswith((".pe", ".masked_spec_embed")) or "_losses." in key)
    }
    with torch.device("meta"):
        net = build()
    expected = net.state_dict()
    for what, keys in (
        ("lacks", expected.keys() - weights.keys()),
        ("has the unknown", weights.keys() - expected.keys()),
    ):
        if keys:
            listed = _first_few(keys)
            raise EngineError(f"{name} {what} {listed}: it is no checkpoint of this stage of ProbTalk3D.{hint}")
    misshapen = {key for key, tensor in weights.items() if tensor.shape != expected[key].shape}
    if misshapen:
        raise EngineError(f"{name}: {_first_few(misshapen)} of other shapes than the settings ask for.{hint}")
    broken = {key for key, tensor in weights.items() if not torch.isfinite(tensor).all()}
    if broken:
        raise EngineError(f"{name}: {_first_few(broken)} with weights that are no numbers; its training went astray.")
    net.load_state_dict(weights, assign=True)
    return net.eval()


def _first_few(keys: set[str]) -> str:
    first = ", ".join(repr(key[:100]) for key in sorted(keys)[:3])
    return first if len(keys) <= 3 else f"{first} and {len(keys) - 3} more"
