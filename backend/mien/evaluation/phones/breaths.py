# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate breaths`: breaths that the recogniser hears in recordings of people, against what was seen in their
spectrograms (`breaths.json`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.audio.speech import Speech, read_speech
from mien.engines.articulation.lips.curve import audible_breath
from mien.evaluation import EvaluationError
from mien.evaluation.phones.recordings import DATA
from mien.files.markdown import table
from mien.speech_analysis.network.inference import recognise
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import RATE, PhoneTrack

LABELS = Path(__file__).with_name("breaths.json")
PACKAGED = ("pocketsphinx/test/data/librivox", "festival/voices/russian/msu_ru_nsh_clunits/wav")  # under DATA
THRESHOLDS = {"by the level alone": (0.3, 0.5), "the network": (0.2, 0.4, 0.55)}
HEAD = ("what hears", "threshold", "breaths found", "false ones in silences without")


@dataclass(frozen=True)
class Silence:
    """What was seen in `begin` to `end` seconds of the recording `name`: "breath", "none" or "unsure"."""

    name: str
    what: str
    begin: float
    end: float


def silences(path: Path = LABELS) -> list[Silence]:
    """Every silence that was looked at."""
    rows = json.loads(path.read_text("utf-8"))["silences"]
    return [Silence(name, *row) for name, looked_at in rows.items() for row in looked_at]


def find_recordings(names: Iterable[str], folders: Iterable[Path], data: Path = DATA) -> dict[str, Path]:
    """The sound of each name that is there, in `folders` or where Debian's packages put it. EvaluationError where there
    is none."""
    places = [*folders, *(data / folder for folder in PACKAGED)]
    found = {name: place / f"{name}.wav" for name in sorted(names) for place in places[::-1]
             if (place / f"{name}.wav").is_file()}  # fmt: skip
    if not found:
        raise EvaluationError(
            "there is no recording whose breaths are known; install pocketsphinx-testdata or festvox-ru, or name a "
            "folder with --audio."
        )
    return found


def courses(speech: Speech) -> dict[str, np.ndarray]:
    """By what hears, (T,) 0 to 1 at 100 Hz: that a breath is heard."""
    track = recognise(speech)
    assert track.breath is not None
    without: PhoneTrack = replace(track, breath=None)
    return {"by the level alone": audible_breath(without, analyse_prosody(speech)), "the network": track.breath}


def evaluate(found: dict[str, Path], progress: Callable[[float, str], None]) -> list[tuple[str, ...]]:
    """Rows under HEAD: of the breaths that were seen, in how many the course exceeds a threshold; and of the silences
    without one. Unsure ones do not count."""
    known = [each for each in silences() if each.name in found and each.what != "unsure"]
    peaks: dict[str, list[float]] = {name: [] for name in THRESHOLDS}
    for i, (name, path) in enumerate(found.items()):
        progress(i / len(found), name)
        course = courses(read_speech(path))
        for each in known:
            if each.name == name:
                part = slice(round(each.begin * RATE), max(round(each.begin * RATE) + 1, round(each.end * RATE)))
                for what, values in course.items():
                    peaks[what].append(float(values[part].max(initial=0.0)))
    order = [each for name in found for each in known if each.name == name]
    truth = np.array([each.what == "breath" for each in order])
    rows = []
    for what, thresholds in THRESHOLDS.items():
        for threshold in thresholds:
            over = np.array(peaks[what]) > threshold
            rows.append((what, f"{threshold}", f"{(over & truth).sum()} of {truth.sum()}",
                         f"{(over & ~truth).sum()} of {(~truth).sum()}"))  # fmt: skip
    return rows


def report(rows: list[tuple[str, ...]], recordings: int) -> str:
    """The table, and of how many recordings it is."""
    return f"{table(HEAD, rows)}\n\nOf {recordings} recordings of people."
