# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the phone recogniser on a speech corpus: `mien train phones CORPUS RUN`.

Frame-wise cross-entropy over the sounds and binary cross-entropy over the flags. The phone times of neural synthesisers
jitter, which costs more than anything else; so after a quarter of the steps the network itself, by then taught by the
voices whose times are exact, aligns the phones of the neural voices anew (`realignment.py`), and the training goes on
with those. The weights that are kept are the running mean over the steps.
"""

from __future__ import annotations

import functools
import itertools
import math
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from mien.engines.base import Progress
from mien.settings import SettingsError
from mien.speech_analysis.inventory import FOLD, SOUNDS
from mien.speech_analysis.network.features import log_mel, padded
from mien.speech_analysis.network.model import FILE_NAMES, AcousticModel, RecogniserConfig, flags_of
from mien.speech_analysis.network.weights import save
from mien.speech_analysis.track import INDEX
from mien.speech_analysis.viseme_groups import GROUP
from mien.training.loop import Batch, Training, TrainingConfig, run_training, set_up_torch
from mien.training.model_card import speech_data, write_card
from mien.training.phones.dataset import Batches, Dataset
from mien.training.phones.realignment import realign
from mien.training.weight_average import WeightAverage

WEIGHTS = {"sounds": 1.0, "flags": 0.5}  # of the losses
RARE = 0.25  # a sound's weight is its frequency to the power of minus this
CARD_NAMES = {
    "sounds": "loss",
    "sound": "sound",
    "viseme": "viseme",
    "closure F1": "closure_f1",
}  # of `evaluate`'s values
OLDER = "checkpoint.pt"  # of a Mien that had another training loop


@dataclass(frozen=True)
class PhoneTrainingConfig(TrainingConfig):
    """Configuration of the phone recogniser's training. 4,700 steps of 64 s are 84 hours of sound."""

    steps: int = 4700
    batch: int = 16
    seconds: float = 4.0
    rate: float = 2e-3
    decay: float = 0.02
    warm: int = 150  # steps in which the learning rate rises
    mean: float = 0.998  # decay of the running mean of the weights
    bands: int = 12  # mel bands that are masked at most, twice
    realign: float = 0.25  # after this share of the steps
    calm: float = 0.15  # the last share of the steps, without masking and dropout
    without: tuple[str, ...] = ()  # synthesisers left out, as if held out

    def rate_at(self, step: int) -> float:
        """Learning rate of a step: rises linearly, falls along a cosine."""
        if step < self.warm:
            return self.rate * (step + 1) / self.warm
        return self.rate * (0.5 + 0.5 * math.cos(math.pi * (step - self.warm) / max(1, self.steps - self.warm))) + 1e-6


def train(
    corpus: Path, run: Path, shape: RecogniserConfig, config: PhoneTrainingConfig, threads: int, progress: Progress
) -> Path:
    """Train the phone recogniser; returns the weights file, with a card beside it. RUN/realigned.npz has the new phone
    times. SettingsError as of `run_training`."""
    if (run / OLDER).exists():
        raise SettingsError(f"{run} was begun by an older Mien ({OLDER}), which alone can go on; name another folder.")
    times, weights_file = run / "realigned.npz", run / "phones.safetensors"
    dataset = Dataset.read(corpus, held_out=False, without=config.without, realigned=times)
    held_out = _held_out_batches(Dataset.read(corpus, held_out=True, without=config.without), config)
    device = set_up_torch(config.seed, threads)
    network = AcousticModel(shape).to(device)
    mean_network = AcousticModel(shape).to(device)
    average = WeightAverage(mean_network, network, config.mean)
    sound_weights = _sound_weights(dataset).to(device)

    def losses(batch: Batch, step: int) -> dict[str, torch.Tensor]:
        calm = step >= (1 - config.calm) * config.steps
        network.train(not calm)  # which changes nothing but dropout
        return losses_of(network, batch, sound_weights, 0 if calm else config.bands)

    def renewed(step: int) -> Iterator[Batch] | None:
        """Batches with the realigned phone times, at the step at which these are made."""
        nonlocal dataset
        if step != int(config.realign * config.steps) or times.exists():
            return None
        dataset = Dataset.read(corpus, held_out=False, without=config.without)  # it may have grown meanwhile
        share = step / config.steps
        realign(mean_network, dataset, times, lambda done: progress(share, f"realigning {done:.0%}"))
        return _batches(dataset, config, step)

    def saved(step: int) -> None:
        save(mean_network, weights_file, {"steps": f"{step} of {config.steps}"})

    training = Training(
        "phones", network, lambda first: _batches(dataset, config, first), losses,
        functools.partial(evaluate, mean_network, held_out, device), WEIGHTS, average,
        settings={"shape": shape.as_dict(), "sounds": SOUNDS, "without": sorted(config.without)}, renewed=renewed,
        saved=saved, file_names=FILE_NAMES,
    )  # fmt: skip
    minutes = run_training(training, config, run, progress)
    values = training.evaluate()
    write_card(
        weights_file, "Weights of Mien's phone recogniser: log-mel to the phones of any voice, 100 frames a second.",
        "docs/phones.md: mien corpus build, then mien train phones", speech_data(dataset.units),
        {"minutes": round(minutes), "device": device.type, **asdict(config)},
        {f"held_out_{CARD_NAMES[name]}": value for name, value in values.items()}, shape.as_dict(),
    )  # fmt: skip
    return weights_file


