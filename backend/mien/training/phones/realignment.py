# SPDX-License-Identifier: GPL-3.0-or-later
"""Forced alignment of the known phones of a unit, near the times that its synthesiser gave.

A Viterbi search over the phones in their order, with silence between any two; each boundary may move by SHIFT at most,
so that an error stays one of a few frames.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from mien.files.atomic import write_whole
from mien.speech_analysis.inventory import NUMBER, SIL, SOUNDS
from mien.speech_analysis.network.features import HOP, log_mel, padded
from mien.speech_analysis.network.model import AcousticModel
from mien.speech_analysis.track import RATE as FRAMES
from mien.training.phones.dataset import Dataset
from mien.training.speech_corpus.utterance import Timed

NEURAL = ("kokoro", "hibari")
SHIFT = 7  # frames of 10 ms
LEAST = 2  # frames a phone lasts
SKIP = 40  # ms: a gap shorter than this is no silence that must be found


def realign(network: AcousticModel, dataset: Dataset, file: Path, progress: Callable[[float], None]) -> None:
    """New labels for the units of NEURAL synthesisers, in `dataset` and in `file` (npz of uint8 (T,) by unit)."""
    new_labels: dict[str, np.ndarray] = {}
    chosen = [i for i, unit in enumerate(dataset.units) if unit.voice.engine in NEURAL]
    priors = np.log(np.maximum(dataset.counts() / dataset.counts().sum(), 1e-4))
    for done, i in enumerate(chosen):
        unit = dataset.units[i]
        labels = align(likelihoods(network, dataset.samples[i], priors), unit.phones)
        dataset.labels[i] = new_labels[unit.key] = labels
        progress(done / len(chosen))
    data = io.BytesIO()
    np.savez(data, **new_labels)
    write_whole(file, data.getvalue())


def likelihoods(network: AcousticModel, samples: np.ndarray, priors: np.ndarray) -> np.ndarray:
    """(T, sounds) log posteriors minus half of the log priors (sounds,), of int16 samples (N,)."""
    device = next(network.parameters()).device
    sound = torch.from_numpy(samples.astype(np.float32) / 32768)[None]
    with torch.inference_mode():
        frames = len(samples) // HOP
        mel = log_mel(padded(sound).to(device))
        mel = torch.nn.functional.pad(mel, (0, 0, 0, mel.shape[1] % 2))
        sounds, _ = network(mel)
    return torch.log_softmax(sounds[0, :frames], -1).cpu().numpy() - 0.5 * priors


def align(score: np.ndarray, phones: tuple[Timed, ...]) -> np.ndarray:
    """(T,) uint8 labels: the most probable path through `phones`, in frames of 10 ms, for scores (T, sounds) of
    `likelihoods`."""
    frames = len(score)
    total = np.concatenate([np.zeros((1, score.shape[1])), score.cumsum(0)])
    # consecutive spans (sound, begin s, end s): silence where there is any, else the phones touch
    spans: list[tuple[int, float, float]] = []
    at = 0.0
    for sound, begin, end in phones:
        if (begin - at) * 1000 >= SKIP:
            spans.append((NUMBER[SIL], at, begin))
        spans.append((NUMBER[sound], at if begin - at < SKIP / 1000 and spans else begin, end))
        at = end
    spans.append((NUMBER[SIL], at, frames / FRAMES))
    # boundary k lies between spans k and k + 1, at one of the frames within SHIFT of its place
    value, starts = np.zeros(1), np.zeros(1, int)
    backpointers: list[tuple[np.ndarray, np.ndarray]] = []
    for k, (sound, _, end) in enumerate(spans):
        if k == len(spans) - 1:
            ends = np.array([frames])
        else:
            middle = round(end * FRAMES)
            ends = np.clip(np.arange(middle - SHIFT, middle + SHIFT + 1), 0, frames)
        gain = value[None, :] + total[ends, sound][:, None] - total[starts, sound][None, :]
        least = 0 if sound == NUMBER[SIL] else LEAST
        gain = np.where(ends[:, None] - starts[None, :] >= least, gain, gain - 1e3 + (ends[:, None] - starts[None, :]))
        gain = np.where(ends[:, None] >= starts[None, :], gain, -1e9)
        best = gain.argmax(1)
        backpointers.append((best, starts))
        value, starts = gain[np.arange(len(ends)), best], ends
    labels = np.empty(frames, np.uint8)
    state, end = int(value.argmax()), int(starts[value.argmax()])
    for (sound, _, _), (best, before) in zip(reversed(spans), reversed(backpointers), strict=True):
        begin = int(before[best[state]])
        labels[begin:end] = sound
        state, end = int(best[state]), begin
    labels[:end] = NUMBER[SIL]
    assert labels.max() < len(SOUNDS)
    return labels
