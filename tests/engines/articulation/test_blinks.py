# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.channels import ARKIT, columns
from mien.engines.articulation.blinks import LIDS, WIDE, add_blinks, blinks
from mien.heads.default import load_head
from mien.speech_analysis.track import RATE


def test_wide_eyes_shut_in_a_blink_and_are_wide_beside_it() -> None:
    weights, added = np.zeros((3, len(ARKIT))), np.zeros((3, len(ARKIT)))
    weights[:, WIDE], weights[:, LIDS] = 0.9, 0.05
    added[:, LIDS] = np.array([0.0, 0.5, 0.95])[:, None]
    add_blinks(weights, added)
    assert (weights[0, WIDE] == 0.9).all() and (weights[2, WIDE] < 0.05).all()
    assert (np.diff(weights[:, WIDE], axis=0) < 0).all() and (np.diff(weights[:, LIDS], axis=0) > 0).all()


def test_lids_that_are_shut_so_leave_less_of_the_eye_than_wide_ones_did() -> None:
    head = load_head()
    added = np.zeros((1, len(ARKIT)))
    added[:, LIDS] = 1.0
    wide = np.zeros((1, len(ARKIT)))
    wide[:, WIDE] = 1.0
    shut, both = wide.copy(), wide + added
    add_blinks(shut, added)
    pairs = [(37, 41), (38, 40), (43, 47), (44, 46)]  # iBUG 68: upper and lower lids
    gaps = []
    for weights in (shut, both):
        points = head.pose(weights[0].astype(np.float32), np.zeros(3, np.float32))[head.landmarks]
        gaps.append(np.mean([points[upper, 1] - points[lower, 1] for upper, lower in pairs]))
    assert gaps[0] < gaps[1] - 0.001  # m
    assert columns("eyeWide") == WIDE


def onsets(rate: float, seed: int, seconds: int = 120) -> np.ndarray:
    """Frames at which lids begin to fall."""
    frames = seconds * RATE
    added, _ = blinks(frames, 1.0, np.full(frames, rate), np.ones(frames), [], [], [], np.random.default_rng(seed))
    shut = added[:, LIDS[0]] > 0
    return np.flatnonzero(shut[1:] & ~shut[:-1])


def test_a_seed_blinks_at_the_same_moments_whatever_the_emotion() -> None:
    for seed in range(3):
        few, many = (set(onsets(rate, seed).tolist()) for rate in (0.25, 0.4))
        assert len(few) < len(many)
        # but for those that end a gap of LONGEST, which the others end of themselves, and those that run into another
        assert len(few & many) >= 0.8 * len(few)


def test_blinks_are_as_many_as_the_rate_says_and_none_is_long_in_coming() -> None:
    gaps = {rate: np.concatenate([np.diff(onsets(rate, seed)) for seed in range(4)]) / RATE for rate in (0.2, 0.3, 0.4)}
    counts = [len(each) for each in gaps.values()]
    assert counts == sorted(counts) and counts[0] < 0.75 * counts[2]
    assert max(each.max() for each in gaps.values()) < 8
    spread = gaps[0.3].std() / gaps[0.3].mean()
    assert 0.45 < spread < 0.8  # people blink unevenly, as a log-normal interval has it
