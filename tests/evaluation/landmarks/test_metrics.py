# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures on landmarks whose distances are known."""

import numpy as np
import pytest
from mien.evaluation import EvaluationError
from mien.evaluation.landmarks.metrics import Measures, measure
from mien.heads.landmark_track import default_rest, eye_distance

REST = default_rest()
UNIT = eye_distance(REST)
TRUE = np.tile(REST, (40, 1, 1))
SHUT = np.zeros(40, bool)


def test_distances_are_means_over_points_in_eye_distances() -> None:
    off = TRUE.copy()
    off[:, 48:, 0] += 0.02 * UNIT  # the mouth aside
    measures = measure(off, TRUE, REST, SHUT)
    assert measures.mouth_ld == pytest.approx(0.02, rel=1e-4)
    assert measures.ld == pytest.approx(0.02 * 20 / 68, rel=1e-4)
    assert measures.lvd < 1e-6 and measures.mouth_lvd < 1e-6
    assert measures.jitter < 1e-6 and np.isnan(measures.opening_correlation) and np.isnan(measures.share_met)


def test_velocity_is_over_time_and_not_over_landmarks() -> None:
    swinging = TRUE.copy()
    swinging[1::2, :, 2] += 0.01 * UNIT
    measures = measure(swinging, TRUE, REST, SHUT)
    assert measures.lvd == pytest.approx(0.01, rel=1e-4) and measures.mouth_lvd == pytest.approx(0.01, rel=1e-4)
    assert measures.ld == pytest.approx(0.005, rel=1e-4)
    assert measures.jitter == pytest.approx(0.04, rel=1e-4)  # 1 3 3 1 alternate in sign


def test_opening_and_closures() -> None:
    moving, half = TRUE.copy(), TRUE.copy()
    lower = 8 * (1 - np.cos(np.arange(40) / 3))
    moving[:, [65, 66, 67], 1] -= lower[:, None]
    half[:, [65, 66, 67], 1] -= 0.5 * lower[:, None]
    half[20:22, 66] = half[20:22, 62]  # met in one of two closures
    shut = SHUT.copy()
    shut[[5, 6, 20, 21]] = True
    measures = measure(half, moving, REST, shut)
    assert 0.8 < measures.opening_correlation < 1 and measures.share_met == 0.5
    assert measure(moving, moving, REST, shut).opening_correlation == pytest.approx(1)


def test_clips_add_up_and_what_does_not_fit_is_named() -> None:
    off = TRUE + 0.01 * UNIT * np.array([1, 0, 0], np.float32)
    both = measure(off, TRUE, REST, SHUT) + measure(TRUE, TRUE, REST, SHUT) + Measures()
    assert both.ld == pytest.approx(0.005, rel=1e-3) and both.frames == 80
    with pytest.raises(EvaluationError, match="four frames"):
        measure(TRUE[:3], TRUE[:3], REST, SHUT[:3])
    with pytest.raises(EvaluationError, match=r"\(39, 68, 3\)"):
        measure(TRUE[:39], TRUE, REST, SHUT)
