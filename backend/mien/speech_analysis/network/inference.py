# SPDX-License-Identifier: GPL-3.0-or-later
"""The ear at work: sound in, PhoneTrack out, in windows.

A window is given all the sound that its frames depend on, before and after (`Shape.behind`, `Shape.lookahead`), so
windows change nothing but the order of some additions; memory does not grow with the sound but by the track itself.

What a frame is taken for depends on the voice and the room of the seconds before it. A sound has none before its
beginning, so the ear attunes itself first: it hears the first seconds once without saying anything.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mien.audio.speech import Speech
from mien.speech_analysis.inventory import SOUNDS, folding
from mien.speech_analysis.network.features import HOP, RATE, REACH, log_mel
from mien.speech_analysis.network.model import FLAGS, Network, flags_of
from mien.speech_analysis.network.weights import load
from mien.speech_analysis.track import PhoneTrack, segments_of
from mien.speech_analysis.transcript import lay

WEIGHTS = Path(__file__).with_name("mien.safetensors")
WINDOW = 2000  # frames of 10 ms
ATTUNE, TURN = 3.0, 0.2  # s that are heard beforehand, and then s that lead back to the beginning, reversed
SWITCH = 3.0  # nats that a change of phone costs in the most probable sequence


@dataclass(frozen=True, eq=False)
class Heard:
    """`sounds` (T, sounds) and `flags` (T, 3): probabilities at 100 Hz."""

    sounds: np.ndarray
    flags: np.ndarray


def hear(speech: Speech, progress: Callable[[float], None] = lambda done: None, weights: Path = WEIGHTS) -> PhoneTrack:
    """Posteriors of any voice in any language. `progress` may raise to stop; it is called every WINDOW."""
    return track_of(listen(speech.samples, ear(weights), progress), f"mien ear ({weights.stem})")


def align(
    speech: Speech, text: str, progress: Callable[[float], None] = lambda done: None, weights: Path = WEIGHTS
) -> PhoneTrack:
    """The phones of a known text in any language, forced onto the sound. EarError where it does not fit."""
    heard = listen(speech.samples, ear(weights), progress)
    path = lay(text, heard.sounds)
    certain = np.eye(len(SOUNDS), dtype=np.float32)[path]
    return track_of(Heard(certain, flags_of(path)), f"mien ear ({weights.stem}), by transcript")


def listen(samples: np.ndarray, network: Network, progress: Callable[[float], None] = lambda done: None) -> Heard:
    """Probabilities for (N,) float32 samples at 16 kHz; T = ceil(N / 160), at least 1."""
    before = attuning(samples)
    known = len(before) // HOP
    total = known + max(1, -(-len(samples) // HOP))
    samples = np.concatenate([before, samples])
    sounds, flags = [], []
    with torch.inference_mode():
        for begin, end, window, skip in windows(samples, total, network.shape.behind, network.shape.lookahead):
            progress(begin / total)
            named, flagged = network(log_mel(torch.from_numpy(window)[None]))
            part = slice(skip, skip + end - begin)
            sounds.append(torch.softmax(named[0, part], -1).numpy())
            flags.append(torch.sigmoid(flagged[0, part]).numpy())
    return Heard(np.concatenate(sounds)[known:], np.concatenate(flags)[known:])


def attuning(samples: np.ndarray) -> np.ndarray:
    """(M,) what the ear hears before samples (N,): their first seconds, and a way back to where they begin. M is a
    multiple of two frames."""
    before = np.concatenate([samples[: round(ATTUNE * RATE)], samples[: round(TURN * RATE)][::-1]])
    return before[len(before) % (2 * HOP) :]


def windows(samples: np.ndarray, total: int, behind: int, ahead: int) -> Iterator[tuple[int, int, np.ndarray, int]]:
    """(begin, end, samples for the network, frames to skip): what frames begin to end need to be heard."""
    for begin in range(0, total, WINDOW):
        end = min(begin + WINDOW, total)
        first = max(0, begin - behind) // 2 * 2  # the network halves the rate
        last = min(end + ahead, total)
        last += (last - first) % 2
        low, high = first * HOP - REACH, last * HOP + REACH
        window = samples[max(0, low) : max(0, min(high, len(samples)))].astype(np.float32)
        before = max(0, -low)
        yield begin, end, np.pad(window, (before, high - low - before - len(window))), begin - first


def track_of(heard: Heard, source: str) -> PhoneTrack:
    """Sounds folded to the phones that engines know."""
    posteriors = heard.sounds @ folding()
    flags = dict(zip(FLAGS, np.ascontiguousarray(heard.flags.T), strict=True))
    return PhoneTrack(posteriors, segments_of(_sequence(posteriors)), source, **flags)


def _sequence(posteriors: np.ndarray) -> np.ndarray:
    """(T,) the most probable phones where every change costs SWITCH (Viterbi)."""
    score = np.log(posteriors + 1e-6)
    value = score[0].copy()
    came = np.empty(score.shape, np.uint8)
    stay = np.arange(score.shape[1], dtype=np.uint8)
    for t in range(1, len(score)):
        best = int(value.argmax())
        switched = value[best] - SWITCH
        came[t] = np.where(value >= switched, stay, best)
        value = np.maximum(value, switched) + score[t]
    path = np.empty(len(score), int)
    path[-1] = value.argmax()
    for t in range(len(score) - 1, 0, -1):
        path[t - 1] = came[t, path[t]]
    return path


@functools.lru_cache(maxsize=2)
def ear(weights: Path = WEIGHTS) -> Network:
    """The network, loaded once. EarError where its file is not sound."""
    return load(weights)
