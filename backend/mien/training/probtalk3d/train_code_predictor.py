# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains stage 2 on performances and what is heard of them: `mien train performer CORPUS MOTION RUN`.

Stage 1 is frozen. For the mouth the losses are the published ones (docs/probtalk3d.md, *Published system*, 6: to the
true codes' vectors, and to the motion through the frozen decoder, the gradient passing the codes by), and the
cross-entropy of the codes, so that a temperature of 1 draws from what was learnt. The codes of the rest of the face are
learnt by their cross-entropy alone, each step knowing those before it.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from mien.engines.base import Progress
from mien.engines.neural import audio_features, style_features
from mien.engines.neural.motion_space import PARTS
from mien.engines.probtalk3d.code_predictor import Performer, Shape, code_loss, logits
from mien.engines.probtalk3d.weights import load_codecs, save_performer
from mien.training.examples import some
from mien.training.loop import Batch, Plan, fit
from mien.training.model_card import write_card
from mien.training.motion_corpus import held_out
from mien.training.motion_loss import Seen
from mien.training.probtalk3d.dataset import Sounding
from mien.training.speech_corpus.store import read_units

PLAN = Plan(steps=3200, batch=12, decay=0.02)
WEIGHT = {"mouth": 1.0, "vectors": 1.0, "mouth codes": 0.1, "life codes": 1.0}  # of the losses
FORGET = 0.1  # of the steps before are replaced by others in training: a drawn past is not a true one


def train(
    corpus: Path, motion: Path, run: Path, shape: dict[str, float], plan: Plan, threads: int, progress: Progress
) -> Path:
    """Train until plan.steps are done on the codecs of RUN/codec.safetensors; returns the file of all weights, with a
    card beside it. `corpus` is the speech that was performed."""
    torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(plan.seed)
    codecs = load_codecs(run / "codec.safetensors").to(device).requires_grad_(False)
    seen = Seen(PARTS["mouth"]).to(device)
    performer = made(shape, codecs).to(device)
    known = Sounding.read(motion, held_out=False)
    examples = [
        tuple(x.to(device) for x in each)
        for each in some(Sounding.read(motion, held_out=True), 8, plan.batch, plan.frames)
    ]

    def total(batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
        of = losses(performer, codecs, seen, *batch, forget=FORGET)
        return sum(WEIGHT[name] * of[name] for name in of), {name: float(value.detach()) for name, value in of.items()}

    fit(
        "performer", run, performer, plan, lambda first: known.batches(plan.seed, first, plan.batch, plan.frames),
        total, lambda: check(performer, codecs, seen, examples), progress,
    )  # fmt: skip
    weights = save_performer(performer, codecs, run / "performer.safetensors", {"plan": asdict(plan)})
    checked = {name: round(value, 4) for name, value in check(performer, codecs, seen, examples).items()}
    shapes = {name: codec.shape.as_dict() for name, codec in codecs.items()} | {"performer": performer.shape.as_dict()}
    write_card(
        weights, "Weights of ProbTalk3D on the 52 channels: what is heard, a style and emotions to sampled motion.",
        "docs/probtalk3d.md: mien corpus build, corpus perform, train codec, train performer",
        [unit for unit in read_units(corpus) if not held_out(unit)], {"device": device.type, **asdict(plan)},
        checked, shapes,
    )  # fmt: skip
    return weights


def made(shape: dict[str, float], codecs: nn.ModuleDict) -> Performer:
    """A Performer of these sizes for these codecs."""
    whole = Shape(**{"heard": audio_features.SIZE, "told": style_features.SIZE, **shape})
    return Performer(whole, codecs["mouth"].book, codecs["life"].book, codecs["life"].shape.stride)


def losses(
    performer: Performer, codecs: nn.ModuleDict, seen: Seen, motion: torch.Tensor, sound: torch.Tensor,
    style: torch.Tensor, forget: float = 0.0,
) -> dict[str, torch.Tensor]:  # fmt: skip
    """Of motion (B, F, 57), what is heard (B, F, heard.SIZE) and what is told (B, F, told.SIZE)."""
    mouth, life = codecs["mouth"], codecs["life"]
    spoken = motion[..., list(PARTS["mouth"])]
    with torch.no_grad():
        mouth_codes = mouth.book.nearest(mouth.encode(spoken))
        life_codes = life.book.nearest(life.encode(motion[..., list(PARTS["life"])]))
    wanted, now = mouth.book.look_up(mouth_codes), life.book.look_up(life_codes)
    listened = performer.listen(sound, style)
    features = performer.mouth(listened)
    vectors = mouth.book.look_up(mouth.book.nearest(features.detach()))
    straight = features + (vectors - features).detach()
    before = torch.cat([torch.zeros_like(now[:, :1]), now[:, :-1]], 1)
    lived = performer.life(performer.prepare(listened), forgotten(before, forget), now, life.book)
    return {
        "mouth": seen(mouth.decode(straight), spoken),
        "vectors": (features - wanted).abs().mean(),
        "mouth codes": code_loss(logits(features, mouth.book, performer.sharpness[0]), mouth_codes),
        "life codes": code_loss(lived, life_codes),
    }


def forgotten(before: torch.Tensor, share: float) -> torch.Tensor:
    """(B, N, groups, depth) with `share` of the steps taken from another example."""
    if not share:
        return before
    others = before[torch.randperm(len(before), device=before.device)]
    return torch.where(torch.rand(before.shape[:2], device=before.device)[..., None, None] < share, others, before)


def check(
    performer: Performer, codecs: nn.ModuleDict, seen: Seen, examples: list[tuple[torch.Tensor, ...]]
) -> dict[str, float]:
    """Means over what is held out."""
    found: dict[str, float] = {}
    with torch.inference_mode():
        for each in examples:
            for name, value in losses(performer, codecs, seen, *each).items():
                found[name] = found.get(name, 0.0) + float(value) / len(examples)
    return found
