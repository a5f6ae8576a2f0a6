# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains stage 2 of ProbTalk3D on performances and their audio features: `mien train performer CORPUS MOTION RUN`.

Stage 1 is frozen. The losses of the mouth are the published ones (docs/probtalk3d.md, *Published system*, 6: the
distance to the true codes' vectors, and to the motion through the frozen decoder with a straight-through gradient), and
the cross-entropy of the codes, so that sampling at temperature 1 draws from what was learnt. The codes of the rest of
the face are learnt by their cross-entropy alone, autoregressively.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from mien.engines.base import Progress
from mien.engines.neural import audio_features, style_features
from mien.engines.neural.motion_space import PARTS
from mien.engines.probtalk3d import code_predictor
from mien.engines.probtalk3d.code_predictor import CodePredictor, PredictorConfig, code_loss, logits
from mien.engines.probtalk3d.codec import codec_of
from mien.engines.probtalk3d.weights import load_all, load_codecs, save_predictor
from mien.training.examples import held_out_batches
from mien.training.initial_weights import digest_of, load_into
from mien.training.loop import Batch, Training, TrainingConfig, mean_losses, run_training, set_up_torch
from mien.training.model_card import corpus_data, write_card
from mien.training.motion_loss import MotionLoss
from mien.training.probtalk3d.dataset import AudioMotionDataset

CONFIG = TrainingConfig(steps=3200, batch=12, decay=0.02)
WEIGHTS = {"mouth": 1.0, "vectors": 1.0, "mouth codes": 0.1, "life codes": 1.0}  # of the losses
FORGET = 0.1  # of the previous codes are replaced in training, as sampled ones are not always the true ones


def train(
    corpus: Path, motion: Path, run: Path, shape: dict[str, float], config: TrainingConfig, threads: int,
    progress: Progress, initial: Path | None = None,
) -> Path:  # fmt: skip
    """Train the code predictor on the codecs of RUN/codec.safetensors, from that of the weights `initial` where they
    are given; returns the weights file of both, with a card beside it. `motion` are the performances of the speech
    corpus `corpus`."""
    device = set_up_torch(config.seed, threads)
    codecs = load_codecs(run / "codec.safetensors").to(device).requires_grad_(False)
    mouth_loss = MotionLoss(PARTS["mouth"]).to(device)
    predictor = new_predictor(shape, codecs).to(device)
    if initial is not None:
        load_into(predictor, load_all(initial)[1], initial)
    known = AudioMotionDataset.read(motion, held_out=False)
    held_out = held_out_batches(AudioMotionDataset.read(motion, held_out=True), config.batch, config.frames, device)

    def evaluate() -> dict[str, float]:
        return mean_losses(held_out, lambda batch: losses_of(predictor, codecs, mouth_loss, batch))

    def losses(batch: Batch, step: int) -> dict[str, torch.Tensor]:
        return losses_of(predictor, codecs, mouth_loss, batch, forget=FORGET)

    training = Training(
        "performer", predictor, lambda first: known.batches(config.seed, first, config.batch, config.frames), losses,
        evaluate, WEIGHTS, file_names=code_predictor.FILE_NAMES.modules,
        settings={"shape": predictor.config.as_dict(), "initial": digest_of(initial)},
    )  # fmt: skip
    run_training(training, config, run, progress)
    note = {"plan": asdict(config), "initial": digest_of(initial)}
    weights = save_predictor(predictor, codecs, run / "performer.safetensors", note)
    shapes = {name: codec_of(codecs, name).config.as_dict() for name in codecs}
    shapes |= {"performer": predictor.config.as_dict()}
    write_card(
        weights, "Weights of ProbTalk3D on the 52 channels: what is heard, a style and emotions to sampled motion.",
        "docs/probtalk3d.md: mien corpus build, corpus perform, train codec, train performer",
        corpus_data(corpus),
        {"device": device.type, "initial": digest_of(initial), **asdict(config)},
        evaluate(), shapes,
    )  # fmt: skip
    return weights


def new_predictor(shape: dict[str, float], codecs: nn.ModuleDict) -> CodePredictor:
    """A code predictor for these codecs, of the default sizes where `shape` has no others."""
    whole = PredictorConfig.from_dict({"heard": audio_features.SIZE, "told": style_features.SIZE, **shape})
    mouth, nonverbal = codec_of(codecs, "mouth"), codec_of(codecs, "life")
    return CodePredictor(whole, mouth.codebook, nonverbal.codebook, nonverbal.config.stride)


def losses_of(
    predictor: CodePredictor, codecs: nn.ModuleDict, mouth_loss: MotionLoss, batch: Batch, forget: float = 0.0
) -> dict[str, torch.Tensor]:
    """The four losses, by the names of WEIGHTS, of a batch: motion (B, F, 57), audio features (B, F,
    audio_features.SIZE), style features (B, F, style_features.SIZE)."""
    motion, audio, style = batch
    mouth, nonverbal = codec_of(codecs, "mouth"), codec_of(codecs, "life")
    mouth_motion = motion[..., list(PARTS["mouth"])]
    with torch.no_grad():
        mouth_codes = mouth.codebook.nearest(mouth.encode(mouth_motion))
        nonverbal_codes = nonverbal.codebook.nearest(nonverbal.encode(motion[..., list(PARTS["life"])]))
    mouth_targets, nonverbal_vectors = mouth.codebook.look_up(mouth_codes), nonverbal.codebook.look_up(nonverbal_codes)
    conditions = predictor.encode_audio(audio, style)
    features = predictor.mouth_features(conditions)
    vectors = mouth.codebook.look_up(mouth.codebook.nearest(features.detach()))
    quantised = features + (vectors - features).detach()  # straight-through gradient
    previous = torch.cat([torch.zeros_like(nonverbal_vectors[:, :1]), nonverbal_vectors[:, :-1]], 1)
    prepared = predictor.face_features(conditions)
    nonverbal_logits = predictor.face_logits(
        prepared, forgotten(previous, forget), nonverbal_vectors, nonverbal.codebook
    )
    return {
        "mouth": mouth_loss(mouth.decode(quantised), mouth_motion),
        "vectors": (features - mouth_targets).abs().mean(),
        "mouth codes": code_loss(logits(features, mouth.codebook, predictor.sharpness[0]), mouth_codes),
        "life codes": code_loss(nonverbal_logits, nonverbal_codes),
    }


def forgotten(previous: torch.Tensor, share: float) -> torch.Tensor:
    """(B, N, groups, depth) with `share` of the steps taken from another example."""
    if not share:
        return previous
    others = previous[torch.randperm(len(previous), device=previous.device)]
    replaced = torch.rand(previous.shape[:2], device=previous.device)[..., None, None] < share
    return torch.where(replaced, others, previous)
