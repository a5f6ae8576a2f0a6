# SPDX-License-Identifier: GPL-3.0-or-later
"""The corpus on disk: units of about a minute of one voice, each a FLAC file and a JSON file of its phones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from mien.files.atomic import atomic_path, write_whole
from mien.training.speech_corpus.utterance import RATE, CorpusError, Timed, Utterance, Voice


@dataclass(frozen=True)
class Unit:
    """A unit of the corpus: the path of its sound, its voice, all its phones, and the ends of its utterances in seconds
    of the unit."""

    sound: Path
    voice: Voice
    phones: tuple[Timed, ...]
    ends: tuple[float, ...]

    @property
    def seconds(self) -> float:
        return self.ends[-1]

    @property
    def name(self) -> str:
        return self.sound.stem

    @property
    def key(self) -> str:
        """Its name within the corpus: synthesiser/unit."""
        return f"{self.voice.engine}/{self.name}"

    def samples(self) -> np.ndarray:
        """(N,) int16 at 16 kHz. CorpusError for a file of another rate."""
        samples, rate = soundfile.read(self.sound, dtype="int16")
        if rate != RATE or samples.ndim != 1:
            raise CorpusError(f"{self.sound} is not mono at {RATE} Hz; delete it and build the corpus again.")
        return samples


def write_unit(folder: Path, name: str, seed: int, utterances: list[Utterance]) -> None:
    """Write the sound first, then the phones, so that a unit that has its phones is whole."""
    voice = utterances[0].voice
    begin, entries = 0, []
    for utterance in utterances:
        end = begin + len(utterance.samples)
        phones = [[sound, round(a, 4), round(b, 4)] for sound, a, b in utterance.phones]
        entries.append({"text": utterance.text, "begin": begin, "end": end, "phones": phones})
        begin = end
    folder.mkdir(parents=True, exist_ok=True)
    sound, phones = folder / f"{name}.flac", folder / f"{name}.json"
    samples = np.clip(np.concatenate([utterance.samples for utterance in utterances]), -1, 1)
    with atomic_path(sound) as part:
        soundfile.write(part, samples, RATE, format="FLAC", subtype="PCM_16")
    text = {
        "engine": voice.engine,
        "voice": voice.name,
        "language": voice.language,
        "seed": seed,
        "utterances": entries,
    }
    write_whole(phones, json.dumps(text, ensure_ascii=False, separators=(",", ":")).encode())


def read_unit(phones: Path) -> Unit:
    """The unit of a JSON file."""
    text = json.loads(phones.read_text(encoding="utf-8"))
    timed = [
        (sound, entry["begin"] / RATE + a, entry["begin"] / RATE + b)
        for entry in text["utterances"]
        for sound, a, b in entry["phones"]
    ]
    voice = Voice(text["engine"], text["voice"], text["language"])
    ends = tuple(entry["end"] / RATE for entry in text["utterances"])
    return Unit(phones.with_suffix(".flac"), voice, tuple(timed), ends)


def read_units(folder: Path) -> Iterator[Unit]:
    """All units of a corpus in the order of their names. CorpusError when there are none."""
    files = sorted(folder.glob("*/*.json"))
    if not files:
        raise CorpusError(f"there is no corpus in {folder}; build one with `mien corpus build {folder}`.")
    for file in files:
        yield read_unit(file)
