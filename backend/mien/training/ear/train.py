# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the ear on a corpus: `mien train ear CORPUS RUN`.

Frame-wise cross-entropy over the sounds and binary cross-entropy over the flags. The times that neural voices give for
their phones jitter, which costs more than anything else; so after a quarter of the steps the network itself, by then
taught by the voices whose times are exact, lays the known phones of the neural voices over their sound again
(`realignment.py`), and training goes on with those. What is kept is the running mean of the weights.

A run can be stopped at any time and goes on from its last checkpoint. RUN/log.csv can be plotted while it runs.
"""

from __future__ import annotations

import csv
import itertools
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from mien.settings import SettingsError
from mien.speech_analysis.inventory import FOLD, SOUNDS
from mien.speech_analysis.network.features import log_mel, padded
from mien.speech_analysis.network.model import Network, Shape, flags_of
from mien.speech_analysis.network.weights import save
from mien.speech_analysis.track import INDEX
from mien.speech_analysis.viseme_groups import GROUP
from mien.training.ear.dataset import Batches, Material
from mien.training.ear.realignment import realign
from mien.training.model_card import write_card

COLUMNS = ("step", "minutes", "rate", "loss", "sounds", "flags")
CHECKED = ("held_out_loss", "held_out_sound", "held_out_viseme", "held_out_closure_f1")
FLAG_WEIGHT = 0.5
RARE = 0.25  # a sound's weight is its frequency to the power of minus this
CHECK = 250  # steps between two looks at the held-out voices
SAVE = 120  # seconds between two checkpoints


@dataclass(frozen=True)
class Plan:
    """How long and how fast. 4,700 steps of 64 s are 84 hours of sound."""

    steps: int = 4700
    batch: int = 16
    seconds: float = 4.0
    rate: float = 2e-3
    decay: float = 0.02
    warm: int = 150  # steps
    mean: float = 0.998  # of the running mean of the weights
    bands: int = 12  # of mel that are hidden at most, twice
    realign: float = 0.25  # after this share of the steps
    calm: float = 0.15  # the last share of the steps, in which nothing is hidden or dropped
    seed: int = 0
    without: tuple[str, ...] = ()  # engines left out, as held-out truth

    def rate_at(self, step: int) -> float:
        """Rises, then falls along a cosine."""
        if step < self.warm:
            return self.rate * (step + 1) / self.warm
        return self.rate * (0.5 + 0.5 * math.cos(math.pi * (step - self.warm) / max(1, self.steps - self.warm))) + 1e-6


def train(
    corpus: Path, run: Path, shape: Shape, plan: Plan, threads: int, progress: Callable[[float, str], None]
) -> Path:
    """Train until plan.steps are done; returns the file of the weights."""
    torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run.mkdir(parents=True, exist_ok=True)
    times = run / "realigned.npz"
    material = Material.read(corpus, held_out=False, without=plan.without, realigned=times)
    held_out = Material.read(corpus, held_out=True, without=plan.without)
    torch.manual_seed(plan.seed)
    network, mean = Network(shape).to(device), Network(shape).to(device)
    mean.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=plan.decay, betas=(0.9, 0.98))
    made_by = {"shape": shape.as_dict(), **asdict(plan), "without": sorted(plan.without)}
    step, spent = _resume(run, network, mean, optimiser, device, made_by)
    weights = _sound_weights(material).to(device)
    examples = _held_out_batch(held_out, plan)
    began = saved = time.monotonic()
    _log(run, None)
    batches = _batches(material, plan, step)
    while step < plan.steps:
        if step == int(plan.realign * plan.steps) and not times.exists():
            share = step / plan.steps
            material = Material.read(corpus, held_out=False, without=plan.without)  # it may have grown meanwhile
            realign(mean.eval(), material, times, lambda done, at=share: progress(at, f"realigning {done:.0%}"))
            batches = _batches(material, plan, step)
        samples, labels = (each.to(device) for each in next(batches))
        for group in optimiser.param_groups:
            group["lr"] = plan.rate_at(step)
        calm = step >= (1 - plan.calm) * plan.steps
        network.train(not calm)  # dropout is all that it changes
        loss, parts = _loss(network, samples, labels, weights, 0 if calm else plan.bands)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step += 1
        keep = min(plan.mean, (step + 1) / (step + 10))
        with torch.no_grad():
            for kept, now in zip(mean.parameters(), network.parameters(), strict=True):
                kept.lerp_(now, 1 - keep)
        minutes = (spent + time.monotonic() - began) / 60
        progress(step / plan.steps, f"loss {parts[0]:.3f}")
        row = [step, round(minutes, 2), f"{plan.rate_at(step):.2e}"]
        row += [round(value, 4) for value in (float(loss.detach()), *parts)]
        if step % CHECK == 0 or step == plan.steps:
            row += [round(value, 4) for value in _check(mean.eval(), examples, device)]
        if step % 10 == 0:
            _log(run, row)
        if time.monotonic() - saved > SAVE or step == plan.steps:
            saved = time.monotonic()
            _checkpoint(run, step, minutes * 60, network, mean, optimiser, made_by)
            save(mean, run / "ear.safetensors", {"steps": f"{step} of {plan.steps}"})
    training = {"minutes": round((spent + time.monotonic() - began) / 60), "device": device.type, **asdict(plan)}
    checked = dict(zip(CHECKED, _check(mean.eval(), examples, device), strict=False))
    checked = {name: round(value, 4) for name, value in checked.items()}
    write_card(
        run / "ear.safetensors", "Weights of Mien's ear: log-mel to the phones of any voice, 100 frames a second.",
        "docs/ear.md: mien corpus build, then mien train ear", material.units, training, checked, shape.as_dict(),
    )  # fmt: skip
    return run / "ear.safetensors"


def masked(mel: torch.Tensor, bands: int) -> torch.Tensor:
    """(B, T, 80) with up to `bands` neighbouring bands of each example at their mean (SpecAugment, Park et al. 2019,
    section 2); time is left whole, a masked closure would be a lie."""
    if not bands:
        return mel
    width = torch.randint(0, bands + 1, (len(mel), 1), device=mel.device)
    begin = (torch.rand(len(mel), 1, device=mel.device) * (mel.shape[2] - width)).long()
    at = torch.arange(mel.shape[2], device=mel.device)
    hidden = ((at >= begin) & (at < begin + width))[:, None, :]
    return torch.where(hidden, mel.mean((1, 2), keepdim=True), mel)


def _loss(
    network: Network, samples: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None, bands: int = 0
) -> tuple[torch.Tensor, tuple[float, float]]:
    """Mean over the frames, and its two parts."""
    sounds, flags = network(masked(masked(log_mel(padded(samples)), bands), bands))
    named = functional.cross_entropy(sounds.flatten(0, 1), labels.flatten(), weights)
    wanted = torch.from_numpy(flags_of(labels.cpu().numpy())).to(labels.device)
    flagged = functional.binary_cross_entropy_with_logits(flags, wanted)
    return named + FLAG_WEIGHT * flagged, (float(named.detach()), float(flagged.detach()))


def _sound_weights(material: Material) -> torch.Tensor:
    """(sounds,) more for the rare, 1 in the mean over the frames."""
    counts = material.counts().astype(float)
    weights = np.maximum(counts, counts.sum() * 1e-4) ** -RARE
    return torch.tensor(weights / ((weights * counts).sum() / counts.sum()), dtype=torch.float32)


def _batches(material: Material, plan: Plan, step: int):
    batches = Batches(material, plan.seed, step, plan.batch, plan.seconds)
    # one process more, so that degrading a batch and learning from the last go on at once
    workers = 1 if (os.cpu_count() or 1) < 8 else 6
    return iter(torch.utils.data.DataLoader(batches, batch_size=None, num_workers=workers, prefetch_factor=4))


def _held_out_batch(held_out: Material, plan: Plan) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Some ten minutes of the held-out voices, always the same, as they are."""
    if not held_out.units:
        return []
    return list(itertools.islice(Batches(held_out, 1, 0, 16, 8.0, degraded=False), 5))


