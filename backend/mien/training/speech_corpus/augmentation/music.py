# SPDX-License-Identifier: GPL-3.0-or-later
"""Music, each `(rng, n) -> (n,) float32` with an effective value of 1: to mix with speech, and as a sound without
speech."""

from __future__ import annotations

import functools

import numpy as np

from mien.training.speech_corpus.augmentation.noise import coloured, levelled
from mien.training.speech_corpus.utterance import RATE

SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9), (0, 3, 5, 7, 10))
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 5, 7), (0, 4, 7, 10), (0, 3, 7, 10), (0, 7, 12))
BEDS, BED_S = 24, 8


def note(rng: np.random.Generator, hertz: float, seconds: float, voice: dict[str, float]) -> np.ndarray:
    """(N,) a tone of `voice`: `overtones` (count), `fall` (dB an octave), `odd` (how far even ones are weaker, 0..1),
    `attack` and `decay` (s; infinite for a held note), `vibrato` (share of the pitch), `stretch` (inharmonicity)."""
    at = np.arange(int(seconds * RATE)) / RATE
    orders = np.arange(1, int(voice["overtones"]) + 1)
    orders = orders[orders * hertz < 0.46 * RATE]
    if not len(orders):
        return np.zeros(len(at), np.float32)
    turn = hertz * at + voice["vibrato"] * hertz / (2 * np.pi * 5.5) * np.sin(2 * np.pi * 5.5 * at + rng.uniform(0, 6))
    phase = (2 * np.pi * turn).astype(np.float32)
    sound = np.zeros(len(at), np.float32)
    for order in orders:
        height = 10.0 ** (-voice["fall"] * np.log2(order) / 20.0) * (1.0 - voice["odd"] * (order % 2 == 0))
        tone = np.sin(
            np.float32(order * np.sqrt(1.0 + voice["stretch"] * order**2)) * phase + np.float32(rng.uniform(0, 6))
        )
        fade = np.exp(-at * order**0.5 / voice["decay"]).astype(np.float32)
        sound += np.float32(height) * tone * fade
    gain = np.minimum(at / voice["attack"], 1.0) * np.clip((at[-1] - at) / 0.03, 0.0, 1.0)
    return sound * gain.astype(np.float32)


def instrument(rng: np.random.Generator) -> dict[str, float]:
    """Something plucked or struck, or held as an organ, a flute, a bowed string or a synthesiser is."""
    held = rng.random() < 0.5
    return {
        "overtones": int(rng.integers(1, 14)),
        "fall": rng.uniform(2.0, 14.0),
        "odd": rng.choice([0.0, 0.0, 1.0]) * rng.random(),
        "attack": rng.uniform(0.02, 0.2) if held else rng.uniform(0.001, 0.008),
        "decay": np.inf if held else float(np.exp(rng.uniform(np.log(0.1), np.log(2.0)))),
        "vibrato": rng.choice([0.0, 0.01]) * rng.random() * held,
        "stretch": 0.0 if held else rng.choice([0.0, 4e-4, 8e-3]) * rng.random(),
    }


def drum(rng: np.random.Generator, kind: int) -> np.ndarray:
    """(N,) a bass drum (0), a snare (1) or a cymbal (2)."""
    at = np.arange(int(0.25 * RATE)) / RATE
    air = coloured(rng, len(at), (2.0, 0.0, -1.0)[kind])
    if kind == 2:
        return air * np.exp(-at / rng.uniform(0.02, 0.1)).astype(np.float32)
    hertz = rng.uniform(45.0, 75.0) if kind == 0 else rng.uniform(150.0, 220.0)
    skin = np.sin(2 * np.pi * (hertz * at - hertz * 0.06 * np.exp(-at / 0.02)))
    sound = skin * np.exp(-at / 0.09) + (kind == 1) * 0.7 * air * np.exp(-at / 0.07) + 0.05 * air * np.exp(-at / 0.004)
    return (2.0 * sound).astype(np.float32)


def add_part(sound: np.ndarray, part: np.ndarray, seconds: float, height: float) -> None:
    """Add a part that begins at `seconds`; what lies past the end is left out."""
    begin = int(seconds * RATE)
    if begin < len(sound):
        sound[begin : begin + len(part)] += np.float32(height) * part[: len(sound) - begin]


def music(rng: np.random.Generator, n: int) -> np.ndarray:
    """A tune, its chords, a bass and drums, any of them missing, in a scale and a pulse of its own."""
    sound = np.zeros(n, np.float32)
    beat = 60.0 / rng.uniform(60.0, 170.0)
    root = 55.0 * 2.0 ** (rng.integers(12) / 12.0)
    scale = SCALES[rng.integers(len(SCALES))]
    beats = int(n / RATE / beat) + 1
    parts = rng.random(4) < (0.7, 0.6, 0.5, 0.4)
    if not parts.any():
        parts[rng.integers(4)] = True
    if parts[0]:
        voice, octave, degree = instrument(rng), float(rng.choice([2.0, 4.0, 8.0])), int(rng.integers(7))
        at = 0.0
        while at < beats:
            length = float(rng.choice([0.25, 0.5, 0.5, 1.0, 1.0, 2.0]))
            degree = int(np.clip(degree + rng.integers(-3, 4), -4, 11))
            step = scale[degree % len(scale)] + 12 * (degree // len(scale))
            if rng.random() < 0.85:
                tone = note(
                    rng, root * octave * 2.0 ** (step / 12.0), length * beat * rng.uniform(0.6, 1.3) + 0.05, voice
                )
                add_part(sound, tone, at * beat, rng.uniform(0.5, 1.0))
            at += length
    chord_voice, bass_voice = instrument(rng), instrument(rng)
    bar = int(rng.choice([2, 3, 4]))
    pattern = rng.random((3, 2 * bar)) < np.array([[0.3], [0.25], [0.6]])
    kit = [drum(rng, kind) for kind in range(3)]
    for first in range(0, beats, bar):
        base = root * 2.0 ** (scale[rng.integers(len(scale))] / 12.0)
        if parts[1]:
            for step in CHORDS[rng.integers(len(CHORDS))]:
                tone = note(rng, base * 4.0 * 2.0 ** (step / 12.0), bar * beat, chord_voice)
                add_part(sound, tone, first * beat, 0.3)
        if parts[2]:
            add_part(sound, note(rng, base, bar * beat * rng.uniform(0.3, 1.0) + 0.05, bass_voice), first * beat, 0.8)
        if parts[3]:
            for kind, half in zip(*np.nonzero(pattern), strict=True):
                add_part(sound, kit[kind], (first + half / 2.0) * beat, rng.uniform(0.2, 0.7))
    return levelled(sound)


@functools.cache
def beds() -> tuple[np.ndarray, ...]:
    """`BEDS` pieces of `BED_S` seconds, always the same ones: music costs too much to be played anew every time."""
    rng = np.random.default_rng(24)
    return tuple(music(rng, BED_S * RATE) for _ in range(BEDS))


def bed(rng: np.random.Generator, n: int) -> np.ndarray:
    """Music cut out of one of the beds, at a speed of its own (0.7 to 1.4 times)."""
    piece = np.roll(beds()[rng.integers(BEDS)], -int(rng.integers(BED_S * RATE)))
    at = np.arange(n) * rng.uniform(0.7, 1.4) % (len(piece) - 1)
    return levelled(np.interp(at, np.arange(len(piece)), piece))
