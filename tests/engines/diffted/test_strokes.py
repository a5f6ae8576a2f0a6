# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.engines.articulation.accents import Accent, Phrase
from mien.engines.diffted.strokes import BEAT, HURRIED, KINDS, LATE, LEAST_APART, SIZES, Stroke, plan_strokes

ACCENTS = [Accent(peak, peak - 8, 1.0 + 0.3 * (i % 4)) for i, peak in enumerate(range(100, 5900, 70))]
PHRASES = [Phrase(begin, begin + 450, False) for begin in range(50, 5900, 520)]


def plan(seed: int = 0, hands: str = "both", **gains: float) -> list[Stroke]:
    curves = {name: np.full(6000, value) for name, value in gains.items()}
    return plan_strokes(ACCENTS, PHRASES, curves, 60.0, np.random.default_rng(seed), hands)


def test_strokes_are_in_order_and_none_runs_into_the_next() -> None:
    for seed in range(20):
        strokes = plan(seed)
        assert strokes
        for stroke in strokes:
            assert 0 <= stroke.begin < stroke.start < stroke.end <= stroke.leave <= stroke.home
            assert stroke.kind in KINDS and SIZES[0] <= stroke.size <= SIZES[1]
            assert stroke.kind == BEAT or stroke.start - stroke.begin >= HURRIED
        for one, other in zip(strokes, strokes[1:], strict=False):
            assert other.begin >= one.end and other.end - one.end >= LEAST_APART
            assert one.home <= other.begin + 1e-9 or one.leave == one.home


def test_a_stroke_ends_at_the_onset_of_its_vowel() -> None:
    onsets = {round(accent.onset / 100, 6) for accent in ACCENTS}
    for stroke in plan(3):
        assert round(stroke.accent, 6) in onsets and stroke.end == pytest.approx(stroke.accent + LATE)


def test_a_seed_draws_others_and_the_same_seed_the_same() -> None:
    assert plan(1) == plan(1) != plan(2)


def test_the_angry_gesture_more_and_the_sad_less() -> None:
    counts = {
        name: np.mean([len(plan(seed, **gains)) for seed in range(30)])
        for name, gains in (("neutral", {}), ("angry", {"angry": 1.0}), ("sad", {"sad": 1.0}))
    }
    assert counts["angry"] > counts["neutral"] > counts["sad"] > 0


@pytest.mark.parametrize("hand", ["left", "right"])
def test_one_hand_alone_may_move(hand: str) -> None:
    assert {stroke.hands for stroke in plan(hands=hand)} == {hand}


def test_no_hands_no_speech_and_no_accents_give_no_strokes() -> None:
    assert plan(hands="none") == []
    assert plan_strokes(ACCENTS, [], {}, 60.0, np.random.default_rng(0)) == []
    assert plan_strokes([], PHRASES, {}, 60.0, np.random.default_rng(0)) == []
