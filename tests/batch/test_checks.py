# SPDX-License-Identifier: GPL-3.0-or-later
"""Each fault is found where it is, and none in a take of a voice that is well recorded."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from mien.audio.speech import Speech, read_speech
from mien.batch import checks
from mien.batch.checks import FAULTS, check_film, check_take, clipped_runs
from mien.channels import ARKIT, INDEX
from mien.direction import Direction
from mien.speak import speak
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take
from sounds import RATE, noise, silence, voice, written


def sound(folder: Path, samples: np.ndarray) -> tuple[Speech, Path]:
    path = folder / "voice.wav"
    path.write_bytes(written(samples))
    return read_speech(path), path


def still(seconds: float, jaw: float = 0.0) -> Take:
    """A take whose jaw does not move."""
    frames = round(seconds * 25)
    weights = np.zeros((frames, len(ARKIT)), np.float32)
    weights[:, INDEX["jawOpen"]] = jaw
    return Take(Fraction(25), Fraction(frames, 25), np.zeros((frames, 3), np.float32), ARKIT, weights)


def test_a_voice_that_is_well_recorded(tmp_path: Path) -> None:
    speech, path = sound(tmp_path, voice(7.0))
    take = speak(speech, Direction.from_json({"emotion": "surprised"}), "articulation", 25)
    found = check_take(take, speech, path, "")
    assert found.faults == {} and found.facts["contacts"] == found.facts["met"] >= 2
    assert found.facts["speech_s"] > 4 and set(found.curves) == {"lips", "brows", "head"}


def test_lips_that_never_meet(tmp_path: Path) -> None:
    speech, path = sound(tmp_path, voice(7.0))
    found = check_take(still(7.1, jaw=0.3), speech, path, "")
    assert "closures" in found.faults and found.facts["met"] == 0 < found.facts["contacts"]


def test_a_mouth_that_is_open_in_a_pause(tmp_path: Path, monkeypatch) -> None:
    speech, path = sound(tmp_path, voice(4.0))
    pause = PhoneTrack.from_segments([("AA", 1.0), ("SIL", 1.6), ("AA", 1.4)])
    monkeypatch.setattr(checks, "recognise_phones", lambda speech, transcript: pause)
    assert check_take(still(4.0, jaw=0.5), speech, path, "").faults == {
        "open": "the mouth is open for 0.6 s of silence"
    }
    assert check_take(still(4.0), speech, path, "").faults == {}


def test_lips_that_stay_apart_in_a_short_pause_are_no_fault(tmp_path: Path, monkeypatch) -> None:
    speech, path = sound(tmp_path, voice(3.0))
    pause = PhoneTrack.from_segments([("AA", 1.0), ("SIL", 1.0), ("AA", 0.2), ("SIL", 0.8)])
    monkeypatch.setattr(checks, "recognise_phones", lambda speech, transcript: pause)
    found = check_take(still(3.0, jaw=0.5), speech, path, "")
    assert found.faults == {"open": "the mouth is open for 0.3 s of silence"}  # at the end alone


@pytest.mark.parametrize(
    ("samples", "fault"),
    [
        (silence(2.0), "silent"),
        (noise(2.0), "no speech"),
        (np.clip(voice(4.0) * 10, -0.7, 0.7), "clipped"),
    ],
    ids=["silence", "noise", "clipped"],
)
def test_faults_of_the_sound(tmp_path: Path, samples: np.ndarray, fault: str) -> None:
    speech, path = sound(tmp_path, samples)
    found = check_take(still(len(samples) / RATE), speech, path, "")
    assert fault in found.faults and fault in FAULTS


def test_few_peaks_are_not_clipping(tmp_path: Path) -> None:
    samples = voice(4.0)
    samples[1000:1010] = 1.0
    _, path = sound(tmp_path, samples)
    assert clipped_runs(path) == 1
    _, path = sound(tmp_path, silence(1.0))
    assert clipped_runs(path) == 0


def test_a_film_without_a_face(tmp_path: Path) -> None:
    speech, path = sound(tmp_path, voice(3.0))
    assert set(check_film(None, speech, path, "").faults) == {"no face"}


@pytest.mark.parametrize(("tracked", "seen", "faults"), [(1.0, 3, set()), (0.5, 1, {"no face", "closures"})])
def test_a_film_that_was_tracked(tmp_path: Path, tracked: float, seen: int, faults: set[str]) -> None:
    from mien.face_tracking.missed_closures import Contacts
    from mien.film_take import FilmTake

    class Track:
        pass

    speech, path = sound(tmp_path, voice(3.0))
    take = replace(still(3.0), meta={"gaps": "[]"})
    track = Track()
    track.tracked = np.arange(100) < 100 * tracked
    contacts = Contacts(np.zeros((0, 2)), 4, seen)
    found = check_film(FilmTake(take, track, None, contacts), speech, path, "")
    assert set(found.faults) == faults and found.facts["face"] == tracked
