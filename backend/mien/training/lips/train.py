# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains a lips model, measures it on speakers that it was not trained on, and writes it with a card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from mien.engines.articulation.lips.curve import LipCurve, lip_curve
from mien.engines.articulation.lips.network import (
    FORMAT,
    SIZE,
    VERSION,
    LipNetwork,
    lip_features,
    predict,
    tensors_of,
)
from mien.engines.base import Progress
from mien.files.card import write_with_card
from mien.numeric.random_streams import stream
from mien.speech_analysis.network.breath import BANDS
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import INDEX, PHONES, RATE
from mien.training.lips import LipsTrainingError
from mien.training.lips.clips import CURVES, LipClip
from mien.training.lips.sync import Sync, find_offset

CHUNK = 2 * RATE  # frames
MEL = slice(len(PHONES), len(PHONES) + BANDS)
LEAST_DEVIATION = 1e-6


@dataclass(frozen=True)
class LipsTraining:
    """steps of `batch` chunks of 2 s; seeds: networks that are averaged; gain: standard deviation of the log-mel bands'
    random gains, so that a microphone is not learnt."""

    steps: int = 220
    batch: int = 8
    seeds: int = 3
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    gain: float = 0.3


@dataclass(frozen=True, eq=False)
class LipExample:
    """A clip ready to learn: features (T, SIZE + 3) at 100 Hz; targets (3, T) in the speaker's standard deviations
    about the mean while speaking; known (T,) 0 or 1; the statistics' curve."""

    clip: LipClip
    sync: Sync
    features: np.ndarray
    targets: np.ndarray
    known: np.ndarray


@dataclass(frozen=True)
class LipsResult:
    """Of a training: the model, and seconds-weighted correlations of aperture, width and jaw on speakers that were left
    out, of the networks and of the statistics alone; None with a single speaker. refused: sentences."""

    path: Path
    clips: int
    speakers: int
    seconds: float
    left_out: tuple[float, ...] | None
    statistics: tuple[float, ...]
    refused: tuple[str, ...]


def train_lips(
    clips: Sequence[LipClip], path: Path, config: LipsTraining = LipsTraining(), seed: int = 0,
    progress: Progress = lambda fraction, stage: None, folds: int | None = None,
) -> LipsResult:  # fmt: skip
    """Train on these clips and write `path` and its card. `folds`: groups of speakers that are left out in turn, one
    each by default. LipsTrainingError where no clip is in sync."""
    examples, refused = [], []
    for i, clip in enumerate(clips):
        progress(0.2 * i / len(clips), f"analysing {clip.name}")
        example = example_of(clip)
        if example.sync.refusal:
            refused.append(f"{clip.name} is left out: {example.sync.refusal}.")
        else:
            examples.append(example)
    if not examples:
        raise LipsTrainingError(f"none of {len(clips)} clips can be used. {' '.join(refused)}")
    speakers = sorted({example.clip.speaker for example in examples})
    groups = [speakers[i::folds] for i in range(folds)] if folds else [[speaker] for speaker in speakers]
    groups = [group for group in groups if group]
    rounds = (len(groups) if len(groups) > 1 else 0) + 1

    def part(number: int) -> Callable[[float], None]:
        stage = "training" if number == rounds - 1 else f"without {', '.join(groups[number])}"
        return lambda done: progress(min(1.0, 0.2 + 0.8 * (number + done) / rounds), stage)

    left_out = cross_validate(examples, groups, config, seed, part) if len(groups) > 1 else None
    networks = [fit(examples, config, seed + i, part(rounds - 1)) for i in range(config.seeds)]
    statistics = _correlations(examples, [_statistics(example) for example in examples])
    seconds = sum(float(example.known.sum()) for example in examples) / RATE
    result = LipsResult(path, len(examples), len(speakers), seconds, left_out, statistics, tuple(refused))
    metadata = {"format": FORMAT, "format_version": VERSION, "name": path.stem}
    write_with_card(path, tensors_of(networks), metadata, _card(result, examples, config, seed))
    progress(1.0, "done")
    return result


def example_of(clip: LipClip) -> LipExample:
    """Features and targets of a clip, its pictures moved by the offset that `find_offset` gives."""
    track, prosody = recognise_phones(clip.speech), analyse_prosody(clip.speech)
    sync = find_offset(clip, lip_curve(track, prosody))
    at = np.arange(len(track)) / RATE
    times = clip.times - sync.offset
    known = np.interp(at, times, clip.valid.astype(float), left=0.0, right=0.0) > 0.99
    speaking = known & (track.posteriors[:, INDEX["SIL"]] < 0.5)
    counted = speaking if speaking.any() else known
    targets = np.zeros((len(CURVES), len(track)), np.float32)
    if clip.valid.any() and counted.any():
        for row, values in zip(targets, clip.curves, strict=True):
            curve = np.interp(at, times[clip.valid], values[clip.valid])
            row[:] = (curve - curve[counted].mean()) / max(float(curve[counted].std()), LEAST_DEVIATION)
    return LipExample(clip, sync, lip_features(clip.speech, track, prosody), targets, known.astype(np.float32))


