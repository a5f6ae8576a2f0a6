# SPDX-License-Identifier: GPL-3.0-or-later
"""Gestures of voices held out: beside known stress, and their distance from the gestures of other voices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.audio.speech import read_speech
from mien.direction import Direction
from mien.engines.diffted.gestures import Gestures, gestures
from mien.engines.diffted.hand_motion import Mover, by_grammar
from mien.evaluation.body.gestures import FPS, motion_beats, near
from mien.evaluation.body.known_stress import StressedSpeech, spoken
from mien.evaluation.body.motion_distance import SHOWN, STEPS, MotionDistances, motion_distances, shown_places, windows
from mien.speech_analysis.prosody import Prosody, analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import RATE, PhoneTrack

# espeak-ng's voice, words a minute, pitch, liveliness
VOICES = (
    ("en-us+m3", 150, 45, 60), ("en-us+f2", 160, 60, 70), ("en-us+m7", 140, 35, 50), ("en-us+f4", 155, 55, 60),
    ("en-us+m1", 165, 50, 80), ("en-us+f1", 150, 50, 60),
)  # fmt: skip
SENTENCES = 8  # that each says, others than the next
SEEDS = 6  # of each voice, in each part of the distances
STEP = 0.02  # s between the moments of `by_chance`

Analysis = tuple[PhoneTrack, Prosody]


@dataclass(frozen=True)
class StressScores:
    """Shares within 100 ms of a vowel that espeak-ng stresses: planned, of the ends of strokes; found, of the stops of
    a hand in the motion that are within 100 ms of such an end; seen, of all stops, those of preparation and retraction
    among them; by_chance, of all moments. visible: share of strokes whose end has such a stop."""

    voices: int
    strokes: int
    planned: float
    visible: float
    found: float
    seen: float
    by_chance: float


def stress_scores(
    voices: Sequence[tuple[StressedSpeech, Analysis]], seed: int, scale: float, mover: Mover = by_grammar
) -> StressScores:
    """Of voices and their analyses, SEEDS performances each; mover: what moves the hands."""
    planned, visible, found, seen, chance = [], [], [], [], []
    for said, analysed in voices:
        for i in range(SEEDS):
            made = _perform(analysed, seed + i, scale, mover)
            planned += [near(end, said.stressed) for end in made.ends]
            stops = motion_beats(_wrists(made))
            ends = np.array(made.ends)
            visible += [near(end, np.stack([stops, stops], 1)) for end in ends]
            found += [near(stop, said.stressed) for stop in stops if near(stop, np.stack([ends, ends], 1))]
            seen += [near(stop, said.stressed) for stop in stops]
        chance += [near(moment, said.stressed) for moment in np.arange(0, float(said.speech.duration), STEP)]
    return StressScores(
        len(voices), len(planned), _mean(planned), _mean(visible), _mean(found), _mean(seen), _mean(chance)
    )


def distances(
    analysed: Sequence[Analysis], seed: int, scale: float, steps: int = STEPS, mover: Mover = by_grammar
) -> MotionDistances:
    """The auto-encoder learns the grammar's gestures of every second voice; the others are held out, with seeds of
    their own. mover: whose gestures of these voices are `made`."""
    known, others = analysed[::2], analysed[1::2]

    def motion(voices: Sequence[Analysis], first: int, mover: Mover) -> np.ndarray:
        made = [_perform(one, first + i, scale, mover) for i in range(SEEDS) for one in voices]
        return np.concatenate([windows(shown_places(each.joints, each.names)) for each in made])

    held_out = motion(others, seed + 1000, by_grammar)
    made = held_out if mover is by_grammar else motion(others, seed + 1000, mover)
    again = motion(others, seed + 2000, mover)
    return motion_distances(motion(known, seed, by_grammar), held_out, made, again, seed, steps)


def known_voices(
    sentences: Sequence[str], progress: Callable[[float, str], None]
) -> list[tuple[StressedSpeech, Analysis]]:
    """VOICES, each SENTENCES of the sentences, one after the other."""
    found = []
    for i, (voice, *settings) in enumerate(VOICES):
        said = spoken(voice, sentences[SENTENCES * i : SENTENCES * (i + 1)], *settings)
        found.append((said, (recognise_phones(said.speech), analyse_prosody(said.speech))))
        progress((i + 1) / len(VOICES), voice)
    return found


def evaluate(
    paths: Sequence[Path],
    sentences: Sequence[str],
    seed: int,
    scale: float,
    progress: Callable[[float, str], None],
    mover: Mover = by_grammar,
) -> tuple[StressScores, MotionDistances]:
    """Stress of VOICES that say the sentences; distances of these voices and of those in the files together. mover:
    what moves the hands."""
    known = known_voices(sentences, lambda done, voice: progress(done / 2, voice))
    analysed = [each for _, each in known]
    for i, path in enumerate(paths):
        speech = read_speech(path)
        analysed.append((recognise_phones(speech), analyse_prosody(speech)))
        progress(0.5 + 0.4 * (i + 1) / len(paths), path.name)
    return stress_scores(known, seed, scale, mover), distances(analysed, seed, scale, mover=mover)


HEAD = ("measure", "gestures")


def cells(stress: StressScores, apart: MotionDistances) -> list[list[str]]:
    """Rows of a table under HEAD."""
    return [
        ["strokes' ends within 100 ms of a vowel that espeak-ng stresses", _share(stress.planned)],
        ["strokes that a stop of a hand shows within 100 ms", _share(stress.visible)],
        ["such stops within 100 ms of a stressed vowel", _share(stress.found)],
        ["all stops, those of preparation and retraction too", _share(stress.seen)],
        ["moments within 100 ms of one", _share(stress.by_chance)],
        ["FGD, the grammar's gestures of voices held out", f"{apart.held_out:.1f}"],
        ["FGD, these gestures of them", f"{apart.made:.1f}"],
        ["FGD, the grammar's windows as straight lines", f"{apart.interpolated:.1f}"],
        ["FGD, the grammar's frames shuffled", f"{apart.shuffled:.1f}"],
        ["two seeds, latents (L1)", f"{apart.seeds:.1f}"],
        ["two windows of the training, latents (L1)", f"{apart.training:.1f}"],
    ]


def _perform(analysed: Analysis, seed: int, scale: float, mover: Mover) -> Gestures:
    times = np.arange(max(2, len(analysed[0]) * FPS // RATE)) / FPS
    return gestures(*analysed, Direction(seed=seed, gestures=scale), times, np.zeros((len(times), 3)), mover)


def _wrists(made: Gestures) -> np.ndarray:
    """(F, 2, 3) shoulder widths."""
    return shown_places(made.joints, made.names).reshape(len(made.joints), 2, len(SHOWN), 3)[:, :, SHOWN.index("hand")]


def _mean(values: Sequence[bool]) -> float:
    return float(np.mean(values)) if values else 0.0


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"
