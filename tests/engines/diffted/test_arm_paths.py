# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.engines.diffted.arm_paths import FROM_MIDDLE, LOWEST, NEAREST, REST_PLACE, arm_paths
from mien.engines.diffted.strokes import KINDS, Stroke

TIMES = np.arange(0, 6, 0.01)


def one(kind: str, hands: str = "right", size: float = 0.3) -> list[Stroke]:
    return [Stroke(1.0, 1.6, 2.0, 2.4, 3.3, hands, kind, size, 2.0, 0.3, 0.2)]


def paths(strokes: list[Stroke], scale: float = 1.0, hands: str = "both", seed: int = 0):
    return arm_paths(strokes, TIMES, scale, hands, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", KINDS)
def test_a_hand_leaves_its_rest_and_comes_back_without_a_leap(kind: str) -> None:
    found = paths(one(kind))["right"]
    away = np.linalg.norm(found.wrist - found.wrist[0], axis=1)
    assert away[:100].max() < 1e-9 and away[-1] < 1e-9 and away[160:240].max() > 0.1
    speed = np.linalg.norm(np.diff(found.wrist, axis=0), axis=1) * 100
    assert speed.max() < 4 and np.abs(np.diff(speed)).max() < 0.3  # shoulder widths a second
    for looks in (found.hand, found.palm):
        np.testing.assert_allclose(np.linalg.norm(looks, axis=1), 1)
        assert np.linalg.norm(np.diff(looks, axis=0), axis=1).max() < 0.15


def test_the_other_hand_moves_along_a_little() -> None:
    found = paths(one("beat", size=0.6))
    gone = {side: np.ptp(path.wrist, axis=0).max() for side, path in found.items()}
    assert 0 < gone["left"] < 0.6 * gone["right"]


def test_what_may_not_move_rests() -> None:
    assert np.ptp(paths(one("beat"), hands="right")["left"].wrist, axis=0).max() == 0
    assert np.ptp(paths(one("beat"), scale=0)["right"].wrist, axis=0).max() == 0
    assert np.ptp(paths([])["left"].wrist, axis=0).max() == 0


def test_scale_makes_movements_larger() -> None:
    sizes = [np.ptp(paths(one("beat"), scale)["right"].wrist[:, 1]) for scale in (0.4, 1.0, 1.5)]
    assert sizes == sorted(sizes) and sizes[0] > 0


def test_hands_stay_before_the_body_each_on_its_side() -> None:
    for seed in range(20):
        found = paths(one("frame", "both", 0.7), 1.5, seed=seed)
        for side, path in found.items():
            aside = path.wrist[:, 0] if side == "left" else -path.wrist[:, 0]
            assert aside.min() >= FROM_MIDDLE and path.wrist[:, 1].min() >= LOWEST
            assert path.wrist[:, 2].min() >= NEAREST
    assert REST_PLACE[0] > FROM_MIDDLE


def test_both_hands_of_a_gesture_are_no_mirror_images_and_the_one_that_follows_is_late() -> None:
    strokes = [*one("beat"), Stroke(4.0, 4.6, 5.0, 5.2, 5.9, "both", "frame", 0.4, 5.0, 0.3, 0.2)]
    for seed in range(5):
        found = paths(strokes, seed=seed)
        led, followed = found["right"].wrist[380:], found["left"].wrist[380:]
        apart = led * [-1, 1, 1] - followed
        assert np.linalg.norm(apart - apart[0], axis=1).max() > 0.02
        gone = [np.linalg.norm(wrist - wrist[0], axis=1) for wrist in (led, followed)]
        began = [int(np.argmax(way > 0.1 * way.max())) for way in gone]
        assert 2 <= began[1] - began[0] <= 15  # hundredths of a second


def test_a_hand_turns_around_before_a_stroke_without_a_stop() -> None:
    slowest = []
    for seed in range(8):
        speed = np.linalg.norm(np.diff(paths(one("open palm", size=0.5), seed=seed)["right"].wrist, axis=0), axis=1)
        slowest.append(100 * speed[130:190].min())
    assert np.median(slowest) > 0.2  # shoulder widths a second