def _check(network: Network, examples: list[tuple[torch.Tensor, torch.Tensor]], device: torch.device) -> list[float]:
    """Loss, accuracy by sound and by viseme over frames of speech, F1 of closed frames."""
    viseme = torch.tensor([int(GROUP[INDEX[FOLD[sound]]]) for sound in SOUNDS])
    right = same = speech = 0
    losses, hit, said, were = [], 0, 0, 0
    with torch.inference_mode():
        for samples, labels in examples:
            sounds, flags = (each.cpu() for each in network(log_mel(padded(samples.to(device)))))
            losses.append(float(functional.cross_entropy(sounds.flatten(0, 1), labels.flatten())))
            heard, spoken = sounds.argmax(-1), labels > 0
            right += int((heard == labels)[spoken].sum())
            same += int((viseme[heard] == viseme[labels])[spoken].sum())
            speech += int(spoken.sum())
            closed, wanted = flags[..., 0] > 0, torch.from_numpy(flags_of(labels.numpy()))[..., 0] > 0
            hit, said, were = hit + int((closed & wanted).sum()), said + int(closed.sum()), were + int(wanted.sum())
    if not speech:
        return []
    return [float(np.mean(losses)), right / speech, same / speech, 2 * hit / max(1, said + were)]


def _checkpoint(run: Path, step: int, spent: float, network: Network, mean: Network, optimiser, made_by: dict) -> None:
    part = run / "checkpoint.part"
    state = {"step": step, "spent": spent, "sounds": list(SOUNDS), "made_by": made_by}
    state |= {"network": network.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save(state, part)
    part.replace(run / "checkpoint.pt")


def _resume(
    run: Path, network: Network, mean: Network, optimiser, device: torch.device, made_by: dict
) -> tuple[int, float]:
    """(step, seconds spent) of the last checkpoint, which is loaded; (0, 0) without one. SettingsError where the run
    was begun otherwise than it is to go on; it may only be made longer."""
    path = run / "checkpoint.pt"
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, map_location=device, weights_only=True)
    begun = {"sounds": state["sounds"], **state.get("made_by", {})}
    for what, value in {"sounds": list(SOUNDS), **made_by}.items():
        if what != "steps" and begun.get(what, value) != value:
            raise SettingsError(
                f"{run} was begun with another {what} ({str(begun[what])[:80]}, not {str(value)[:80]}); go on with "
                "that, or name another folder."
            )
    if state["step"] > made_by["steps"]:
        raise SettingsError(f"{run} has {state['step']} steps already, and {made_by['steps']} were asked for.")
    network.load_state_dict(state["network"])
    mean.load_state_dict(state["mean"])
    optimiser.load_state_dict(state["optimiser"])
    return state["step"], state["spent"]


def _log(run: Path, row: list | None) -> None:
    path = run / "log.csv"
    with path.open("a", newline="", encoding="utf-8") as file:
        if file.tell() == 0:
            csv.writer(file).writerow(COLUMNS + CHECKED)
        if row is not None:
            csv.writer(file).writerow(row)
