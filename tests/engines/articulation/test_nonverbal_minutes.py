# SPDX-License-Identifier: GPL-3.0-or-later
"""Blinks, brows, gaze and head over minutes: the figures that docs/articulation.md, sections 7 to 10, states."""

from __future__ import annotations

import numpy as np
import pytest
from mien.channels import INDEX
from mien.engines.articulation.accents import Accent, Phrase
from mien.engines.articulation.blinks import blink, blinks
from mien.engines.articulation.brows import brows
from mien.engines.articulation.eyelids import follow_gaze
from mien.engines.articulation.gaze import gaze
from mien.engines.articulation.head_motion import head
from mien.engines.articulation.landmark_gains import USUAL
from mien.engines.articulation.manner import Manner
from mien.numeric.random_streams import stream
from mien.speech_analysis.track import RATE
from scipy.signal import welch

MINUTES = 5
FRAMES = MINUTES * 60 * RATE
ONES = np.ones(FRAMES)
# Phrases of 3 s with pauses of 0.6 s, an accent a second after each begins
PHRASES = [Phrase(b, b + 300, question=i % 5 == 4) for i, b in enumerate(range(50, FRAMES - 400, 360))]
ACCENTS = [Accent(p.begin + 100, p.begin + 95, 1.5) for p in PHRASES]


