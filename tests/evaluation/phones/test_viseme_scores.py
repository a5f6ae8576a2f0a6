# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.evaluation.phones.viseme_scores import SHIFTS, THRESHOLD, THRESHOLDS, grouped, open_runs, score
from mien.speech_analysis.track import INDEX, PHONES, PhoneTrack
from mien.speech_analysis.viseme_groups import GROUP, GROUPS, NAMES

SEGMENTS = [
    ("SIL", 0.2), ("P", 0.1), ("AA", 0.2), ("S", 0.1), ("B", 0.08), ("UW", 0.2), ("F", 0.1), ("IY", 0.12), ("SIL", 0.1),
]  # fmt: skip


def true_track() -> PhoneTrack:
    return PhoneTrack.from_segments(SEGMENTS)


def numbers(track: PhoneTrack) -> np.ndarray:
    return track.posteriors.argmax(1)


def test_every_phone_has_one_group() -> None:
    assert sorted(" ".join(GROUPS.values()).split()) == sorted(PHONES)
    one_of_each = ["SIL", "M", "V", "HH", "ZH", "ER", "AY", "EY", "AH"]
    assert [NAMES[GROUP[INDEX[phone]]] for phone in one_of_each] == list(NAMES)


def test_the_truth_itself_is_all_right_and_not_late() -> None:
    track = true_track()
    own = score(numbers(track), grouped(track))
    assert (own.accuracy, own.accuracy_with_silence, own.coarse_accuracy) == (1, 1, 1) and abs(own.lag) < 1e-6
    assert (own.seconds, own.speech_seconds) == (1.2, 0.9)
    closures = own.events("closures")
    assert (closures["segments"], closures["hits"]) == (2, 1)
    assert closures["false_a_second"] == closures["wrongly_held"] == 0
    assert own.events("labiodentals")["hits"] == 1
    assert np.isnan(own.recall[NAMES.index("e")]) and np.nansum(own.recall) == 7  # no e and no sh is spoken


def test_confusion_is_true_by_recognised_and_counts_only_what_both_have() -> None:
    truth, track = true_track(), PhoneTrack.from_segments([("SIL", 0.2), ("M", 0.1), ("EH", 0.2)])
    counted = score(numbers(truth), grouped(track))
    assert counted.seconds == 0.5 and counted.accuracy == pytest.approx(10 / 30)
    assert counted.confusion[NAMES.index("a"), NAMES.index("e")] == 20
    assert counted.accuracy_with_silence == pytest.approx(30 / 50)


@pytest.mark.parametrize("late", [-4, 3])
def test_lag_is_how_late_a_track_is(late: int) -> None:
    track = true_track()
    moved = score(numbers(track), np.roll(grouped(track), late, axis=0))
    assert moved.lag == pytest.approx(late / 100, abs=0.003)
    assert moved.accuracy < 0.8 and moved.accuracy_unlagged == 1
    assert late in SHIFTS


def test_probabilities_of_a_group_add_up() -> None:
    posteriors = np.zeros((2, len(PHONES)), np.float32)
    posteriors[:, [INDEX["P"], INDEX["M"], INDEX["AA"]]] = (0.3, 0.3, 0.4)
    counted = score(np.array([INDEX["B"]] * 2), grouped(PhoneTrack(posteriors, ())))
    assert counted.accuracy == 1


def test_scores_add_up() -> None:
    track = true_track()
    wrong = np.roll(grouped(track), 40, axis=0)
    both = score(numbers(track), grouped(track)) + score(numbers(track), wrong)
    assert both.seconds == 2.4
    assert both.accuracy == pytest.approx((1 + score(numbers(track), wrong).accuracy) / 2)


def test_an_event_opens_at_the_threshold_and_ends_below_half_of_it() -> None:
    probability = np.array([0, 0.2, 0.35, 0.2, 0.16, 0.1, 0.29, 0.2, 0])
    assert open_runs(probability, 0.3).tolist() == [[1, 5]]  # the second never gets to 0.3


def test_closures_near_a_segment_hit_and_others_are_false() -> None:
    truth = numbers(PhoneTrack.from_segments([("AA", 0.3), ("P", 0.1), ("AA", 0.3), ("M", 0.1), ("AA", 0.2)]))
    probabilities = np.zeros((100, len(NAMES) + 2), np.float16)
    probabilities[:, NAMES.index("a")] = 0.6
    probabilities[41:43, -2] = 0.5  # begins 10 ms after the P: a hit
    probabilities[60:64, -2] = 0.5  # 60 ms before the M: false
    counted = score(truth, probabilities).events("closures")
    assert (counted["segments"], counted["hits"]) == (2, 0.5)
    assert counted["false_a_second_of_speech"] == counted["false_a_second"] == 1
    assert counted["wrongly_held"] == pytest.approx(0.04)
    assert np.isnan(counted["hits_at_0.4_false"]) or counted["hits_at_0.4_false"] == 0
    assert THRESHOLD in THRESHOLDS


def test_a_tracks_own_flags_go_before_its_phones() -> None:
    track = true_track()
    object.__setattr__(track, "closure", np.full(len(track), 0.7, np.float32))
    tracked = grouped(track)
    np.testing.assert_allclose(tracked[:, -2], 0.7, atol=1e-3)
    np.testing.assert_array_equal(tracked[:, -1], tracked[:, NAMES.index("f v")])
