# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones to lips on tracks that are certain: the tests that docs/articulation.md, section 3, names."""

from __future__ import annotations

import numpy as np
import pytest
from mien.channels import ARKIT, INDEX
from mien.engines.articulation.coarticulation import blend, smooth, spread, targets_over_time
from mien.engines.articulation.constraints import REST_PAUSE, constrain, holds, rest
from mien.engines.articulation.phone_table import ROW, ROWS
from mien.heads.default import load_head
from mien.heads.lip_aperture import lip_aperture
from mien.speech_analysis.track import RATE, PhoneTrack

PEOPLE = [
    ("SIL", 0.3), ("M", 0.07), ("AY", 0.16), ("B", 0.06), ("R", 0.05), ("AH", 0.07), ("DH", 0.05), ("ER", 0.1),
    ("P", 0.08), ("AE", 0.14), ("K", 0.06), ("T", 0.05), ("F", 0.09), ("AO", 0.15), ("R", 0.06), ("V", 0.06),
    ("AA", 0.15), ("M", 0.06), ("P", 0.07), ("SIL", 0.4),
]  # fmt: skip


def speak(phones: list[tuple[str, float]], jaw: float = 1.3, lips: float = 1.1) -> tuple[PhoneTrack, np.ndarray]:
    track = PhoneTrack.from_segments(phones)
    ones = np.ones(len(track))
    weights = blend(track, jaw * ones, lips * ones)
    constrain(weights, track, lip_aperture(), jaw * ones)
    return track, weights


def test_the_gap_here_is_the_heads_own() -> None:
    weights = np.random.default_rng(0).uniform(0, 0.6, (200, 52))
    assert np.allclose(lip_aperture().of(weights), load_head().lip_aperture(weights, ARKIT), atol=1e-7)


def test_every_bilabial_closes_and_no_lips_cross() -> None:
    track, weights = speak(PEOPLE)
    gap = lip_aperture().of(weights)
    for s in track.segments:
        if s.phone in ("P", "B", "M"):
            assert gap[s.begin : s.end].min() <= 0.001
    assert gap.min() > 0


@pytest.mark.parametrize("vowel", ["AA", "AE"])
@pytest.mark.parametrize("around", [("T", "D"), ("P", "B"), ("S", "M"), ("W", "V")])
def test_open_vowels_open_8_mm_whatever_is_around(vowel: str, around: tuple[str, str]) -> None:
    track, weights = speak([("SIL", 0.3), (around[0], 0.08), (vowel, 0.14), (around[1], 0.08), ("SIL", 0.3)])
    middle = track.segments[2]
    assert lip_aperture().of(weights)[middle.begin : middle.end].max() >= 0.008


def test_rounding_of_stew_is_seen_on_its_s() -> None:
    track, weights = speak([("SIL", 0.3), ("S", 0.11), ("T", 0.06), ("UW", 0.2), ("SIL", 0.3)])
    rounding = weights[:, INDEX["mouthPucker"]]
    assert rounding[track.segments[1].begin] >= 0.3 * rounding.max()


def test_rounding_does_not_pass_back_over_a_spread_vowel() -> None:
    track, weights = speak([("SIL", 0.3), ("S", 0.1), ("IY", 0.16), ("T", 0.05), ("UW", 0.2), ("SIL", 0.3)])
    rounding = weights[:, INDEX["mouthPucker"]]
    spread_vowel = track.segments[2]
    assert rounding[spread_vowel.begin + 4] < 0.3 * rounding.max()


def test_the_round_open_vowel_drops_the_jaw_and_rounds_the_lips() -> None:
    """AO: tracked lips are less open in it than on average, their jaws more (docs/articulation.md, section 1b)."""
    track, weights = speak([("SIL", 0.3), ("T", 0.08), ("AO", 0.16), ("D", 0.08), ("AA", 0.16), ("SIL", 0.3)])
    round_one, open_one = (slice(track.segments[i].begin, track.segments[i].end) for i in (2, 4))
    gap = lip_aperture().of(weights)
    assert 0.003 <= gap[round_one].max() < 0.75 * gap[open_one].max()
    assert weights[round_one, INDEX["mouthPucker"]].max() > 0.3
    assert weights[round_one, INDEX["jawOpen"]].max() > weights[track.segments[1].begin, INDEX["jawOpen"]]


def test_mouth_close_stays_under_jaw_and_funnel() -> None:
    _, weights = speak(PEOPLE)
    close, jaw, funnel = (weights[:, INDEX[c]] for c in ("mouthClose", "jawOpen", "mouthFunnel"))
    assert not np.any(close > jaw + 0.18 * funnel + 0.03 + 1e-9)


