# SPDX-License-Identifier: GPL-3.0-or-later
"""The lip curve of a voice: phones, pauses and breath."""

import dataclasses

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.engines.articulation.constraints import breaths
from mien.engines.articulation.lips.curve import LipCurve, audible_breath, lip_curve
from mien.speech_analysis.prosody import Prosody, analyse_prosody
from mien.speech_analysis.track import PhoneTrack

SENTENCE = [("SIL", 0.3), ("AE", 0.14), ("T", 0.08), ("AA", 0.15), ("B", 0.08), ("W", 0.1), ("AY", 0.2)]


def silent(track: PhoneTrack) -> Prosody:
    return analyse_prosody(Speech.from_samples(np.zeros(len(track) * 160, np.float32)))


def curve_of(phones: list[tuple[str, float]]) -> tuple[PhoneTrack, LipCurve]:
    track = PhoneTrack.from_segments(phones)
    return track, lip_curve(track, silent(track))


def test_open_vowels_part_the_lips_and_bilabials_and_w_close_them() -> None:
    track, curve = curve_of([*SENTENCE, ("SIL", 0.3)])
    assert len(curve) == len(track)
    mean = {s.phone: curve.aperture[s.begin : s.end].mean() for s in track.segments}
    assert min(mean["AE"], mean["AA"], mean["AY"]) > 0.3 > -0.5 > max(mean["B"], mean["W"])
    assert curve.width[track.segments[5].begin : track.segments[5].end].mean() < -0.8


def test_a_coming_vowel_opens_the_lips_ahead() -> None:
    track, curve = curve_of([("T", 0.4), ("AA", 0.2)])
    start = track.segments[1].begin
    assert curve.aperture[start - 5] > curve.aperture[start - 25] + 0.2


@pytest.mark.parametrize("seconds", [0.2, 0.4, 0.8])
def test_a_short_pause_does_not_shut_the_lips_and_they_part_late_in_it(seconds: float) -> None:
    track, curve = curve_of([*SENTENCE, ("SIL", seconds), *SENTENCE[1:], ("SIL", 0.3)])
    pause = next(s for s in track.segments[1:] if s.phone == "SIL")
    inside = curve.aperture[pause.begin : pause.end]
    assert inside.min() > -1.2
    third = len(inside) // 3
    assert inside[-third:].mean() > inside[:third].mean()


def test_an_audible_breath_opens_the_lips() -> None:
    track = PhoneTrack.from_segments([("AA", 0.3), ("SIL", 0.6), ("AA", 0.3)])
    noise = np.random.default_rng(0).normal(0, 1e-5, len(track) * 160)
    noise[8000:11000] += np.random.default_rng(1).normal(0, 0.01, 3000)
    breathing = analyse_prosody(Speech.from_samples(noise.astype(np.float32)))
    breath = audible_breath(track, breathing)
    assert breath[55:65].min() > 0.5 and breath[:30].max() == 0 and breath[90:].max() == 0
    opened = lip_curve(track, breathing).aperture - lip_curve(track, silent(track)).aperture
    assert opened[55:65].min() > 0.4


@pytest.mark.parametrize(("pause", "parted"), [(0.8, 1.0), (3.0, 1.0), (12.0, 0.0)])
def test_a_breath_that_the_recogniser_hears_parts_the_lips_near_speech(pause: float, parted: float) -> None:
    track = PhoneTrack.from_segments([("AA", 0.3), ("SIL", pause), ("AA", 0.3)])
    middle = len(track) // 2
    breath = np.zeros(len(track), np.float32)
    breath[middle - 15 : middle + 15] = 0.9
    share = audible_breath(dataclasses.replace(track, breath=breath), silent(track))
    assert share[middle] == pytest.approx(parted, abs=0.01)
    assert share[: middle - 40].max() == share[middle + 40 :].max() == 0
    jaw = breaths(dataclasses.replace(track, breath=breath))
    assert (jaw[middle] > 0.05) == bool(parted)


def test_a_take_begins_and_ends_at_rest_even_in_a_breath() -> None:
    track = PhoneTrack.from_segments([("SIL", 0.4), ("AA", 0.3), ("SIL", 0.4)])
    share = audible_breath(dataclasses.replace(track, breath=np.full(len(track), 0.9, np.float32)), silent(track))
    assert share[0] == share[-1] == 0 and share[20] > 0.9


@pytest.mark.parametrize("seconds", [0.01, 0.05])
def test_the_shortest_tracks_have_a_curve(seconds: float) -> None:
    track, curve = curve_of([("AA", seconds)])
    assert np.isfinite([curve.aperture, curve.width, curve.jaw]).all()
    assert len(curve) == len(track)
