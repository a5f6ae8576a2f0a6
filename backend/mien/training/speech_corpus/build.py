# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the speech corpus: how much each voice speaks, in parallel, continuing a build that was stopped.

The same seed and hours give the same units, whatever the number of processes and however often it was stopped.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.batch.process_pool import map_unordered
from mien.training.speech_corpus.store import write_unit
from mien.training.speech_corpus.text import sentences
from mien.training.speech_corpus.utterance import RATE, CorpusError, Utterance, Voice

UNIT = 60.0  # seconds
# Share of the hours. Variety of voices matters most, so the slow neural voices get as much as time allows; flite and
# festival have the exact times (docs/corpus.md, "Prototype").
SHARES = {"kokoro": 0.18, "hibari": 0.24, "flite": 0.24, "festival": 0.22, "espeak": 0.12}
ENGLISH = {"kokoro": 0.5, "festival": 0.4, "espeak": 0.15}  # share of English where an engine has other languages
# Share of the sentences whose voice is changed by WORLD; most for hibari, which has one voice.
WARPED = {"kokoro": 0.15, "hibari": 0.8, "flite": 0.4, "festival": 0.3, "espeak": 0.2}
# Voices that are kept from training, (synthesiser, voice): several languages, both sexes, both kinds of synthesis
HELD_OUT = frozenset(
    {
        ("kokoro", "af_nova"), ("kokoro", "am_michael"), ("kokoro", "bm_lewis"), ("kokoro", "em_santa"),
        ("kokoro", "hf_beta"), ("kokoro", "im_nicola"), ("kokoro", "jm_kumo"), ("kokoro", "pm_alex"),
        ("kokoro", "zf_xiaoni"), ("flite", "awb"), ("festival", "ked"), ("festival", "czech_machac"),
        ("festival", "suo_fi_mv"),
    }
)  # fmt: skip
HELD_OUT_UNITS = 2  # of each
PAUSE = (0.05, 0.9)  # seconds between sentences
TRIES = 8  # sentences that a synthesiser may refuse in a row


@dataclass(frozen=True)
class UnitRequest:
    """A unit to be made: `voice` speaks sentences chosen by `seed`; `number` counts the units of the voice."""

    voice: Voice
    number: int
    seed: int

    @property
    def name(self) -> str:
        return f"{self.voice.name}-{self.voice.language}-{self.number:03d}"


def plan(voices: dict[str, tuple[Voice, ...]], hours: float, seed: int) -> list[UnitRequest]:
    """Requests for all synthesisers in `voices`, each independent of the others: one that is installed later only adds
    units."""
    total = sum(SHARES.values())
    requests = []
    for engine, all_voices in voices.items():
        units = round(hours * 3600 / UNIT * SHARES[engine] / total)
        groups = _groups(engine, all_voices)
        due = dict.fromkeys(groups, 0.0)
        turns = {group: itertools.cycle(members) for group, (_, members) in groups.items()}
        numbers: dict[Voice, int] = {}
        for _ in range(units):
            for group, (share, _) in groups.items():
                due[group] += share
            group = max(due, key=lambda g: due[g])
            due[group] -= 1
            turn = itertools.islice(turns[group], len(groups[group][1]))
            voice = next((v for v in turn if not _has_enough(engine, v, numbers.get(v, -1) + 1)), None)
            if voice is None:  # nothing but held-out voices
                continue
            number = numbers[voice] = numbers.get(voice, -1) + 1
            requests.append(UnitRequest(voice, number, _seed(seed, engine, voice.name, voice.language, number)))
    return requests


def _has_enough(engine: str, voice: Voice, units: int) -> bool:
    """Whether a voice needs no more than so many units."""
    return (engine, voice.name) in HELD_OUT and units >= HELD_OUT_UNITS


