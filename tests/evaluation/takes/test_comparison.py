# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems whose distance to the truth is known."""

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.channels import INDEX
from mien.direction import Direction
from mien.evaluation.takes import report
from mien.evaluation.takes.baselines import mean_face, still
from mien.evaluation.takes.clips import Clip, take_of
from mien.evaluation.takes.comparison import Lips, compare
from mien.evaluation.takes.metrics import SAMPLES
from mien.heads.default import load_head

FRAMES = 40


@pytest.fixture
def clip() -> Clip:
    truth = np.zeros((FRAMES, 57), np.float32)
    truth[:, INDEX["jawOpen"]] = 0.3 + 0.2 * np.sin(np.arange(FRAMES) / 3)
    shut = np.zeros(FRAMES, bool)
    shut[10:12] = shut[30:31] = True
    truth[shut] = 0
    truth[shut, INDEX["mouthClose"]] = 0.06
    speech = Speech.from_samples(np.zeros(FRAMES * 640, np.float32))
    return Clip("a 0", speech, Direction(), truth, shut, True)


def rows_of(clip: Clip, motion: np.ndarray):
    return compare([clip], {"it": lambda *arguments: [take_of(motion)] * SAMPLES}, lambda name: None)


def test_the_truth_itself_is_perfect(clip: Clip) -> None:
    everyone, known = rows_of(clip, clip.truth)
    assert (everyone.speakers, known.speakers) == ("all", "known speakers")
    for name in ("mve", "lve", "mee", "ce", "fdd", "diversity"):
        assert getattr(known.measures, name) == pytest.approx(0, abs=1e-12)
    assert known.lips.closures == 2 and known.lips.share_met == 1
    assert known.lips.with_truth == pytest.approx(1) and known.lips.among_takes == pytest.approx(1)


def test_an_open_mouth_meets_no_closure_and_is_as_far_off_as_its_lips(clip: Clip) -> None:
    motion = clip.truth.copy()
    motion[:, INDEX["jawOpen"]] += 0.3
    row = rows_of(clip, motion)[0]
    head = load_head()
    farthest = np.linalg.norm(0.3 * head.deltas[head.order(["jawOpen"])][0][head.lip_mask.astype(bool)], axis=1).max()
    assert row.measures.lve == pytest.approx(farthest**2, rel=1e-3)
    assert row.lips.share_met == 0 and row.measures.diversity == 0


def test_a_still_face_has_no_correlation(clip: Clip) -> None:
    takes = still(np.full(57, 0.01, np.float32), clip.speech)
    assert len(takes) == SAMPLES and takes[0].frames == FRAMES
    row = compare([clip], {"still": lambda *arguments: takes}, lambda name: None)[0]
    assert np.isnan(row.lips.with_truth) and row.lips.closures == 2
    assert np.isnan((Lips() + Lips()).share_met)


def test_the_mean_face_is_that_of_all_frames() -> None:
    class Unit:
        def __init__(self, motion: np.ndarray) -> None:
            self.motion = motion.astype(np.float16)

    units = [Unit(np.zeros((2, 3, 57))), Unit(np.ones((2, 9, 57)))]
    np.testing.assert_allclose(mean_face(units), 0.75)


def test_the_table_has_a_row_a_system_and_a_part_a_kind_of_speaker(clip: Clip) -> None:
    text = report.comparison(rows_of(clip, clip.truth))
    assert text.count("| it | 0.000 | 0.00 | 0.00 | 0.00 |") == 2
    assert "**Known speakers** (1 stretches, 2 s)" in text and "Unknown" not in text
    assert "100.0 % | 1.000 | 1.000 |" in text
