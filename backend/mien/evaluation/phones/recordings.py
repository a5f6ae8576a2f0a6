# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings of people with transcripts, from Debian packages: phone recognisers are tested on them, never trained.

Debian's `asterisk-core-sounds-LANGUAGE-g722` (telephone prompts at 16 kHz; CC-BY-SA 3.0) with the texts of
`asterisk-core-sounds-LANGUAGE`, and `pocketsphinx-testdata`. Read where the packages put them, never copied.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from mien.audio.speech import RATE, Speech, SpeechError, read_speech

DATA = Path("/usr/share")  # where Debian puts what the packages carry
# Language: the folder of its speaker
SPEAKERS = {
    "en": "en_US_f_Allison", "es": "es_MX_f_Allison", "fr": "fr_CA_f_June", "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}  # fmt: skip
LEAST = 0.7  # seconds: shorter prompts are single letters and digits
LINE = re.compile(r"([\w/.+-]+)\s*:\s*(.+)")
TRANSCRIBED = re.compile(r"<s> (.+?)\s*</s> \(([\w-]+)\)")
SAYABLE = re.compile(r"[^\W\d_]")
# What stands in a text and is not said, or is said in more than one way: notes in brackets, signs, numbers of more
# than one digit, letters with digits ("H.323"), a "?" that was an accented letter, names in capitals ("IAX2")
UNCLEAR = re.compile(r"[\[\](){}<>*#@$%+=/]|\d\d|[^\W\d_][.-]?\d|\d[.-]?[^\W\d_]|\?\s*[a-zà-ÿ]|\b[A-ZА-Я][A-ZА-Я]+\b")
# Transcripts of the sounds of pocketsphinx-testdata that come without one, from the project's own tests
SINGLE = {"goforward": "go forward ten meters", "something": "go somewhere and do something",
          "tidigits/dhd.2934z": "two nine three four zero"}  # fmt: skip


@dataclass(frozen=True)
class Prompt:
    """One recording and its transcript."""

    source: str  # "asterisk" or "pocketsphinx"
    language: str  # ISO 639-1
    voice: str
    path: Path
    text: str

    def read(self) -> Speech:
        """The sound. SpeechError where it cannot be read."""
        if self.path.suffix == ".g722":
            return _headless(self.path, "g722")
        if self.path.suffix == ".raw":
            words = np.frombuffer(self.path.read_bytes(), "<i2")
            return Speech.from_samples(words / np.float32(32768), self.path.name)
        return read_speech(self.path)


def find_prompts(data: Path = DATA) -> list[Prompt]:
    """Every prompt of the packages installed under `data` whose text is verbatim, in a fixed order."""
    prompts = [prompt for language in SPEAKERS for prompt in _asterisk(data, language)]
    return prompts + list(_pocketsphinx(data / "pocketsphinx" / "test" / "data"))


def plain(text: str) -> bool:
    """Whether a transcript is verbatim: all its words are spoken, in one way."""
    return bool(SAYABLE.search(text)) and not UNCLEAR.search(text)


def _asterisk(data: Path, language: str) -> Iterator[Prompt]:
    sounds = data / "asterisk" / "sounds" / SPEAKERS[language]
    package = f"asterisk-core-sounds-{language}"
    texts = data / "doc" / package / f"core-sounds-{language}.txt.gz"
    if not texts.is_file():
        return
    with gzip.open(texts, "rt", encoding="utf-8-sig") as lines:
        for line in lines:
            entry = LINE.fullmatch(line.strip())
            if entry is None or not plain(entry[2]):
                continue
            path = sounds / f"{entry[1]}.g722"
            if not path.is_file():
                continue
            if path.stat().st_size * 2 >= LEAST * RATE:  # g722 packs two samples into a byte
                yield Prompt("asterisk", language, SPEAKERS[language].rpartition("_")[2], path, entry[2])


def _pocketsphinx(folder: Path) -> Iterator[Prompt]:
    for name, voice in (("librivox/transcription", "LibriVox"), ("cards/cards.transcription", "cards")):
        texts = folder / name
        for line in texts.read_text("utf-8").splitlines() if texts.is_file() else ():
            entry = TRANSCRIBED.match(line)
            if entry:
                yield Prompt("pocketsphinx", "en", voice, texts.parent / f"{entry[2]}.wav", entry[1])
    for name, text in SINGLE.items():
        if (folder / f"{name}.raw").is_file():
            yield Prompt("pocketsphinx", "en", "commands", folder / f"{name}.raw", text)


def _headless(path: Path, codec: str) -> Speech:
    """A sound that is nothing but the codec's data."""
    try:
        with av.open(str(path), format=codec) as container:
            parts = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    except av.FFmpegError as error:
        raise SpeechError(f"{path.name} cannot be read as {codec}: {error.strerror}.") from error
    return Speech.from_samples(np.concatenate(parts) / np.float32(32768), path.name)