def fit(
    examples: Sequence[LipExample], config: LipsTraining, seed: int, progress: Callable[[float], None]
) -> LipNetwork:
    """One network. Loss: mean squared error plus 1 - Pearson's r, of each curve of each chunk; then its amplitude is
    that of the statistics."""
    rng = stream(seed, "lips")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = LipNetwork()
        optimiser = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate, total_steps=config.steps)
        lengths = np.array([len(example.features) for example in examples], float)
        for step in range(config.steps):
            features, targets, known = _batch(examples, rng, lengths / lengths.sum(), config)
            loss = lips_loss(network(features), targets, known)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            progress((step + 1) / config.steps)
    _restore_amplitude(network.eval(), examples)
    return network


def _restore_amplitude(network: LipNetwork, examples: Sequence[LipExample]) -> None:
    """Scale the network's output, in place, until its curves vary as much as the statistics'. What is fitted by squared
    error varies less than people do, and lips that follow it mumble."""
    predicted = [predict([network], example.features) for example in examples]
    given = [_statistics(example) for example in examples]
    scale = [
        np.std(np.concatenate([getattr(curve, name) for curve in given]))
        / max(float(np.std(np.concatenate([getattr(curve, name) for curve in predicted]))), LEAST_DEVIATION)
        for name in ("aperture", "width", "jaw")
    ]
    factors = torch.tensor(scale, dtype=torch.float32)
    with torch.no_grad():
        network.correct.weight.mul_(factors[:, None, None])
        network.share.mul_(factors[:, None])
        if network.correct.bias is not None:
            network.correct.bias.mul_(factors)


def lips_loss(predicted: torch.Tensor, targets: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Of curves (B, 3, T) where known (B, 1, T) is 1."""
    count = known.sum(2, keepdim=True).clamp(min=1)
    error = (predicted - targets).square().mul(known).sum(2, keepdim=True) / count
    one = (predicted - (predicted * known).sum(2, keepdim=True) / count) * known
    two = (targets - (targets * known).sum(2, keepdim=True) / count) * known
    size = (one.square().sum(2) * two.square().sum(2)).clamp(min=1e-6).sqrt()
    return error.mean() + (1 - (one * two).sum(2) / size).mean()


def cross_validate(
    examples: Sequence[LipExample], groups: Sequence[Sequence[str]], config: LipsTraining, seed: int,
    part: Callable[[int], Callable[[float], None]],
) -> tuple[float, ...]:  # fmt: skip
    """Correlations of aperture, width and jaw, each speaker predicted by networks that were trained on the others."""
    curves: dict[int, LipCurve] = {}
    for number, group in enumerate(groups):
        others = [example for example in examples if example.clip.speaker not in group]
        networks = [fit(others, config, seed + i, part(number)) for i in range(config.seeds)]
        curves |= {
            i: predict(networks, example.features)
            for i, example in enumerate(examples)
            if example.clip.speaker in group
        }
    return _correlations(examples, [curves[i] for i in range(len(examples))])


def _batch(
    examples: Sequence[LipExample], rng: np.random.Generator, share: np.ndarray, config: LipsTraining
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    features = np.zeros((config.batch, SIZE + len(CURVES), CHUNK), np.float32)
    targets = np.zeros((config.batch, len(CURVES), CHUNK), np.float32)
    known = np.zeros((config.batch, 1, CHUNK), np.float32)
    for row, index in enumerate(rng.choice(len(examples), config.batch, p=share)):
        example = examples[index]
        begin = int(rng.integers(0, max(1, len(example.features) - CHUNK + 1)))
        piece = example.features[begin : begin + CHUNK].T
        frames = piece.shape[1]
        features[row, :, :frames] = piece
        features[row, MEL, :frames] += config.gain * (rng.standard_normal((BANDS, 1)) + rng.standard_normal())
        targets[row, :, :frames] = example.targets[:, begin : begin + CHUNK]
        known[row, 0, :frames] = example.known[begin : begin + CHUNK]
    return torch.from_numpy(features), torch.from_numpy(targets), torch.from_numpy(known)


def _statistics(example: LipExample) -> LipCurve:
    return LipCurve(*example.features[:, SIZE:].T.astype(float))


def _correlations(examples: Sequence[LipExample], curves: Sequence[LipCurve]) -> tuple[float, ...]:
    """Means over clips, weighted by their seconds, of aperture, width and jaw."""
    rows, weights = [], []
    for example, curve in zip(examples, curves, strict=True):
        where = example.known > 0
        pairs = zip((curve.aperture, curve.width, curve.jaw), example.targets, strict=True)
        rows.append([np.corrcoef(one[where], two[where])[0, 1] for one, two in pairs])
        weights.append(where.sum())
    return tuple(float(value) for value in np.average(np.nan_to_num(rows), axis=0, weights=weights))


def _card(result: LipsResult, examples: Sequence[LipExample], config: LipsTraining, seed: int) -> dict[str, object]:
    named = dict(zip(CURVES, result.statistics, strict=True))
    left_out = None if result.left_out is None else dict(zip(CURVES, result.left_out, strict=True))
    return {
        "name": result.path.stem,
        "what": "Lips of the people in its user's own footage: sound to lip aperture, mouth width and jaw drop.",
        "licence": "the user's own; whoever is filmed has rights in it, too",
        "data": {
            "clips": result.clips,
            "speakers": result.speakers,
            "seconds": round(result.seconds, 1),
            "offsets_ms": {each.clip.name: round(1000 * each.sync.offset) for each in examples},
            "refused": list(result.refused),
        },
        "training": asdict(config) | {"seed": seed},
        "correlation_on_speakers_left_out": left_out,
        "correlation_of_the_statistics_alone": named,
    }
