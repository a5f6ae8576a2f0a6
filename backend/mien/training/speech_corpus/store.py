# SPDX-License-Identifier: GPL-3.0-or-later
"""A corpus on disk: units of about a minute, each one voice, as a FLAC file and a JSON file of its phones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from mien.training.speech_corpus.utterance import RATE, CorpusError, Timed, Utterance, Voice


@dataclass(frozen=True)
class Unit:
    """One unit of a corpus: where its sound lies, who speaks, all its phones, and when its utterances end, in seconds
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
        """Its name in the whole corpus."""
        return f"{self.voice.engine}/{self.name}"

    def samples(self) -> np.ndarray:
        """(N,) int16 at 16 kHz."""
        samples, rate = soundfile.read(self.sound, dtype="int16")
        if rate != RATE or samples.ndim != 1:
            raise CorpusError(f"{self.sound} is not mono at {RATE} Hz; delete it and build the corpus again.")
        return samples


def write_unit(folder: Path, name: str, seed: int, utterances: list[Utterance]) -> None:
    """The sound first, then the phones, so that a unit that has its phones is whole."""
    voice = utterances[0].voice
    begin, entries = 0, []
    for said in utterances:
        end = begin + len(said.samples)
        phones = [[sound, round(a, 4), round(b, 4)] for sound, a, b in said.phones]
        entries.append({"text": said.text, "begin": begin, "end": end, "phones": phones})
        begin = end
    folder.mkdir(parents=True, exist_ok=True)
    sound, phones = folder / f"{name}.flac", folder / f"{name}.json"
    samples = np.clip(np.concatenate([said.samples for said in utterances]), -1, 1)
    part = sound.with_suffix(".part")
    soundfile.write(part, samples, RATE, format="FLAC", subtype="PCM_16")
    part.replace(sound)
    text = {
        "engine": voice.engine,
        "voice": voice.name,
        "language": voice.language,
        "seed": seed,
        "utterances": entries,
    }
    part = phones.with_suffix(".part")
    part.write_text(json.dumps(text, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    part.replace(phones)


def read_unit(phones: Path) -> Unit:
    """Of the JSON file of a unit."""
    text = json.loads(phones.read_text(encoding="utf-8"))
    timed = [
        (sound, said["begin"] / RATE + a, said["begin"] / RATE + b)
        for said in text["utterances"]
        for sound, a, b in said["phones"]
    ]
    voice = Voice(text["engine"], text["voice"], text["language"])
    ends = tuple(said["end"] / RATE for said in text["utterances"])
    return Unit(phones.with_suffix(".flac"), voice, tuple(timed), ends)


def read_units(folder: Path) -> Iterator[Unit]:
    """All units, in the order of their names. CorpusError when there are none."""
    files = sorted(folder.glob("*/*.json"))
    if not files:
        raise CorpusError(f"there is no corpus in {folder}; build one with `mien corpus build {folder}`.")
    for file in files:
        yield read_unit(file)
