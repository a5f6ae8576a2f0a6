# SPDX-License-Identifier: GPL-3.0-or-later
"""Inference of the phone recogniser: sound to a PhoneTrack, in windows.

A window has all the sound that its frames depend on, before and after (`RecogniserConfig.behind`, `lookahead`), so
windows change nothing but the order of some additions; memory grows by the track alone.

The posteriors of a frame depend on the voice and the room in the seconds before it. A sound has none before its
beginning, so its first seconds are put before it (`lead_in`), and their posteriors are dropped.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from mien.audio.speech import Speech
from mien.speech_analysis.agreement import disagreements
from mien.speech_analysis.inventory import SOUNDS, folding
from mien.speech_analysis.network.breath import bands_of, breath_features, breath_network, breath_probability
from mien.speech_analysis.network.features import HOP, MARGIN, RATE, log_mel
from mien.speech_analysis.network.model import FLAGS, AcousticModel, flags_of
from mien.speech_analysis.network.weights import load
from mien.speech_analysis.track import INDEX, PhoneTrack, segments_of
from mien.speech_analysis.transcript import align_transcript

WEIGHTS = Path(__file__).with_name("mien.safetensors")
WINDOW = 2000  # frames of 10 ms
LEAD_IN, RETURN = 3.0, 0.2  # s of the lead-in: the beginning of the sound, then reversed sound that leads back to it
SWITCH = 3.0  # nats that a change of phone costs in the most probable sequence


@dataclass(frozen=True, eq=False)
class SoundProbabilities:
    """`sounds` (T, sounds) and `flags` (T, 3): probabilities at 100 Hz; `bands` (T, 20): log-mel bands, and `breath`
    (T,): the probability that a breath is heard where nobody speaks."""

    sounds: np.ndarray
    flags: np.ndarray
    bands: np.ndarray
    breath: np.ndarray


def recognise(
    speech: Speech, progress: Callable[[float], None] = lambda done: None, weights: Path = WEIGHTS
) -> PhoneTrack:
    """Posteriors of any voice in any language. `progress` may raise to stop; it is called every WINDOW."""
    return track_of(probabilities_of(speech.samples, recogniser(weights), progress), f"mien phones ({weights.stem})")


def align(
    speech: Speech, text: str, progress: Callable[[float], None] = lambda done: None, weights: Path = WEIGHTS
) -> PhoneTrack:
    """The phones of a known text in any language, aligned with the sound. RecognitionError where it does not fit."""
    probabilities = probabilities_of(speech.samples, recogniser(weights), progress)
    aligned = align_transcript(text, probabilities.sounds)
    path, covered = aligned.path, aligned.covered[:, None]
    certain = np.eye(len(SOUNDS), dtype=np.float32)[path]
    mixed = replace(
        probabilities,
        sounds=np.where(covered, certain, probabilities.sounds),
        flags=np.where(covered, flags_of(path), probabilities.flags),
    )
    wrong = disagreements(np.where(aligned.claimed, path, probabilities.sounds.argmax(1)), probabilities.sounds)
    track = track_of(mixed, f"mien phones ({weights.stem}), by transcript")
    return replace(track, speech=_voice(probabilities), disagreements=wrong, words=aligned.words)


def probabilities_of(
    samples: np.ndarray, network: AcousticModel, progress: Callable[[float], None] = lambda done: None
) -> SoundProbabilities:
    """Probabilities for (N,) float32 samples at 16 kHz; T = ceil(N / 160), at least 1."""
    before = lead_in(samples)
    known = len(before) // HOP
    total = known + max(1, -(-len(samples) // HOP))
    samples = np.concatenate([before, samples])
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    with torch.inference_mode():
        for begin, end, window, skip in windows(samples, total, network.config.behind, network.config.lookahead):
            progress(begin / total)
            mel = log_mel(torch.from_numpy(window)[None])
            sounds, flags = (logits[0, skip : skip + end - begin] for logits in network(mel))
            bands = bands_of(mel[0, skip : skip + end - begin].numpy())
            parts.append((torch.softmax(sounds, -1).numpy(), torch.sigmoid(flags).numpy(), bands))
    sounds, flags, bands = (np.concatenate(column)[known:] for column in zip(*parts, strict=True))
    inputs = breath_features(bands, sounds @ folding(), flags[:, FLAGS.index("voice")])
    return SoundProbabilities(sounds, flags, bands, breath_probability(inputs, breath_network()))


def lead_in(samples: np.ndarray) -> np.ndarray:
    """(M,) samples to put before samples (N,): their first seconds, and a way back to where they begin. M is a multiple
    of two frames."""
    before = np.concatenate([samples[: round(LEAD_IN * RATE)], samples[: round(RETURN * RATE)][::-1]])
    return before[len(before) % (2 * HOP) :]


def windows(samples: np.ndarray, total: int, behind: int, lookahead: int) -> Iterator[tuple[int, int, np.ndarray, int]]:
    """(begin, end, samples for the network, frames to skip) for frames begin to end, with all the sound they depend
    on."""
    for begin in range(0, total, WINDOW):
        end = min(begin + WINDOW, total)
        first = max(0, begin - behind) // 2 * 2  # the network halves the rate
        last = min(end + lookahead, total)
        last += (last - first) % 2
        low, high = first * HOP - MARGIN, last * HOP + MARGIN
        window = samples[max(0, low) : max(0, min(high, len(samples)))].astype(np.float32)
        before = max(0, -low)
        yield begin, end, np.pad(window, (before, high - low - before - len(window))), begin - first


def track_of(probabilities: SoundProbabilities, source: str) -> PhoneTrack:
    """A PhoneTrack: the probabilities of sounds added up to those of phones."""
    posteriors = probabilities.sounds @ folding()
    flags = dict(zip(FLAGS, np.ascontiguousarray(probabilities.flags.T), strict=True))
    segments = segments_of(_sequence(posteriors))
    silent = posteriors[:, INDEX["SIL"]]
    return PhoneTrack(
        posteriors, segments, source, **flags, speech=_voice(probabilities), breath=silent * probabilities.breath,
        pause=silent * (1 - probabilities.breath), bands=probabilities.bands,
    )  # fmt: skip


def _voice(probabilities: SoundProbabilities) -> np.ndarray:
    return np.ascontiguousarray(probabilities.flags[:, FLAGS.index("voice")])


def _sequence(posteriors: np.ndarray) -> np.ndarray:
    """(T,) the most probable phones where every change costs SWITCH (Viterbi)."""
    score = np.log(posteriors + 1e-6)
    value = score[0].copy()
    backpointers = np.empty(score.shape, np.uint8)
    stay = np.arange(score.shape[1], dtype=np.uint8)
    for t in range(1, len(score)):
        best = int(value.argmax())
        switched = value[best] - SWITCH
        backpointers[t] = np.where(value >= switched, stay, best)
        value = np.maximum(value, switched) + score[t]
    path = np.empty(len(score), int)
    path[-1] = value.argmax()
    for t in range(len(score) - 1, 0, -1):
        path[t - 1] = backpointers[t, path[t]]
    return path


@functools.lru_cache(maxsize=2)
def recogniser(weights: Path = WEIGHTS) -> AcousticModel:
    """The network, loaded once. RecognitionError where its file is damaged."""
    return load(weights)
