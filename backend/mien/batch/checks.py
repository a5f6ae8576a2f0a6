# SPDX-License-Identifier: GPL-3.0-or-later
"""Quality of what a line became: faults that somebody would find who watches all thousand of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mien.audio.reader import open_recording
from mien.audio.speech import Speech
from mien.batch.curves import Curves, aperture_of, curves_of
from mien.engines.articulation.constraints import REST_PAUSE
from mien.numeric.mask_runs import runs
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.report import LEAST_S, speech_seconds
from mien.speech_analysis.track import RATE, PhoneTrack
from mien.take import Take

if TYPE_CHECKING:
    from mien.film_take import FilmTake

CLIPPED_RUNS, CLIPPED_LENGTH, AT_PEAK = 10, 3, 0.999  # so many runs of so many samples that are all at the peak
SILENT = -60.0  # LUFS
CONTACT = 0.8  # probability from which the lips meet in the sound
MET = 0.0006  # m: aperture of lips that meet; the engines close them to 0.3 mm
AROUND = 0.04  # s before and after a contact in which a frame may show it
FEW_MET = 0.75  # share of the contacts that a take shows, at least
FEW_SEEN = 0.5  # that a film shows: its pictures are tracked again, and motion blur hides some
SETTLING = 0.5  # s after a phone in which the mouth still comes to rest, and before one in which it parts already
OPEN, OPEN_S = 0.005, 0.2  # m and seconds: a mouth that is open where it should rest
NO_FACE = 0.1  # share of a film without a face
FAULTS = {
    "clipped": "the sound is clipped",
    "silent": "the sound is silent",
    "no speech": "nothing was heard as speech",
    "closures": "lips meet in the sound and not in what is seen",
    "open": "the mouth is open in silence",
    "no face": "no face is seen",
}


@dataclass(frozen=True)
class Checked:
    """faults: sentences by name of FAULTS; facts: the numbers behind them; curves: for the report."""

    faults: Mapping[str, str]
    facts: Mapping[str, float]
    curves: Curves


def check_take(take: Take, speech: Speech, voice: Path, transcript: str, track: int | None = None) -> Checked:
    """What is wrong with a take of a sound that was read from `voice`. RecognitionError."""
    phones = recognise_phones(speech, transcript)
    faults, facts = _of_sound(speech, voice, phones, track)
    aperture = aperture_of(take)
    begins, ends = _contacts(phones)
    count, met = len(begins), _met(aperture, take.times, begins, ends)
    facts |= {"contacts": count, "met": met, "open_s": round(_open_seconds(aperture, take, phones), 2)}
    if met < FEW_MET * count:
        faults["closures"] = f"{count - met} of {count} contacts of the lips are missed"
    _add_open(faults, facts)
    return Checked(faults, facts, curves_of(take, aperture))


def check_film(film: FilmTake | None, speech: Speech, voice: Path, transcript: str) -> Checked:
    """What is wrong with a finished film whose face was tracked again; None where no face was found in it."""
    phones = recognise_phones(speech, transcript)
    faults, facts = _of_sound(speech, voice, phones, None)
    if film is None:
        return Checked(faults | {"no face": "no face is seen in any picture"}, facts | {"face": 0.0}, {})
    face = float(film.track.tracked.mean())
    facts["face"] = round(face, 3)
    if face < 1 - NO_FACE:
        faults["no face"] = f"no face is seen in {1 - face:.0%} of the pictures"
    aperture = aperture_of(film.take)
    if film.contacts is not None:
        count, seen = film.contacts.count, film.contacts.seen
        facts |= {"contacts": count, "met": seen, "open_s": round(_open_seconds(aperture, film.take, phones), 2)}
        if seen < FEW_SEEN * count:
            faults["closures"] = f"{count - seen} of {count} contacts of the lips are not seen"
        _add_open(faults, facts)
    return Checked(faults, facts, curves_of(film.take, aperture))


def clipped_runs(voice: Path, track: int | None = None) -> int:
    """How often a recording stays at its peak for some samples. SpeechError."""
    with voice.open("rb") as file:
        samples = np.concatenate([np.zeros(0, np.float32), *open_recording(file, voice.name, track).blocks])
    peak = float(np.abs(samples).max(initial=0.0))
    if not peak:
        return 0
    flat = np.concatenate([runs(side >= AT_PEAK * peak) for side in (samples, -samples)])
    return int((flat[:, 1] - flat[:, 0] >= CLIPPED_LENGTH).sum())


def _of_sound(
    speech: Speech, voice: Path, phones: PhoneTrack, track: int | None
) -> tuple[dict[str, str], dict[str, float]]:
    faults, facts = {}, {"clipped_runs": float(clipped_runs(voice, track))}
    spoken, level = speech_seconds(speech, phones), speech.reading.loudness
    facts["speech_s"] = round(spoken, 2)
    if level is not None:
        facts["loudness"] = level
    if facts["clipped_runs"] >= CLIPPED_RUNS:
        faults["clipped"] = f"the sound is clipped in {facts['clipped_runs']:.0f} places"
    if level is None or level < SILENT:
        faults["silent"] = FAULTS["silent"]
    elif spoken < min(LEAST_S, 0.5 * float(speech.duration)):
        faults["no speech"] = FAULTS["no speech"]
    return faults, facts


def _contacts(phones: PhoneTrack) -> tuple[np.ndarray, np.ndarray]:
    """Begin and end (N,) in seconds of each contact of the lips that is certain in the sound."""
    if phones.closure is None:
        return np.zeros(0), np.zeros(0)
    spans = runs(phones.closure > CONTACT) / RATE
    return spans[:, 0], spans[:, 1]


def _met(aperture: np.ndarray, times: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> int:
    count = 0
    for begin, end in zip(begins, ends, strict=True):
        near = aperture[(times >= begin - AROUND) & (times <= end + AROUND)]
        count += not len(near) or near.min() <= MET
    return int(count)


def _open_seconds(aperture: np.ndarray, take: Take, phones: PhoneTrack) -> float:
    """Seconds in which the mouth is open and should rest: in silence at the ends of the sound, and in the middle of
    pauses beyond REST_PAUSE. In shorter ones people's lips stay apart, and so do those of the engines."""
    still = np.zeros(len(phones), bool)
    for segment in phones.segments:
        first, last = segment.begin == 0, segment.end == len(phones)
        if segment.phone != "SIL" or not (first or last or segment.end - segment.begin >= REST_PAUSE * RATE):
            continue
        begin = segment.begin + (0 if first else round(SETTLING * RATE))
        end = segment.end - (0 if last else round(SETTLING * RATE))
        still[begin : max(begin, end)] = True
    at = np.clip((take.times * RATE).astype(int), 0, len(phones) - 1)
    return float((still[at] & (aperture > OPEN)).sum() / take.fps)


def _add_open(faults: dict[str, str], facts: Mapping[str, float]) -> None:
    if facts["open_s"] >= OPEN_S:
        faults["open"] = f"the mouth is open for {facts['open_s']:.1f} s of silence"