@pytest.fixture(autouse=True)
def a_usual_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights are those that are stated, whatever shapes the head has."""
    monkeypatch.setattr("mien.engines.articulation.brows.landmark_gains", lambda: USUAL)


def some_blinks(rate: float = 0.35, seed: int = 0):
    return blinks(FRAMES, 1.0, rate * ONES, ONES, PHRASES, ACCENTS, [], stream(seed, "blinks"))


def some_head(seed: int = 0, accents: list[Accent] = ACCENTS) -> np.ndarray:
    pose = np.zeros((FRAMES, 3))
    return head(ONES, ONES, accents, PHRASES, pose, ONES, ONES, 1.0, stream(seed, "head"), Manner())


@pytest.mark.parametrize("seed", range(4))
def test_blinks_come_as_often_as_people_blink_in_conversation(seed: int) -> None:
    _, shut = some_blinks(seed=seed)
    assert 12 <= len(shut) / MINUTES <= 32  # whole blinks a minute; 26 in conversation, 17 at rest


def test_blinks_close_whole_and_last_as_long_as_blinks_do() -> None:
    added, shut = some_blinks()
    lid = added[:, INDEX["eyeBlinkLeft"]]
    for begin, end in shut:
        held = lid[round(begin * RATE) : round(end * RATE) + 1]
        assert held.min() >= 0.9
        around = lid[max(round(begin * RATE) - 15, 0) : round(end * RATE) + 30] > 0.1
        assert 0.25 <= around.sum() / RATE <= 0.50


@pytest.mark.parametrize("rate", [0.2, 0.35])
def test_eyes_never_stay_open_for_more_than_8_s(rate: float) -> None:
    added, _ = some_blinks(rate)
    shut = np.flatnonzero(added[:, INDEX["eyeBlinkLeft"]] > 0.5)
    assert np.diff([0, *shut, FRAMES]).max() / RATE <= 8.5
    rare, _ = some_blinks(0.03)  # an animator who wants few has few
    assert len(shut) > 2 * np.sum(rare[:, INDEX["eyeBlinkLeft"]] > 0.5)


def test_a_blink_closes_faster_than_it_opens() -> None:
    course, (begin, end) = blink(200, 0.5, 0.1, 0.03, 0.33)
    speed = np.diff(course) * RATE
    assert speed.max() > 1.4 * -speed.min() and course[0] == course[-1] == 0
    assert course[round(begin * RATE)] == course[round(end * RATE)] == 1
    assert np.sum(course > 0.1) / RATE == pytest.approx(0.36, abs=0.04)


def test_blinks_are_drawn_to_the_ends_of_phrases() -> None:
    _, shut = some_blinks()
    ends = np.array([p.end / RATE for p in PHRASES])
    near = np.mean([np.abs(ends - begin).min() < 0.3 for begin, _ in shut])
    by_chance = 0.6 / 3.6
    assert near > 1.4 * by_chance


def test_no_blinks_are_asked_for_none_come_and_lids_follow_the_eyes() -> None:
    weights = np.zeros((3, 52))
    weights[1, [INDEX["eyeLookDownLeft"], INDEX["eyeLookUpRight"]]] = 0.5
    follow_gaze(weights)
    assert weights[1, INDEX["eyeBlinkLeft"]] == pytest.approx(0.175)
    assert weights[1, INDEX["eyeWideRight"]] == pytest.approx(0.1)
    assert not weights[0].any()


def test_head_moves_slowly_mostly_and_within_its_limits() -> None:
    degrees = np.degrees(some_head())
    assert np.all(np.abs(degrees).max(0) <= [14, 20, 15])
    frequency, power = welch(degrees[:, 0], RATE, nperseg=4096)
    assert power[frequency < 2].sum() / power.sum() >= 0.9
    band = (frequency > 0.5) & (frequency < 4)
    slope = np.polyfit(np.log(frequency[band]), np.log(power[band]), 1)[0]
    assert -4 < slope < -1.2
    assert 1.2 <= degrees[:, 0].std() <= 3.5


def test_accents_nod_mostly_down() -> None:
    moved = [some_head(seed) - some_head(seed, accents=[]) for seed in (1,)]
    nods = np.degrees([moved[0][a.peak - 10 : a.peak + 25, 0].max() for a in ACCENTS])
    assert np.mean(nods > 1) > 0.4


def test_brows_answer_half_of_the_accents_and_never_more_than_they_may() -> None:
    added = brows(FRAMES, ACCENTS, [], ONES, 0 * ONES, 0.0, stream(0, "brows"))
    inner = added[:, INDEX["browInnerUp"]]
    raised = [a for a in ACCENTS if inner[a.peak] > 0.1]
    assert 0.4 <= len(raised) / len(ACCENTS) <= 0.7
    assert inner.max() <= 0.8
    for accent in raised:  # up ahead of the accent, at the top with it, down more slowly
        before, after = inner[: accent.peak][::-1] <= 1e-6, inner[accent.peak :] <= 1e-6
        assert 0.15 <= before.argmax() / RATE <= 0.35 and 0.25 <= after.argmax() / RATE <= 0.8
        assert inner[accent.peak] == pytest.approx(inner[accent.peak - 30 : accent.peak + 60].max())


def test_brows_wander_knit_and_differ_and_do_not_without_temperature() -> None:
    one, other = (brows(FRAMES, [], [], ONES, 0 * ONES, t, stream(0, "brows")) for t in (1.0, 0.0))
    assert not other.any()
    left, right = one[:, INDEX["browOuterUpLeft"]], one[:, INDEX["browOuterUpRight"]]
    assert 0.05 < (left - right).std() < 0.25 and 0.1 < one[:, INDEX["browInnerUp"]].max() < 0.7
    lowered = np.minimum(one[:, INDEX["browDownLeft"]], one[:, INDEX["browDownRight"]])
    assert 0.02 < lowered.std() < 0.1
    calm = brows(FRAMES, [], [], ONES, 0 * ONES, 1.0, stream(0, "brows"), amount=0.5, asymmetry=0.0)
    assert np.array_equal(calm[:, INDEX["browOuterUpLeft"]], calm[:, INDEX["browOuterUpRight"]])
    assert calm[:, INDEX["browInnerUp"]].std() < 0.7 * one[:, INDEX["browInnerUp"]].std()


def test_questions_raise_the_brows_and_anger_lowers_them_on_accents() -> None:
    directed = brows(FRAMES, [], PHRASES, ONES, 0 * ONES, 0.0, stream(0, "brows"))[:, INDEX["browInnerUp"]]
    assert directed[PHRASES[4].end] == pytest.approx(0.25, abs=0.02) and directed[PHRASES[3].end] == 0
    angry = brows(FRAMES, ACCENTS, [], -ONES, 0 * ONES, 0.0, stream(0, "brows"))
    assert angry[:, INDEX["browDownLeft"]].max() > 0.2 and not angry[:, INDEX["browInnerUp"]].any()


def test_eyes_hold_the_camera_while_the_head_turns() -> None:
    t = np.arange(FRAMES) / RATE
    turning = np.zeros((FRAMES, 3))
    turning[:, 1] = np.radians(8) * np.sin(2 * np.pi * 0.3 * t)
    still, _ = gaze(FRAMES, PHRASES, 0 * turning, ONES, 1.0, stream(0, "gaze"))
    eyes, _ = gaze(FRAMES, PHRASES, turning, ONES, 1.0, stream(0, "gaze"))
    assert np.allclose(eyes - still, -0.9 * turning[:, :2], atol=1e-6)


def test_gaze_comes_back_to_the_camera_and_jumps_as_eyes_do() -> None:
    eyes, _ = gaze(FRAMES, PHRASES, np.zeros((FRAMES, 3)), ONES, 1.0, stream(0, "gaze"))
    degrees = np.degrees(eyes)
    assert 0.3 <= np.mean(np.hypot(*degrees.T) < 0.5) <= 0.8
    assert np.hypot(*degrees.T).max() <= 14
    moving = np.abs(np.diff(degrees[:, 1])) > 0.01
    assert moving.mean() < 0.12  # saccades are brief
    assert degrees[:, 1].std() > degrees[:, 0].std()  # more to the sides than up and down