def masked(mel: torch.Tensor, bands: int) -> torch.Tensor:
    """(B, T, 80) with up to `bands` neighbouring bands of each example at their mean (SpecAugment, Park et al. 2019,
    section 2). Time is not masked: a masked closure would have a false label."""
    if not bands:
        return mel
    width = torch.randint(0, bands + 1, (len(mel), 1), device=mel.device)
    begin = (torch.rand(len(mel), 1, device=mel.device) * (mel.shape[2] - width)).long()
    at = torch.arange(mel.shape[2], device=mel.device)
    hidden = ((at >= begin) & (at < begin + width))[:, None, :]
    return torch.where(hidden, mel.mean((1, 2), keepdim=True), mel)


def losses_of(
    network: AcousticModel, batch: Batch, sound_weights: torch.Tensor | None, bands: int = 0
) -> dict[str, torch.Tensor]:
    """Cross-entropies of sounds and of flags, means over the frames of samples (B, N) with labels (B, T)."""
    samples, labels = batch
    sounds, flags = network(masked(masked(log_mel(padded(samples)), bands), bands))
    true_flags = torch.from_numpy(flags_of(labels.cpu().numpy())).to(labels.device)
    return {
        "sounds": functional.cross_entropy(sounds.flatten(0, 1), labels.flatten(), sound_weights),
        "flags": functional.binary_cross_entropy_with_logits(flags, true_flags),
    }


def evaluate(network: AcousticModel, batches: list[Batch], device: torch.device) -> dict[str, float]:
    """Cross-entropy of the sounds (unweighted), accuracy by sound and by viseme over frames of speech, F1 of closed
    frames; {} where there is no speech."""
    viseme = torch.tensor([int(GROUP[INDEX[FOLD[sound]]]) for sound in SOUNDS])
    right = same = speech = 0
    entropies, hits, predictions, truths = [], 0, 0, 0
    with torch.inference_mode():
        for samples, labels in batches:
            sounds, flags = (output.cpu() for output in network(log_mel(padded(samples.to(device)))))
            entropies.append(float(functional.cross_entropy(sounds.flatten(0, 1), labels.flatten())))
            predicted, is_speech = sounds.argmax(-1), labels > 0
            right += int((predicted == labels)[is_speech].sum())
            same += int((viseme[predicted] == viseme[labels])[is_speech].sum())
            speech += int(is_speech.sum())
            closed, truly_closed = flags[..., 0] > 0, torch.from_numpy(flags_of(labels.numpy()))[..., 0] > 0
            hits += int((closed & truly_closed).sum())
            predictions, truths = predictions + int(closed.sum()), truths + int(truly_closed.sum())
    if not speech:
        return {}
    return {
        "sounds": float(np.mean(entropies)), "sound": right / speech, "viseme": same / speech,
        "closure F1": 2 * hits / max(1, predictions + truths),
    }  # fmt: skip


def _sound_weights(dataset: Dataset) -> torch.Tensor:
    """(sounds,) more for the rare, 1 in the mean over the frames."""
    counts = dataset.counts().astype(float)
    weights = np.maximum(counts, counts.sum() * 1e-4) ** -RARE
    return torch.tensor(weights / ((weights * counts).sum() / counts.sum()), dtype=torch.float32)


def _batches(dataset: Dataset, config: PhoneTrainingConfig, step: int) -> Iterator[Batch]:
    batches = Batches(dataset, config.seed, step, config.batch, config.seconds)
    # another process degrades the next batches while this one learns from the last
    workers = 1 if (os.cpu_count() or 1) < 8 else 6
    return iter(torch.utils.data.DataLoader(batches, batch_size=None, num_workers=workers, prefetch_factor=4))


def _held_out_batches(held_out: Dataset, config: PhoneTrainingConfig) -> list[Batch]:
    """Some ten minutes of the held-out voices, always the same, not degraded."""
    if not held_out.units:
        return []
    return list(itertools.islice(Batches(held_out, 1, 0, 16, 8.0, degraded=False), 5))
