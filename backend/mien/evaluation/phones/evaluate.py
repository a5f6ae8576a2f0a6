# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate phones`: which ear names the right mouth shapes at the right time, on the same frames of real speech.

Sounds are heard in processes beside each other; a sound's score is counted there, so that little is sent back.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.audio.speech import Speech, read_speech
from mien.batch.process_pool import workers
from mien.engines import Progress
from mien.evaluation import EvaluationError
from mien.evaluation.cache import Cache
from mien.evaluation.phones.recognisers import Listener
from mien.evaluation.phones.recordings import Prompt
from mien.evaluation.phones.reference_alignment import Truth, believable, truth_by, truth_of
from mien.evaluation.phones.viseme_scores import Score, grouped, score
from mien.speech_analysis import espeak
from mien.speech_analysis.errors import EarError
from mien.speech_analysis.inventory import FOLD, SOUNDS
from mien.speech_analysis.track import INDEX, RATE
from mien.training.speech_corpus.store import read_units
from mien.training.speech_corpus.utterance import Timed, labels_of

PHONE_OF = np.array([INDEX[FOLD[sound]] for sound in SOUNDS])
POCKETSPHINX = "pocketsphinx"  # the reference that is not an ear's own


@dataclass(frozen=True)
class Synthetic:
    """A sound of a corpus, whose phone times are known exactly."""

    source: str  # the engine
    language: str
    voice: str
    path: Path
    seconds: float
    phones: tuple[Timed, ...]

    def read(self) -> Speech:
        return read_speech(self.path)

    def truth(self) -> Truth:
        """Frame i has the phone that is spoken in its middle."""
        return Truth(PHONE_OF[labels_of(self.phones, max(1, math.ceil(self.seconds * RATE)))], 0.0)


Recording = Prompt | Synthetic


@dataclass(frozen=True, eq=False)
class Heard:
    """Scores of one recording, by ear."""

    recording: Recording
    scores: dict[str, Score]


@dataclass(frozen=True, eq=False)
class Results:
    heard: list[Heard]
    ears: tuple[str, ...]
    reference: str
    rejected: dict[str, int]  # by set, recordings whose alignment cannot be right, and
    of: dict[str, int]  # all there were

    @property
    def languages(self) -> list[str]:
        return list(dict.fromkeys(each.recording.language for each in self.heard))

    def total(self, chosen: Callable[[Recording], bool]) -> dict[str, Score]:
        """The sum over the chosen recordings, by ear; empty where there are none."""
        totals: dict[str, Score] = {}
        for each in self.heard:
            if chosen(each.recording):
                for name, one in each.scores.items():
                    totals[name] = totals[name] + one if name in totals else one
        return totals


def set_of(recording: Recording) -> str:
    """The set that a recording is reported in: one voice of one source in one language."""
    return f"{recording.source}, {recording.language}, {recording.voice}"


def find_synthetic(folder: Path) -> list[Synthetic]:
    """The sounds of a corpus folder, in order. CorpusError where it has none."""
    return [
        Synthetic(unit.voice.engine, unit.voice.language, unit.voice.name, unit.sound, unit.seconds, unit.phones)
        for unit in read_units(folder)
    ]


def evaluate(
    recordings: list[Recording], ears: dict[str, Listener], reference: str, cache: Cache, jobs: int,
    progress: Progress,
) -> Results:  # fmt: skip
    """Hear every recording with every ear and count. EvaluationError where there is nothing to hear with."""
    if not recordings:
        raise EvaluationError(
            "no recordings with transcripts were found; install Debian's asterisk-core-sounds-en-g722 (and -es-, -fr-, "
            "-it-, -ru-), asterisk-core-sounds-en and pocketsphinx-testdata, or name a corpus folder."
        )
    if reference != POCKETSPHINX and reference not in ears:
        raise EvaluationError(f"there is no ear {reference!r} to align with; there are {', '.join(ears)}.")
    if (why := espeak.missing()) and any(isinstance(each, Prompt) for each in recordings):
        raise EvaluationError(why)
    with workers(jobs) as pool:
        steps = functools.partial(_steps, total=len(recordings), progress=progress)
        found = list(steps(pool.map(functools.partial(_align, cache=cache), recordings), stage="aligning", begin=0.0))
        kept, rejected, of = _sift(list(zip(recordings, found, strict=True)))
        hear = functools.partial(_hear, ears=ears, reference=reference, cache=cache)
        heard = list(steps(pool.map(hear, kept), stage="hearing", begin=0.5))
    return Results([each for each in heard if each], tuple(ears), reference, rejected, of)


def _steps(results: Iterator, total: int, progress: Progress, stage: str, begin: float) -> Iterator:
    for i, result in enumerate(results):
        progress(begin + 0.5 * i / total, stage)
        yield result


def _align(recording: Recording, cache: Cache) -> Truth | None:
    """None where the text cannot be laid over the sound."""
    if isinstance(recording, Synthetic):
        return recording.truth()
    try:
        return truth_of(recording, recording.read(), cache)
    except EarError:
        return None


def _sift(found: list[tuple[Recording, Truth | None]]) -> tuple[list, dict[str, int], dict[str, int]]:
    """(recordings with believable truths, how many were rejected by set, how many there were)."""
    kept, rejected, of = [], {}, {}
    for name in dict.fromkeys(set_of(recording) for recording, _ in found):
        own = [(recording, truth) for recording, truth in found if set_of(recording) == name]
        told = [(recording, truth) for recording, truth in own if truth is not None]
        exact = [isinstance(recording, Synthetic) for recording, _ in told]
        believed = believable([truth for _, truth in told])
        good = [pair for pair, sure, believes in zip(told, exact, believed, strict=True) if sure or believes]
        kept += good
        of[name], rejected[name] = len(own), len(own) - len(good)
    return kept, rejected, of


def _hear(kept: tuple[Recording, Truth], ears: dict[str, Listener], reference: str, cache: Cache) -> Heard | None:
    """None where the other reference cannot be laid over the sound."""
    recording, truth = kept
    speech = recording.read()
    if reference != POCKETSPHINX and isinstance(recording, Prompt):
        try:
            truth = truth_by(recording, ears[reference].hear(speech))
        except EarError:
            return None
    return Heard(recording, {name: score(truth.phones, _listen(ear, speech, cache)) for name, ear in ears.items()})


def _listen(ear: Listener, speech: Speech, cache: Cache) -> np.ndarray:
    """(T, 11) as `grouped` gives it."""

    def make() -> dict[str, np.ndarray]:
        return {"track": grouped(ear.hear(speech))}

    return (cache.recall(("ear", "1", ear.edition, speech.sha256), make) if ear.edition else make())["track"]
