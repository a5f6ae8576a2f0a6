# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains stage 2 on performances and what is heard of them: `mien train performer MOTION RUN`.

Stage 1 is frozen. For the mouth the losses are the published ones (reference section 6: to the true codes' vectors, and
to the motion through the frozen decoder, the gradient passing the codes by), and the cross-entropy of the codes, so
that a temperature of 1 draws from what was learnt. The codes of the rest of the face are learnt by their cross-entropy
alone, each step knowing those before it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from mien.engines.probtalk3d import heard, told
from mien.engines.probtalk3d.loss import PARTS, Seen
from mien.engines.probtalk3d.performer import Performer, Shape, code_loss, logits
from mien.engines.probtalk3d.training_set import Sounding, log
from mien.engines.probtalk3d.weights import load_codecs, save_performer

VECTOR, MOTION, CODE, LIFE_CODE = 1.0, 1.0, 0.1, 1.0  # weights of the losses
FORGET = 0.1  # of the steps before are replaced by others in training: a drawn past is not a true one
COLUMNS = ("step", "minutes", "mouth_mm", "mouth_codes", "life_codes", "held_out_mouth_mm", "held_out_mouth_codes",
           "held_out_life_codes")  # fmt: skip
CHECK, SAVE = 200, 120  # steps; seconds


@dataclass(frozen=True)
class Plan:
    steps: int = 4000
    batch: int = 16
    seconds: float = 8.0
    rate: float = 1e-3
    seed: int = 0

    def rate_at(self, step: int) -> float:
        """Rises over 100 steps, then falls along a cosine."""
        return self.rate * min(1.0, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * step / self.steps)) + 1e-6


def train(
    motion: Path, run: Path, shape: dict[str, float], plan: Plan, threads: int, progress: Callable[[float, str], None]
) -> Path:
    """Train until plan.steps are done on the codecs of RUN/codec.safetensors; returns the file of all weights."""
    torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(plan.seed)
    codecs = load_codecs(run / "codec.safetensors").to(device).requires_grad_(False)
    seen = Seen(PARTS["mouth"]).to(device)
    performer = made(shape, codecs).to(device)
    optimiser = torch.optim.AdamW(performer.parameters(), lr=plan.rate, weight_decay=0.02, betas=(0.9, 0.98))
    step, spent = _resume(run / "performer.pt", performer, optimiser, device)
    frames = round(plan.seconds * 25) // 4 * 4
    batches = Sounding.read(motion, held_out=False).batches(plan.seed, step, plan.batch, frames)
    examples = Sounding.read(motion, held_out=True).some(8, plan.batch, frames)
    examples = [tuple(x.to(device) for x in each) for each in examples]
    began = saved = time.monotonic()
    while step < plan.steps:
        batch = tuple(x.to(device) for x in next(batches))
        for group in optimiser.param_groups:
            group["lr"] = plan.rate_at(step)
        performer.train()
        parts = losses(performer, codecs, seen, *batch, forget=FORGET)
        loss = MOTION * parts["mouth_mm"] + VECTOR * parts["vectors"] + CODE * parts["mouth_codes"]
        loss = loss + LIFE_CODE * parts["life_codes"]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(performer.parameters(), 1.0)
        optimiser.step()
        step += 1
        minutes = (spent + time.monotonic() - began) / 60
        said = {name: round(float(parts[name].detach()), 4) for name in ("mouth_mm", "mouth_codes", "life_codes")}
        progress(step / plan.steps, f"mouth {said['mouth_mm']:.3f} mm, life {said['life_codes']:.3f}")
        row: list[object] = [step, round(minutes, 2), *said.values()]
        if step % CHECK == 0 or step == plan.steps:
            row += check(performer.eval(), codecs, seen, examples)
        if step % 20 == 0 or step == plan.steps:
            log(run / "performer.csv", COLUMNS, row)
        if time.monotonic() - saved > SAVE or step == plan.steps:
            saved = time.monotonic()
            _checkpoint(run / "performer.pt", step, minutes * 60, performer, optimiser)
    note = {"plan": asdict(plan), "steps": step}
    return save_performer(performer, codecs, run / "performer.safetensors", note)


def made(shape: dict[str, float], codecs: nn.ModuleDict) -> Performer:
    """A Performer of these sizes for these codecs."""
    whole = Shape(**{"heard": heard.SIZE, "told": told.SIZE, **shape})
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
    lived = performer.life(performer.prepare(listened), forgotten(before, forget), now)
    return {
        "mouth_mm": seen(mouth.decode(straight), spoken),
        "vectors": (features - wanted).abs().mean(),
        "mouth_codes": code_loss(logits(features, mouth.book, performer.sharpness[0]), mouth_codes),
        "life_codes": code_loss(logits(lived, life.book, performer.sharpness[1]), life_codes),
    }


def forgotten(before: torch.Tensor, share: float) -> torch.Tensor:
    """(B, N, groups, depth) with `share` of the steps taken from another example."""
    if not share:
        return before
    others = before[torch.randperm(len(before), device=before.device)]
    return torch.where(torch.rand(before.shape[:2], device=before.device)[..., None, None] < share, others, before)


def check(performer: Performer, codecs: nn.ModuleDict, seen: Seen, examples: list[tuple[torch.Tensor, ...]]) -> list:
    """Means over what is held out."""
    totals: dict[str, float] = {}
    with torch.inference_mode():
        for each in examples:
            for name, value in losses(performer, codecs, seen, *each).items():
                totals[name] = totals.get(name, 0.0) + float(value) / len(examples)
    return [round(totals[name], 4) for name in ("mouth_mm", "mouth_codes", "life_codes")] if totals else []


def _checkpoint(path: Path, step: int, spent: float, performer: Performer, optimiser: torch.optim.Optimizer) -> None:
    part = path.with_suffix(".part")
    state = {"step": step, "spent": spent, "performer": performer.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save(state, part)
    part.replace(path)


def _resume(
    path: Path, performer: Performer, optimiser: torch.optim.Optimizer, device: torch.device
) -> tuple[int, float]:
    """(step, seconds spent) of the last checkpoint, which is loaded; (0, 0) without one."""
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, map_location=device, weights_only=True)
    performer.load_state_dict(state["performer"])
    optimiser.load_state_dict(state["optimiser"])
    return state["step"], state["spent"]
