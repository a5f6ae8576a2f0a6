# SPDX-License-Identifier: GPL-3.0-or-later
"""Lays the known phones of a unit over its sound again, near to where its synthesiser put them.

A Viterbi search over the phones in their order, silence between any two; each boundary may move by REACH at most, so
that an error stays an error of a few frames.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from mien.speech_analysis.inventory import NUMBER, SIL, SOUNDS
from mien.speech_analysis.network.features import HOP, log_mel, padded
from mien.speech_analysis.network.model import Network
from mien.speech_analysis.track import RATE as FRAMES
from mien.training.ear.dataset import Material
from mien.training.speech_corpus.utterance import Timed

NEURAL = ("kokoro", "hibari")
REACH = 7  # frames of 10 ms
LEAST = 2  # frames a phone lasts
SKIP = 40  # ms: a gap shorter than this is no silence that must be found


def realign(network: Network, material: Material, file: Path, progress: Callable[[float], None]) -> None:
    """New labels for the units of NEURAL engines, in `material` and in `file` (npz of uint8 (T,))."""
    moved = {}
    chosen = [i for i, unit in enumerate(material.units) if unit.voice.engine in NEURAL]
    priors = np.log(np.maximum(material.counts() / material.counts().sum(), 1e-4))
    for done, i in enumerate(chosen):
        unit = material.units[i]
        labels = place(likelihoods(network, material.samples[i], priors), unit.phones)
        material.labels[i] = moved[unit.key] = labels
        progress(done / len(chosen))
    part = file.with_suffix(".part.npz")
    np.savez(part, **moved)
    part.replace(file)


def likelihoods(network: Network, samples: np.ndarray, priors: np.ndarray) -> np.ndarray:
    """(T, sounds) log posterior less half the log prior, of int16 samples."""
    device = next(network.parameters()).device
    sound = torch.from_numpy(samples.astype(np.float32) / 32768)[None]
    with torch.inference_mode():
        frames = len(samples) // HOP
        mel = log_mel(padded(sound).to(device))
        mel = torch.nn.functional.pad(mel, (0, 0, 0, mel.shape[1] % 2))
        sounds, _ = network(mel)
    return torch.log_softmax(sounds[0, :frames], -1).cpu().numpy() - 0.5 * priors


def place(score: np.ndarray, phones: tuple[Timed, ...]) -> np.ndarray:
    """(T,) uint8 labels: the best path through `phones`, in frames of 10 ms, for a score (T, sounds)."""
    frames = len(score)
    total = np.concatenate([np.zeros((1, score.shape[1])), score.cumsum(0)])
    # one row of spans: silence where there is any, else the phones touch
    spans: list[tuple[int, float, float]] = []
    at = 0.0
    for sound, begin, end in phones:
        if (begin - at) * 1000 >= SKIP:
            spans.append((NUMBER[SIL], at, begin))
        spans.append((NUMBER[sound], at if begin - at < SKIP / 1000 and spans else begin, end))
        at = end
    spans.append((NUMBER[SIL], at, frames / FRAMES))
    # boundary k lies between spans k and k + 1, at one of the frames within REACH of its place
    value, starts = np.zeros(1), np.zeros(1, int)
    came: list[tuple[np.ndarray, np.ndarray]] = []
    for k, (sound, _, end) in enumerate(spans):
        if k == len(spans) - 1:
            ends = np.array([frames])
        else:
            middle = round(end * FRAMES)
            ends = np.clip(np.arange(middle - REACH, middle + REACH + 1), 0, frames)
        gain = value[None, :] + total[ends, sound][:, None] - total[starts, sound][None, :]
        least = 0 if sound == NUMBER[SIL] else LEAST
        gain = np.where(ends[:, None] - starts[None, :] >= least, gain, gain - 1e3 + (ends[:, None] - starts[None, :]))
        gain = np.where(ends[:, None] >= starts[None, :], gain, -1e9)
        best = gain.argmax(1)
        came.append((best, starts))
        value, starts = gain[np.arange(len(ends)), best], ends
    labels = np.empty(frames, np.uint8)
    at_state, end = int(value.argmax()), int(starts[value.argmax()])
    for (sound, _, _), (best, before) in zip(reversed(spans), reversed(came), strict=True):
        begin = int(before[best[at_state]])
        labels[begin:end] = sound
        at_state, end = int(best[at_state]), begin
    labels[:end] = NUMBER[SIL]
    assert labels.max() < len(SOUNDS)
    return labels
