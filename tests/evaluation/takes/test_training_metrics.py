# SPDX-License-Identifier: GPL-3.0-or-later

import numpy as np
import pytest
from checkout import SHARED
from mien.evaluation import EvaluationError
from mien.evaluation.takes.training_metrics import MotionMeasures, measure_motion

GOLDEN = SHARED / "golden" / "probtalk3d" / "metrics"


@pytest.mark.skipif(not GOLDEN.is_dir(), reason="../shared/golden/probtalk3d, official numbers, is not here")
def test_the_measures_are_those_of_the_published_training() -> None:
    with np.load(GOLDEN / "metrics.npz") as golden:
        found = measure_motion(golden["tm_ref"][0], golden["tm_pred"][0])
        found += measure_motion(golden["tm_ref2"][0], golden["tm_pred2"][0])
        assert found.mean_l2 == pytest.approx(float(golden["tm_mean_l2"]), rel=1e-6)
        assert found.mean_var == pytest.approx(float(golden["tm_mean_var"]), rel=1e-6)


def test_known_by_hand() -> None:
    truth = np.zeros((2, 2), np.float32)
    motion = np.float32([[3, 4], [0, 0]])
    found = measure_motion(truth, motion)
    assert found.mean_l2 == pytest.approx(5 / 2)
    assert found.mean_var == pytest.approx((4.5**2 + 8**2) ** 0.5)  # 3 0 and 4 0, about 1.5 and 2, over n - 1


def test_frames_weigh_in_the_distance_and_sequences_in_the_variance() -> None:
    rng = np.random.default_rng(3)
    pairs = [(rng.normal(size=(frames, 6)), rng.normal(size=(frames, 6))) for frames in (2, 9)]
    found = sum((measure_motion(*pair) for pair in pairs), MotionMeasures())

    def apart(a, b) -> float:
        return sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5

    def spread(curves) -> list[float]:
        return [sum((x - sum(c) / len(c)) ** 2 for x in c) / (len(c) - 1) for c in curves.T]

    distances = [apart(a, b) for pair in pairs for a, b in zip(*pair, strict=True)]
    variances = [apart(spread(truth), spread(motion)) for truth, motion in pairs]
    assert found.mean_l2 == pytest.approx(sum(distances) / 11, rel=1e-9)
    assert found.mean_var == pytest.approx(sum(variances) / 2, rel=1e-9)
    assert np.isnan([MotionMeasures().mean_l2, MotionMeasures().mean_var]).all()


@pytest.mark.parametrize("shapes", [((3, 5), (4, 5)), ((1, 5), (1, 5)), ((3,), (3,))])
def test_what_cannot_be_compared_is_refused(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    with pytest.raises(EvaluationError, match=r"two frames or more"):
        measure_motion(*map(np.zeros, shapes))
