# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the corpus: which voice says how much, in parallel, and where it left off.

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

from mien.batch.process_pool import done
from mien.training.speech_corpus.store import write_unit
from mien.training.speech_corpus.text import sentences
from mien.training.speech_corpus.utterance import RATE, CorpusError, Utterance, Voice

UNIT = 60.0  # seconds
# Share of the hours. Variety of voices matters most, so the dear neural voices get as much as can be waited for;
# flite and festival have the exact times (docs/corpus.md, "A prototype, and what it says").
SHARES = {"kokoro": 0.18, "hibari": 0.24, "flite": 0.24, "festival": 0.22, "espeak": 0.12}
ENGLISH = {"kokoro": 0.5, "festival": 0.4, "espeak": 0.15}  # share of English where an engine has other languages
# Of the sentences, how many are spoken by a voice that WORLD made from this one. hibari has but one voice.
WARPED = {"kokoro": 0.15, "hibari": 0.8, "flite": 0.4, "festival": 0.3, "espeak": 0.2}
# Voices that nothing is trained on: several languages, both sexes, both ways of synthesis. (engine, voice)
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
TRIES = 8  # sentences an engine may refuse in a row


@dataclass(frozen=True)
class Order:
    """One unit to be made: `voice` says its sentences, chosen by `seed`."""

    voice: Voice
    number: int
    seed: int

    @property
    def name(self) -> str:
        return f"{self.voice.name}-{self.voice.language}-{self.number:03d}"


def plan(voices: dict[str, tuple[Voice, ...]], hours: float, seed: int) -> list[Order]:
    """Orders for all engines in `voices`, whatever the others: an engine that comes later adds to what there is."""
    total = sum(SHARES.values())
    orders = []
    for engine, all_voices in voices.items():
        units = round(hours * 3600 / UNIT * SHARES[engine] / total)
        groups = _groups(engine, all_voices)
        owed = {group: 0.0 for group in groups}
        turns = {group: itertools.cycle(members) for group, (_, members) in groups.items()}
        numbers: dict[Voice, int] = {}
        for _ in range(units):
            for group, (share, _) in groups.items():
                owed[group] += share
            group = max(owed, key=lambda g: owed[g])
            owed[group] -= 1
            turn = itertools.islice(turns[group], len(groups[group][1]))
            voice = next((each for each in turn if not _enough(engine, each, numbers.get(each, -1) + 1)), None)
            if voice is None:  # nothing but held-out voices
                continue
            number = numbers[voice] = numbers.get(voice, -1) + 1
            orders.append(Order(voice, number, _seed(seed, engine, voice.name, voice.language, number)))
    return orders


def _enough(engine: str, voice: Voice, units: int) -> bool:
    """Whether so many units of a voice are all that is wanted of it."""
    return (engine, voice.name) in HELD_OUT and units >= HELD_OUT_UNITS


def build(
    folder: Path, hours: float, seed: int, jobs: int, engines: list[str], progress: Callable[[float, str], None]
) -> list[str]:
    """Make what is missing of the corpus in `folder`; returns a sentence for each engine that is not here.

    Raises CorpusError when none is, or when an engine refuses all its sentences.
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
    orders = plan(voices, hours, seed)
    if not orders:
        raise CorpusError(f"{hours:g} hours are less than a unit of {UNIT:g} s of any synthesiser here; ask for more.")
    waiting = [o for o in orders if not (folder / o.voice.engine / f"{o.name}.json").exists()]
    progress(1 - len(waiting) / len(orders), "")
    # dear engines first, so that the processes end together
    waiting.sort(key=lambda o: list(SHARES).index(o.voice.engine))
    for i, order in enumerate(done(jobs, functools.partial(make, folder), waiting), len(orders) - len(waiting) + 1):
        progress(i / len(orders), f"{order.voice.engine} {order.name}")
    return absent


def voices_of(engine: str) -> tuple[Voice, ...]:
    """The voices that an engine has here."""
    module = importlib.import_module(f"mien.training.speech_corpus.synthesisers.{engine}")
    return module.voices() if hasattr(module, "voices") else module.VOICES


def make(folder: Path, order: Order) -> None:
    """Speak and write one unit."""
    rng = np.random.default_rng(order.seed)
    utterances: list[Utterance] = []
    seconds = 0.0
    for said in _spoken(order, rng):
        utterances.append(said)
        seconds += said.seconds
        if seconds >= UNIT:
            break
    write_unit(folder / order.voice.engine, order.name, order.seed, utterances)


def _spoken(order: Order, rng: np.random.Generator) -> Iterator[Utterance]:
    from mien.training.speech_corpus.voices.pauses import pauses
    from mien.training.speech_corpus.voices.warp import warp

    engine = importlib.import_module(f"mien.training.speech_corpus.synthesisers.{order.voice.engine}")
    texts = sentences(order.voice.language)
    refused = ""
    tries = 0
    for at in rng.permutation(len(texts) * -(-64 // len(texts))) % len(texts):
        try:
            said = engine.say(order.voice, texts[at], int(rng.integers(2**31)))
        except CorpusError as error:
            refused, tries = str(error), tries + 1
            if tries >= TRIES:
                break
            continue
        tries = 0
        samples, phones = said.samples, said.phones
        if rng.random() < WARPED[order.voice.engine]:
            samples, phones = warp(samples, phones, rng)
        samples, phones = pauses(samples, phones, rng)
        gap = np.zeros(int(rng.uniform(*PAUSE) * RATE), np.float32)
        yield replace(said, samples=np.concatenate([samples, gap]).astype(np.float32), phones=tuple(phones))
    if refused:
        raise CorpusError(f"{order.voice.engine} refuses sentences in {order.voice.language!r}: {refused}")


def _groups(engine: str, voices: tuple[Voice, ...]) -> dict[str, tuple[float, list[Voice]]]:
    """language -> (share of the engine's units, voices)."""
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
