# SPDX-License-Identifier: GPL-3.0-or-later
"""Examples for the network of breaths: synthesised speech whose silences are made anew, with breaths or with what may
be taken for them.

Synthesisers do not breathe. So every silence of a clip is room noise, shorter or longer than it was, and may have air
drawn in before the next phrase or let out after the last, softer than the speech by 12 to 44 dB; or the smack of a
tongue, a click, nothing. Some examples have no speech at all, and no breath. Room, noise and line come on top,
and a frame counts as a breath only where the breath is louder than the rest of what is heard there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

from mien.speech_analysis.inventory import NUMBER, SIL
from mien.speech_analysis.network.features import HOP, RATE
from mien.training.phones.dataset import Dataset
from mien.training.speech_corpus.augmentation import noise, recording_chain
from mien.training.speech_corpus.augmentation.degrade import NOISES, level
from mien.training.speech_corpus.augmentation.nonspeech import SOURCES, breathing, silence
from mien.training.speech_corpus.augmentation.reverberation import reverberate
from mien.training.speech_corpus.voices.pauses import breath

SHORTEST = 0.12  # s: a silence that may have something in it
KEPT = 0.03, 0.02  # s of a silence that stay as they were: the tail of a phone, the beginning of the next
LONGER_SHARE, LONGER = 0.6, 1.6  # of the silences get another length, of at most so many seconds
BREATH_SHARE, OUT_SHARE, CLICK_SHARE = 0.5, 0.3, 0.3
NO_SPEECH = 0.06  # of the examples
BELOW_DB = (12.0, 44.0)  # a breath below the speech
REVERBERANT, NOISY, GATED, FADED = 0.35, 0.85, 0.08, 0.1  # shares of the examples
ROOM = 0.5  # share of the noises that are a steady room's
NOISE_BELOW_DB = (14.0, 65.0)
AUDIBLE_DB, UNSURE_DB = 0.0, -7.0  # breath above the rest of its frame: it is one; between the two nobody can say
QUIETEST_DB = -58.0  # below the speech: not heard
GAIN_DB = (-34.0, -14.0)
LINE = ((recording_chain.equalise, 0.5), (recording_chain.compress, 0.2), (recording_chain.band, 0.08))  # chances
OTHERS = [source for source in SOURCES if source not in (breathing, silence)]  # what is heard and is no breath
AIR = signal.butter(2, (700, 6500), "bandpass", fs=RATE, output="sos")


@dataclass(frozen=True, eq=False)
class BreathExample:
    """samples (N,) float32 at 16 kHz; target (T,) 1 where a breath is heard, 0 where none is; weight (T,) 0 where it
    cannot be said."""

    samples: np.ndarray
    target: np.ndarray
    weight: np.ndarray


def example(dataset: Dataset, rng: np.random.Generator, seconds: float) -> BreathExample:
    """One example of so many seconds; the same `rng` gives the same."""
    frames = int(seconds * RATE / HOP) // 2 * 2
    if rng.random() < NO_SPEECH:
        sound = sum((_other(rng, frames * HOP) for _ in range(int(rng.integers(1, 3)))), np.zeros(frames * HOP))
        sound = (sound / max(1.0, float(np.abs(sound).max()))).astype(np.float32)
        return BreathExample(sound, np.zeros(frames, np.float32), np.ones(frames, np.float32))
    speech, air = _spoken(dataset, rng, frames)
    loud = level(speech)
    if rng.random() < REVERBERANT:
        again = int(rng.integers(2**31))  # the same room for both
        speech, air = (reverberate(part, np.random.default_rng(again)) for part in (speech, air))
    rest = speech
    if rng.random() < NOISY:
        for _ in range(1 + int(rng.random() < 0.2)):
            source = noise.coloured if rng.random() < ROOM else NOISES[rng.integers(len(NOISES))]
            sound = source(rng, len(speech))
            rest = rest + np.float32(loud * 10 ** (-rng.uniform(*NOISE_BELOW_DB) / 20)) * sound
    mixed = rest + air
    open_gate = np.ones(frames)
    if rng.random() < GATED:
        open_gate = _gate(mixed, loud, rng)
    if rng.random() < FADED:  # a recording ends, or begins, with nothing at all
        edge = int(rng.uniform(0.05, 0.6) * RATE / HOP)
        open_gate[slice(None, edge) if rng.random() < 0.4 else slice(frames - edge, None)] = 0
    mixed = mixed * open_gate.repeat(HOP).astype(np.float32)
    target, weight = _targets(air, rest, loud, open_gate)
    for change, chance in LINE:
        if rng.random() < chance:
            mixed = change(mixed, rng)
    mixed = mixed * np.float32(10 ** (rng.uniform(*GAIN_DB) / 20) / level(mixed))
    return BreathExample((mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32), target, weight)


def _spoken(dataset: Dataset, rng: np.random.Generator, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """(speech, air): samples (frames * HOP,) each, of a clip whose silences are made anew."""
    lengths = np.array([len(labels) for labels in dataset.labels], float)
    at = rng.choice(len(lengths), p=lengths / lengths.sum())
    begin = int(rng.integers(max(1, len(dataset.labels[at]) - frames)))
    labels = np.asarray(dataset.labels[at][begin : begin + frames])
    samples = dataset.samples[at][begin * HOP : (begin + frames) * HOP].astype(np.float32) / 32768
    loud = level(samples)
    silent = np.concatenate([[0], labels == NUMBER[SIL], [0]]).astype(np.int8)
    starts, ends = np.flatnonzero(np.diff(silent) == 1), np.flatnonzero(np.diff(silent) == -1)
    parts, airs, done = [], [], 0
    for start, end in zip(starts, ends, strict=True):
        first, last = start * HOP + int(KEPT[0] * RATE), end * HOP - int(KEPT[1] * RATE)
        if last - first < RATE // 25:
            continue
        parts.append(_eased(samples[done:first]))
        airs.append(np.zeros(first - done, np.float32))
        length = int(rng.uniform(SHORTEST, LONGER) * RATE) if rng.random() < LONGER_SHARE else last - first
        silence, air = _silence(rng, length, loud)
        parts.append(silence)
        airs.append(air)
        done = last
    parts.append(_eased(samples[done:]))
    airs.append(np.zeros(len(samples) - done, np.float32))

    def whole(pieces: list[np.ndarray]) -> np.ndarray:
        sound = np.concatenate(pieces)[: frames * HOP]
        return np.pad(sound, (0, frames * HOP - len(sound))).astype(np.float32)

    return whole(parts), whole(airs)


def _silence(rng: np.random.Generator, length: int, loud: float) -> tuple[np.ndarray, np.ndarray]:
    """(what is no breath, breath): samples (length,) each."""
    rest, air = np.zeros(length, np.float32), np.zeros(length, np.float32)
    if length < SHORTEST * RATE:
        return rest, air
    seconds = length / RATE
    if rng.random() < BREATH_SHARE:
        out = rng.random() < OUT_SHARE
        sound = breath(rng, min(seconds - 0.04, float(rng.uniform(0.12, 0.75))))
        if rng.random() < 0.3:  # through a narrow opening: high and thin
            sound = noise.levelled(np.asarray(signal.sosfilt(AIR, sound)))
        gap = int(rng.uniform(0.0, 0.08 if out else 0.16) * RATE)
        begin = gap if out else length - len(sound) - gap
        if rng.random() < 0.15:
            begin = int(rng.integers(length - len(sound) + 1))
        begin = int(np.clip(begin, 0, length - len(sound)))
        air[begin : begin + len(sound)] += sound * np.float32(loud * 10 ** (-rng.uniform(*BELOW_DB) / 20))
    if rng.random() < CLICK_SHARE:
        count = int(rng.integers(1, 4))
        clicks = noise.knocks(
            rng, length, rng.integers(0, length, count), float(np.exp(rng.uniform(np.log(300), np.log(4000)))),
            float(np.exp(rng.uniform(np.log(0.001), np.log(0.02)))),
        )  # fmt: skip
        rest += clicks.astype(np.float32) * np.float32(loud * 10 ** (-rng.uniform(8, 40) / 20))
    return rest, air


def _other(rng: np.random.Generator, length: int) -> np.ndarray:
    """(length,) a sound that is neither speech nor breath, at any level."""
    source = OTHERS[rng.integers(len(OTHERS))]
    sound = noise.levelled(source(rng, length)) * np.float32(10 ** (rng.uniform(-55, -10) / 20))
    if rng.random() < 0.3:  # it begins or ends within
        at = int(rng.integers(length))
        sound[slice(None, at) if rng.random() < 0.5 else slice(at, None)] = 0
    return sound.astype(np.float32)


def _eased(part: np.ndarray) -> np.ndarray:
    """A part of a sound, faded where it was cut."""
    edge = min(RATE // 100, len(part) // 2)
    if not edge:
        return part
    part, ramp = part.copy(), np.linspace(0, 1, edge, dtype=np.float32)
    part[:edge] *= ramp
    part[-edge:] *= ramp[::-1]
    return part


def _gate(mixed: np.ndarray, loud: float, rng: np.random.Generator) -> np.ndarray:
    """(T,) 1 where a noise gate lets the sound through, 0 elsewhere."""
    frames = np.sqrt(np.square(mixed.reshape(-1, HOP)).mean(1))
    wide = np.convolve(frames > loud * 10 ** (-rng.uniform(24, 40) / 20), np.ones(int(rng.integers(5, 25))), "same")
    return (wide > 0).astype(float)


def _targets(air: np.ndarray, rest: np.ndarray, loud: float, gate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(target, weight) (T,) of a breath in what else is heard."""

    def decibels(sound: np.ndarray) -> np.ndarray:
        power = np.square(signal.sosfiltfilt(AIR, sound)).reshape(-1, HOP).mean(1)
        return 10 * np.log10(np.convolve(power, np.hanning(7) / 3, "same") + 1e-14)

    of_air = decibels(air)
    above = of_air - decibels(rest)
    audible = (of_air > 20 * np.log10(loud) + QUIETEST_DB) & (gate > 0)
    target = audible & (above > AUDIBLE_DB)
    unsure = audible & ~target & (above > UNSURE_DB)
    return target.astype(np.float32), (~unsure).astype(np.float32)
