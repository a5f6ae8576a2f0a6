# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds without speech, which the phone recogniser has to label as silence: each `(rng, n) -> (n,) float32`.

Bells, barks, traffic, music: synthesised, drawn widely, for no free recordings come as packages.
"""

from __future__ import annotations

import numpy as np
from scipy import signal

from mien.training.speech_corpus.augmentation import noise
from mien.training.speech_corpus.augmentation.music import add_part, bed, instrument, music, note
from mien.training.speech_corpus.augmentation.noise import coloured, formants, knocks, levelled, wander
from mien.training.speech_corpus.utterance import RATE
from mien.training.speech_corpus.voices.pauses import breath


def tone(rng: np.random.Generator, n: int) -> np.ndarray:
    """One to four steady tones, sines, squares or saws, beating or pulsing or not."""
    at = np.arange(n) / RATE
    sound = np.zeros(n)
    for _ in range(int(rng.integers(1, 5))):
        turn = np.exp(rng.uniform(np.log(50.0), np.log(6000.0))) * at + rng.random()
        shape = int(rng.integers(3))
        wave = (np.sin(2 * np.pi * turn), np.sign(np.sin(2 * np.pi * turn)), 2.0 * (turn % 1.0) - 1.0)[shape]
        sound += rng.uniform(0.2, 1.0) * wave
    if rng.random() < 0.4:
        sound *= (at * rng.uniform(0.5, 12.0) + rng.random()) % 1.0 < rng.uniform(0.2, 0.9)
    return sound


def sweep(rng: np.random.Generator, n: int) -> np.ndarray:
    """Tones that glide: sweeps, sirens, whistles, alarms, with a few overtones."""
    at = np.arange(n) / RATE
    kind = int(rng.integers(4))
    rate = np.exp(rng.uniform(np.log(0.1), np.log(6.0)))
    if kind == 0:  # up and down evenly
        glide = signal.sawtooth(2 * np.pi * (rate * at + rng.random()), rng.choice([0.0, 0.5, 1.0]))
    elif kind == 1:
        glide = np.sin(2 * np.pi * (rate * at + rng.random()))
    elif kind == 2:  # two tones in turn
        glide = np.sign(np.sin(2 * np.pi * (rate * at + rng.random())))
    else:
        glide = wander(rng, n, 2 + int(n / RATE * 2.0 * rate), 0.7)
    hertz = np.exp(rng.uniform(np.log(150.0), np.log(3000.0))) * 2.0 ** (np.clip(glide, -2, 2) * rng.uniform(0.05, 1.2))
    turn = 2 * np.pi * np.cumsum(np.minimum(hertz, 7000.0)) / RATE
    overtones = int(rng.integers(1, 7))
    fall = rng.uniform(0.5, 2.0)
    tones = [np.sin(k * turn) / k**fall * (k * hertz < 7800.0) for k in range(1, overtones + 1)]
    return np.sum(tones, axis=0)


def bursts(rng: np.random.Generator, n: int) -> np.ndarray:
    """Noise in bursts, even or not: hisses, scrapes, footsteps in gravel, a saw, a train."""
    at = np.arange(n) / RATE
    if rng.random() < 0.5:
        rate = rng.uniform(0.5, 9.0)
        gain = ((at * rate + rng.random()) % 1.0 < rng.uniform(0.1, 0.8)).astype(float)
        gain = signal.lfilter([1.0 - (keep := rng.uniform(0.98, 0.9995))], [1.0, -keep], gain)
    else:
        gain = 10.0 ** (wander(rng, n, 2 + int(n / RATE * rng.uniform(2.0, 12.0)), rng.uniform(6.0, 16.0)) / 20.0)
    return coloured(rng, n, rng.uniform(-1.0, 2.0), rng.uniform(0.0, 8.0)) * np.minimum(gain, 10.0)


def cry(rng: np.random.Generator, seconds: float, hertz: float, shape: np.ndarray, rough: float) -> np.ndarray:
    """(N,) one call of a throat that is not human: pulses at `hertz` times the curve `shape` over its time, `rough`
    (0..1) of them uneven and noisy, through two to four formants of a muzzle that opens and shuts."""
    n = max(int(seconds * RATE), 64)
    pitch = hertz * np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(shape)), shape)
    pitch = pitch * np.exp(
        np.interp(np.arange(n), np.arange(0, n + 80, 80), rng.normal(0, 0.25 * rough, -(-n // 80) + 1))
    )
    turn = np.cumsum(pitch) / RATE
    pulses = np.diff(np.floor(turn), prepend=0.0) * rng.uniform(1.0 - 0.6 * rough, 1.0, n)
    source = pulses + rough * rng.uniform(0.02, 0.4) * rng.standard_normal(n)
    scale = np.exp(rng.uniform(np.log(0.6), np.log(2.2)))
    centres = np.minimum(np.cumsum(rng.uniform(350.0, 1300.0, rng.integers(2, 5))) * scale, 7200.0)
    throat = formants(source, centres, centres * rng.uniform(0.06, 0.25))
    at = np.linspace(0.0, 1.0, n)
    peak = rng.uniform(0.05, 0.5)
    return levelled(throat * np.minimum(at / peak, (1.0 - at) / (1.0 - peak)) ** rng.uniform(0.6, 1.6))


def animal(rng: np.random.Generator, n: int) -> np.ndarray:
    """Calls in groups: dogs (short, rough, falling), cats, cattle, gulls and crows, small birds, frogs."""
    length, hertz, rough, gap = (
        ((0.08, 0.3), (180.0, 900.0), (0.3, 1.0), (0.1, 0.8)),  # dog
        ((0.06, 0.25), (300.0, 1300.0), (0.2, 0.9), (0.08, 0.5)),  # small dog
        ((0.4, 1.5), (80.0, 250.0), (0.3, 0.9), (0.3, 1.5)),  # growl, moo
        ((0.3, 1.2), (350.0, 900.0), (0.0, 0.4), (0.3, 2.0)),  # cat, howl
        ((0.15, 0.6), (600.0, 1800.0), (0.2, 1.0), (0.1, 0.8)),  # crow, gull
        ((0.03, 0.2), (1800.0, 5000.0), (0.0, 0.1), (0.03, 0.4)),  # bird
        ((0.05, 0.25), (60.0, 140.0), (0.1, 0.6), (0.1, 0.6)),  # frog
    )[rng.integers(7)]
    sound = np.zeros(n, np.float32)
    base = np.exp(rng.uniform(*np.log(hertz)))
    shape = np.array([(0.7, 1.2, 0.8), (1.2, 1.0, 0.6), (0.8, 1.0, 1.25), (1.0, 1.0, 1.0)])[rng.integers(4)]
    typical = rng.uniform(*length)
    at = rng.uniform(0.0, 0.5)
    while at < n / RATE:
        for _ in range(int(rng.integers(1, 5))):
            voice = cry(
                rng, typical * rng.uniform(0.7, 1.4), base * rng.uniform(0.88, 1.12), shape, rng.uniform(*rough)
            )
            add_part(sound, voice, at, rng.uniform(0.5, 1.0))
            at += len(voice) / RATE + rng.uniform(*gap)
        at += rng.exponential(0.6)
    return sound


def strikes(rng: np.random.Generator, n: int) -> np.ndarray:
    """Knocks at a door, hammering, steps, dishes: groups of damped strikes, from dull wood to ringing metal."""
    times, at = [], rng.uniform(0.0, 0.5)
    every = rng.uniform(0.08, 0.7)
    while at < n / RATE:
        count = int(rng.integers(1, 8))
        times += [at + i * every * rng.uniform(0.92, 1.08) for i in range(count)]
        at += count * every + rng.exponential(0.7)
    hertz, decay = np.exp(rng.uniform(np.log([60.0, 0.004]), np.log([2500.0, 0.12])))
    return knocks(rng, n, (np.array(times) * RATE).astype(int), hertz, decay)


def bell(rng: np.random.Generator, n: int) -> np.ndarray:
    """Telephones, chimes, door bells: the same few ringing notes again and again."""
    sound = np.zeros(n, np.float32)
    voice = instrument(rng) | {"stretch": rng.choice([0.0, 0.02]) * rng.random()}
    tune = [(rng.uniform(400.0, 2600.0), rng.uniform(0.04, 0.7)) for _ in range(int(rng.integers(1, 6)))]
    times, rest = int(rng.integers(1, 10)), rng.uniform(0.2, 2.0)
    notes = [note(rng, hertz, seconds + 0.02, voice) for hertz, seconds in tune]
    at = rng.uniform(0.0, 0.5)
    while at < n / RATE:
        for _ in range(times):
            for ring, (_, seconds) in zip(notes, tune, strict=True):
                add_part(sound, ring, at, 1.0)
                at += seconds
        at += rest
    return sound


def applause(rng: np.random.Generator, n: int) -> np.ndarray:
    """Many hands, rain, fire, frying: very many short grains, now denser, now sparser."""
    density = np.exp(rng.uniform(np.log(20.0), np.log(1500.0))) / RATE
    swell = np.exp(wander(rng, n, 2 + int(n / RATE), 0.6))
    grains = (rng.random(n) < density * swell) * rng.exponential(1.0, n)
    length = int(rng.uniform(0.001, 0.012) * RATE) + 8
    kernel = rng.standard_normal(length) * np.exp(-np.arange(length) / (length / 4.0))
    return signal.oaconvolve(grains, kernel)[:n] + 0.02 * coloured(rng, n)


def breathing(rng: np.random.Generator, n: int) -> np.ndarray:
    """Somebody or something that breathes, pants, snores a little, or sniffs, and says nothing."""
    sound = np.zeros(n, np.float32)
    at, length = rng.uniform(0.0, 0.5), np.exp(rng.uniform(np.log(0.12), np.log(1.2)))
    while at < n / RATE:
        air = breath(rng, length * rng.uniform(0.7, 1.3))
        if rng.random() < 0.2:
            air = air * (1.0 + np.sin(2 * np.pi * rng.uniform(18.0, 45.0) * np.arange(len(air)) / RATE)).astype(
                np.float32
            )
        add_part(sound, air, at, rng.uniform(0.3, 1.0))
        at += len(air) / RATE + rng.uniform(0.05, 1.0) * length
    return sound


def engine(rng: np.random.Generator, n: int) -> np.ndarray:
    """Motors, drills, mowers: a buzz with many overtones whose speed wanders, and air."""
    hertz = np.exp(rng.uniform(np.log(18.0), np.log(260.0)) + wander(rng, n, 2 + n // RATE, rng.uniform(0.01, 0.3)))
    pulses = np.diff(np.floor(np.cumsum(hertz) / RATE), prepend=0.0)
    centres = np.sort(rng.uniform(100.0, 5000.0, 3))
    buzz = formants(pulses, centres, centres * rng.uniform(0.2, 0.8))
    return levelled(buzz) + rng.uniform(0.05, 1.0) * coloured(rng, n, rng.uniform(0.0, 1.5), 5.0)


def silence(rng: np.random.Generator, n: int) -> np.ndarray:
    """Nothing at all, or the last bits of a converter."""
    return rng.choice([0.0, 1.0]) * np.round(rng.normal(0.0, rng.uniform(0.2, 2.0), n))


# Weights: sounds with a pitch or a rhythm are taken for speech most often, so they come most often.
SOURCES = {
    tone: 2, sweep: 2, music: 5, animal: 5, bursts: 2, strikes: 2, bell: 2, applause: 1, breathing: 2, engine: 2,
    noise.coloured: 2, noise.hum: 1, noise.fan: 1, noise.swells: 2, noise.clicks: 2, silence: 1,
}  # fmt: skip


def nonspeech(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """(N,) float32 at 16 kHz within [-1, 1]: one or two kinds of sound at once, at any level, sometimes only for a
    while. The same `rng` gives the same sound."""
    n = int(round(seconds * RATE))
    kinds, weights = list(SOURCES), np.array(list(SOURCES.values()), float)
    sound = np.zeros(n, np.float32)
    for _ in range(1 + int(rng.random() < 0.25)):
        source = kinds[rng.choice(len(kinds), p=weights / weights.sum())]
        samples = _tune(rng, n) if source is music else source(rng, n)
        gain = np.float32(10.0 ** (rng.uniform(-55.0, -8.0) / 20.0))
        sound += (1 / 32768 if source is silence else gain) * (samples if source is silence else levelled(samples))
    if rng.random() < 0.2 and n > RATE // 5:  # it begins or ends within
        at = int(rng.integers(n))
        sound[slice(None, at) if rng.random() < 0.5 else slice(at, None)] *= np.float32(rng.choice([0.0, 0.03]))
    sound += rng.standard_normal(n, dtype=np.float32) * np.float32(10.0 ** rng.uniform(-6.0, -3.5))
    return (sound / max(1.0, float(np.abs(sound).max(initial=0.0)))).astype(np.float32)


def _tune(rng: np.random.Generator, n: int) -> np.ndarray:
    """Music, new for every third example and cut out of the beds otherwise."""
    return music(rng, n) if rng.random() < 1 / 3 else bed(rng, n)
