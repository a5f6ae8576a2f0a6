# SPDX-License-Identifier: GPL-3.0-or-later
"""hibari: a small pupil of Kokoro with one American voice in its package, in a hundredth of the time.

PyPI's `hibari-tts` (Apache-2.0). Its network gives pitch, spectrum and noise apart, so that pitch, melody and breath
can be changed before they become sound.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soxr

from mien.numeric.random_streams import stream
from mien.training.speech_corpus.synthesisers import kokoro_g2p, kokoro_phonemes
from mien.training.speech_corpus.synthesisers.onnx_tts import open_network
from mien.training.speech_corpus.utterance import RATE, CorpusError, Utterance, Voice

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

VOICES = (Voice("hibari", "heart", "en"),)  # the others have to be downloaded from elsewhere
DURATIONS, FRAME = "/Cast_32_output_0", 0.025  # the tensor with how long each letter lasts, and of what seconds
NATIVE_RATE = 24000
SPEEDS = (0.8, 1.3)
PITCHES = (0.6, 1.35)  # times that of the voice, 200 Hz
MELODIES = (0.4, 1.6)  # exponent of the pitch about its middle: flat to lively
BREATHS = (-0.5, 1.0)  # added to the noise's logarithmic spectrum
VOICED = 40.0  # Hz from which its synthesis takes a frame as voiced
LONGEST = 400  # letters, as hibari itself has it
SILENCE = 0.3  # s of silence left before and after


def missing() -> str:
    """What has to be installed, in words; empty when nothing."""
    absent = [name for name in ("hibari", "onnxruntime") if importlib.util.find_spec(name) is None]
    return "hibari is not installed: pip install 'mien[corpus]'" if absent else ""


def say(voice: Voice, text: str, seed: int) -> Utterance:
    """Speak a text; `seed` draws speed, pitch, melody and breath. CorpusError when hibari cannot."""
    if why := missing():
        raise CorpusError(why)
    if voice not in VOICES:
        raise CorpusError(f"hibari is asked for a voice {voice.name!r} ({voice.language}); it has 'heart' (en).")
    from hibari import dsp

    numbers = _vocabulary()
    phonemes = "".join(letter for letter in kokoro_g2p.letters(text, "en") if letter in numbers)
    if not 0 < len(phonemes) <= LONGEST:
        raise CorpusError(f"hibari speaks 1 to {LONGEST} phoneme letters; {text!r} has {len(phonemes)}.")
    random = stream(seed, f"{voice.name} {text}")
    speed, pitch = (np.exp(random.uniform(*np.log(bounds))) for bounds in (SPEEDS, PITCHES))
    melody, breath = random.uniform(*MELODIES), random.uniform(*BREATHS)
    ids = np.array([[0, *(numbers[letter] for letter in phonemes), 0]])
    feeds = {"ids": ids, "speed": np.array([speed], np.float32)}
    *parts, tones, durations = _network().run(None, feeds)
    harmonic, phase, noise, rest, rest_phase = (part[0] for part in parts)
    tones = transposed(tones[0], float(pitch), melody)
    samples = dsp.synth(harmonic, phase, noise + np.float32(breath), rest, rest_phase, tones, random)
    samples = soxr.resample(samples, NATIVE_RATE, RATE)
    samples *= min(1.0, 0.99 / max(1e-9, float(np.abs(samples).max())))
    phones = kokoro_phonemes.timed(phonemes, durations * FRAME, samples, "en")
    if not phones:
        raise CorpusError(f"hibari found nothing to say in {text!r}.")
    return kokoro_phonemes.trimmed(Utterance(voice, text, samples, phones), SILENCE)


def transposed(tones: np.ndarray, pitch: float, melody: float) -> np.ndarray:
    """(F,) Hz with the middle times `pitch` and the distance from it to the power of `melody`; 0 stays unvoiced."""
    voiced = tones > VOICED
    if not voiced.any():
        return tones
    middle = np.exp(np.mean(np.log(tones[voiced])))
    moved = middle * pitch * (np.maximum(tones, VOICED) / middle) ** melody
    return np.where(voiced, np.clip(moved, VOICED + 1, 600), tones).astype(np.float32)


@functools.cache
def _vocabulary() -> dict[str, int]:
    return json.loads((files("hibari") / "assets" / "vocab.json").read_text(encoding="utf-8"))


@functools.cache
def _network() -> InferenceSession:
    from hibari.voices import voice_path

    return open_network(Path(voice_path("heart")), DURATIONS)