def build(
    folder: Path, hours: float, seed: int, jobs: int, engines: list[str], progress: Callable[[float, str], None]
) -> list[str]:
    """Make the units that the corpus in `folder` lacks; returns a sentence for each synthesiser that is not installed.

    CorpusError when none is installed, when a synthesiser refuses its sentences, and when the disk has no room.
    """
    voices, absent = {}, []
    for engine in engines:
        why = importlib.import_module(f"mien.training.speech_corpus.synthesisers.{engine}").missing()
        if why:
            absent.append(why)
        else:
            voices[engine] = voices_of(engine)
    if not voices:
        raise CorpusError("no speech synthesiser is here. " + " ".join(absent))
    share = sum(SHARES[engine] for engine in voices) / sum(SHARES.values())
    size = hours * 3600 * share * RATE  # FLAC takes about one byte a sample
    free = shutil.disk_usage(_existing(folder)).free
    if size > free:
        raise CorpusError(
            f"{hours:g} hours take about {size / 1e9:.1f} GB, and {folder} has {free / 1e9:.1f} GB free; "
            "ask for fewer hours or name another folder."
        )
    requests = plan(voices, hours, seed)
    if not requests:
        raise CorpusError(f"{hours:g} hours are less than a unit of {UNIT:g} s of any synthesiser here; ask for more.")
    missing = [unit for unit in requests if not (folder / unit.voice.engine / f"{unit.name}.json").exists()]
    progress(1 - len(missing) / len(requests), "")
    # slow synthesisers first, so that the processes end together
    missing.sort(key=lambda unit: list(SHARES).index(unit.voice.engine))
    for i, request in enumerate(
        map_unordered(jobs, functools.partial(make, folder), missing), len(requests) - len(missing) + 1
    ):
        progress(i / len(requests), f"{request.voice.engine} {request.name}")
    return absent


def voices_of(engine: str) -> tuple[Voice, ...]:
    """The installed voices of a synthesiser."""
    module = importlib.import_module(f"mien.training.speech_corpus.synthesisers.{engine}")
    return module.voices() if hasattr(module, "voices") else module.VOICES


def make(folder: Path, request: UnitRequest) -> None:
    """Synthesise and write one unit."""
    rng = np.random.default_rng(request.seed)
    utterances: list[Utterance] = []
    seconds = 0.0
    for utterance in _utterances(request, rng):
        utterances.append(utterance)
        seconds += utterance.seconds
        if seconds >= UNIT:
            break
    write_unit(folder / request.voice.engine, request.name, request.seed, utterances)


def _utterances(request: UnitRequest, rng: np.random.Generator) -> Iterator[Utterance]:
    """Sentences in random order, some in a changed voice, with pauses, and with silence after each."""
    from mien.training.speech_corpus.voices.pauses import pauses
    from mien.training.speech_corpus.voices.warp import warp

    engine = importlib.import_module(f"mien.training.speech_corpus.synthesisers.{request.voice.engine}")
    texts = sentences(request.voice.language)
    refusal = ""
    tries = 0
    for at in rng.permutation(len(texts) * -(-64 // len(texts))) % len(texts):
        try:
            utterance = engine.say(request.voice, texts[at], int(rng.integers(2**31)))
        except CorpusError as error:
            refusal, tries = str(error), tries + 1
            if tries >= TRIES:
                break
            continue
        tries = 0
        samples, phones = utterance.samples, utterance.phones
        if rng.random() < WARPED[request.voice.engine]:
            samples, phones = warp(samples, phones, rng)
        samples, phones = pauses(samples, phones, rng)
        silence = np.zeros(int(rng.uniform(*PAUSE) * RATE), np.float32)
        yield replace(utterance, samples=np.concatenate([samples, silence]).astype(np.float32), phones=tuple(phones))
    if refusal:
        raise CorpusError(f"{request.voice.engine} refuses sentences in {request.voice.language!r}: {refusal}")


def _groups(engine: str, voices: tuple[Voice, ...]) -> dict[str, tuple[float, list[Voice]]]:
    """By language: (share of the synthesiser's units, voices)."""
    by_language: dict[str, list[Voice]] = {}
    for voice in voices:
        by_language.setdefault(voice.language, []).append(voice)
    english = ENGLISH.get(engine, 1.0) if "en" in by_language else 0.0
    if len(by_language) == 1:
        english = 1.0
    others = len(by_language) - ("en" in by_language)
    return {
        language: (english if language == "en" else (1 - english) / others, group)
        for language, group in by_language.items()
    }


def _seed(*parts: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:6], "big")


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