def test_f_and_v_bring_the_lower_lip_in_and_keep_it_from_dropping() -> None:
    track, weights = speak(PEOPLE)
    for s in track.segments:
        if s.phone in ("F", "V"):
            inside = weights[s.begin : s.end]
            assert inside[:, INDEX["mouthRollLower"]].max() >= 0.5
            assert inside[:, INDEX["mouthLowerDownLeft"]].min() < 0.02
            assert inside[:, INDEX["jawOpen"]].min() <= 0.10


def test_sibilants_keep_the_jaw_narrow() -> None:
    hisses = [("AA", 0.15), ("S", 0.12), ("AA", 0.15), ("SH", 0.12), ("AE", 0.2)]
    track, weights = speak([("SIL", 0.3), *hisses, ("SIL", 0.3)])
    for s in (track.segments[2], track.segments[4]):
        assert weights[s.begin + 3 : s.end - 3, INDEX["jawOpen"]].max() <= 0.085


def test_the_mouth_rests_in_a_long_pause_and_parts_before_speech_resumes() -> None:
    track, weights = speak([("AA", 0.2), ("T", 0.06), ("SIL", 1.5), ("AE", 0.2), ("SIL", 0.5)])
    gap, pause = lip_aperture().of(weights), track.segments[2]
    assert gap[pause.begin + 46 : pause.end - 48].max() <= 0.0014
    assert gap[pause.end - 3] > 0.002
    assert gap[-1] <= 0.0014


def test_a_short_silence_does_not_close_the_mouth() -> None:
    track, weights = speak([("AA", 0.2), ("SIL", 0.12), ("AA", 0.2)])
    hush = track.segments[1]
    assert rest(track)[hush.begin : hush.end].max() == 0
    assert lip_aperture().of(weights)[hush.begin : hush.end].min() > 0.003
    pause = PhoneTrack.from_segments([("AA", 0.2), ("SIL", 1.1), ("AA", 0.2)])
    assert rest(pause, REST_PAUSE).max() == 0 and rest(pause)[66:74].min() > 0.99


def test_two_closures_near_each_other_stay_together() -> None:
    _, weights = speak([("SIL", 0.3), ("AA", 0.15), ("M", 0.06), ("P", 0.07), ("AA", 0.15), ("SIL", 0.3)])
    gap = lip_aperture().of(weights)
    assert gap[int(0.47 * RATE) : int(0.54 * RATE)].max() < 0.0035


def test_a_closure_is_held_at_least_30_ms() -> None:
    track = PhoneTrack.from_segments([("AA", 0.2), ("B", 0.02), ("AA", 0.2), ("F", 0.02), ("AA", 0.2)])
    marks = holds(track)
    assert [m.phone for m in marks] == ["B", "F"]
    assert all(m.end - m.begin >= 2 for m in marks)


def test_likely_bilabials_close_though_another_phone_is_the_best_guess() -> None:
    track = PhoneTrack.from_segments([("AA", 0.2), ("N", 0.08), ("AA", 0.2)])
    doubtful = track.posteriors.copy()
    doubtful[20:28] = 0
    doubtful[20:28, [22, 23]] = 0.45  # M and N alike
    doubtful[20:28, 0] = 0.10
    assert [m.phone for m in holds(PhoneTrack(doubtful, track.segments))] == ["M"]


def test_spread_is_the_plateau_of_cohen_and_massaro() -> None:
    presence = np.zeros((100, 1))
    presence[40:60] = 1
    field = spread(presence, np.array([20.0, 10.0]))[:, 0]
    t = np.arange(100) / RATE
    expected = np.exp(-np.where(t < 0.4, 20 * (0.4 - t), np.where(t > 0.59, 10 * (t - 0.59), 0)))
    assert np.allclose(field, expected, rtol=1e-6)


def test_diphthongs_are_two_targets_in_turn_and_a_short_ah_is_reduced() -> None:
    presence = targets_over_time(PhoneTrack.from_segments([("AY", 0.20), ("T", 0.1), ("AH", 0.06), ("AH", 0.1)]))
    assert presence[2, ROW["AA"]] == 1 and presence[18, ROW["IY"]] == 1 and presence[18, ROW["AA"]] == 0
    assert presence[32, ROW["AX"]] == 1 or presence[32, ROW["AH"]] == 1  # neighbours of one name are apart
    assert set(ROWS) >= {"AX", "OWa"}


def test_smooth_keeps_a_constant_and_the_mean() -> None:
    assert np.allclose(smooth(np.full((50, 2), 0.3), 9), 0.3)
    bump = np.zeros(60)
    bump[30] = 1
    assert smooth(bump, 9).sum() == pytest.approx(1)
    assert np.argmax(smooth(bump, 9)) == 30
