# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate phones`: which phone recogniser names the right visemes at the right time, on the same frames of
speech.

Recordings are scored in parallel processes, so that little is sent back.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.audio.speech import Speech, read_speech
from mien.batch.process_pool import single_threaded_pool
from mien.engines import Progress
from mien.evaluation import EvaluationError
from mien.evaluation.cache import Cache
from mien.evaluation.phones.recognisers import Recogniser
from mien.evaluation.phones.recordings import Prompt
from mien.evaluation.phones.reference_alignment import Truth, believable, truth_by, truth_of
from mien.evaluation.phones.viseme_scores import Score, grouped, score
from mien.speech_analysis import espeak
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.inventory import FOLD, SOUNDS
from mien.speech_analysis.track import INDEX, RATE
from mien.training.speech_corpus.store import read_units
from mien.training.speech_corpus.utterance import Timed, labels_of

PHONE_OF = np.array([INDEX[FOLD[sound]] for sound in SOUNDS])
POCKETSPHINX = "pocketsphinx"  # the reference alignment that is not one of the recognisers'


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
        """The phone in the middle of each frame."""
        return Truth(PHONE_OF[labels_of(self.phones, max(1, math.ceil(self.seconds * RATE)))], 0.0)


Recording = Prompt | Synthetic


@dataclass(frozen=True, eq=False)
class RecordingScores:
    """Scores of one recording, by recogniser."""

    recording: Recording
    scores: dict[str, Score]


@dataclass(frozen=True, eq=False)
class Results:
    recordings: list[RecordingScores]
    recognisers: tuple[str, ...]
    reference: str
    rejected: dict[str, int]  # recordings whose alignment cannot be right, by set
    of: dict[str, int]  # all recordings, by set

    @property
    def languages(self) -> list[str]:
        return list(dict.fromkeys(each.recording.language for each in self.recordings))

    def total(self, chosen: Callable[[Recording], bool]) -> dict[str, Score]:
        """The sum over the chosen recordings, by recogniser; empty where there are none."""
        totals: dict[str, Score] = {}
        for each in self.recordings:
            if chosen(each.recording):
                for name, scores in each.scores.items():
                    totals[name] = totals[name] + scores if name in totals else scores
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
    recordings: list[Recording], recognisers: dict[str, Recogniser], reference: str, cache: Cache, jobs: int,
    progress: Progress,
) -> Results:  # fmt: skip
    """Score every recogniser on every recording. EvaluationError without recordings, for an unknown reference, and
    where transcripts cannot be pronounced."""
    if not recordings:
        raise EvaluationError(
            "no recordings with transcripts were found; install Debian's asterisk-core-sounds-en-g722 (and -es-, -fr-, "
            "-it-, -ru-), asterisk-core-sounds-en and pocketsphinx-testdata, or name a corpus folder."
        )
    if reference != POCKETSPHINX and reference not in recognisers:
        raise EvaluationError(f"no phone recogniser {reference!r} to align with; there are {', '.join(recognisers)}.")
    if (why := espeak.missing()) and any(isinstance(each, Prompt) for each in recordings):
        raise EvaluationError(why)
    with single_threaded_pool(jobs) as pool:
        steps = functools.partial(_steps, total=len(recordings), progress=progress)
        truths = list(steps(pool.map(functools.partial(_align, cache=cache), recordings), stage="aligning", begin=0.0))
        kept, rejected, of = _sift(list(zip(recordings, truths, strict=True)))
        score_all = functools.partial(_score, recognisers=recognisers, reference=reference, cache=cache)
        scored = list(steps(pool.map(score_all, kept), stage="recognising", begin=0.5))
    return Results([each for each in scored if each], tuple(recognisers), reference, rejected, of)


def _steps(results: Iterator, total: int, progress: Progress, stage: str, begin: float) -> Iterator:
    for i, result in enumerate(results):
        progress(begin + 0.5 * i / total, stage)
        yield result


def _align(recording: Recording, cache: Cache) -> Truth | None:
    """None where the text cannot be aligned with the sound."""
    if isinstance(recording, Synthetic):
        return recording.truth()
    try:
        return truth_of(recording, recording.read(), cache)
    except RecognitionError:
        return None


def _sift(aligned: list[tuple[Recording, Truth | None]]) -> tuple[list, dict[str, int], dict[str, int]]:
    """(recordings with believable truths, how many were rejected by set, how many there were)."""
    kept, rejected, of = [], {}, {}
    for name in dict.fromkeys(set_of(recording) for recording, _ in aligned):
        own = [(recording, truth) for recording, truth in aligned if set_of(recording) == name]
        with_truth = [(recording, truth) for recording, truth in own if truth is not None]
        is_exact = [isinstance(recording, Synthetic) for recording, _ in with_truth]
        believed = believable([truth for _, truth in with_truth])
        good = [pair for pair, sure, believes in zip(with_truth, is_exact, believed, strict=True) if sure or believes]
        kept += good
        of[name], rejected[name] = len(own), len(own) - len(good)
    return kept, rejected, of


def _score(
    kept: tuple[Recording, Truth], recognisers: dict[str, Recogniser], reference: str, cache: Cache
) -> RecordingScores | None:
    """None where the text cannot be aligned by the other reference."""
    recording, truth = kept
    speech = recording.read()
    if reference != POCKETSPHINX and isinstance(recording, Prompt):
        try:
            truth = truth_by(recording, recognisers[reference].recognise(speech))
        except RecognitionError:
            return None
    scores = {name: score(truth.phones, _grouped(each, speech, cache)) for name, each in recognisers.items()}
    return RecordingScores(recording, scores)


def _grouped(recogniser: Recogniser, speech: Speech, cache: Cache) -> np.ndarray:
    """(T, 11) as `grouped` gives it."""

    def make() -> dict[str, np.ndarray]:
        return {"track": grouped(recogniser.recognise(speech))}

    return (cache.recall(("ear", "1", recogniser.edition, speech.sha256), make) if recogniser.edition else make())[
        "track"
    ]
