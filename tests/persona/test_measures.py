# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a performance says who performs it."""

import dataclasses

import numpy as np
import pytest
from mien.channels import INDEX, columns
from mien.engines.articulation.blinks import blink
from mien.persona import measures
from mien.persona.recording import Motion, Recording
from personas import clips


def with_motion(change) -> list[tuple[Recording, Motion]]:
    recording = clips()[0]
    motion = recording.motion
    arrays = {name: getattr(motion, name).copy() for name in ("weights", "rotation", "gaze")}
    change(**arrays)
    return [(recording, Motion(**arrays))]


def test_a_mouth_that_goes_twice_as_far_measures_log_2_more() -> None:
    def twice(weights, rotation, gaze):
        weights[:, INDEX["jawOpen"]] *= 2
        weights[:, INDEX["mouthFunnel"]] *= 2

    before, after = (measures.mouth(with_motion(change)) for change in (lambda **_: None, twice))
    more = dict(zip(measures.MOUTH, after - before, strict=True))
    assert more["jaw"] == pytest.approx(np.log(2)) and more["funnel"] == pytest.approx(np.log(2))
    assert more["pucker"] == more["stretch"] == 0 < more["aperture"]


def test_leans_are_those_of_the_stronger_side() -> None:
    def leaning(weights, rotation, gaze):
        for name in (*measures.LEANING, *measures.BROWS):
            left, right = columns(name)
            both = weights[:, [left, right]].mean(1)
            weights[:, left], weights[:, right] = 1.2 * both, 0.8 * both

    found = measures.leans(with_motion(leaning))
    assert found == {"mouth_lean": pytest.approx(0.2), "brow_lean": pytest.approx(0.2)}


def test_blinks_are_counted_and_timed() -> None:
    def two(weights, rotation, gaze):
        weights[:, measures.LIDS] = 0.1
        for at in (1.0, 3.0):
            shut, _ = blink(4 * len(weights), at, 0.1, 0.04, 0.3)
            weights[:, measures.LIDS] += 0.8 * shut[::4, None]

    found = measures.nonverbal_statistics(with_motion(two))
    assert found["blinks"] == pytest.approx(2 / clips()[0].seconds)
    assert 0.15 < found["blink_time"] < 0.35


def test_head_and_gaze_are_measured_apart() -> None:
    def nodding(weights, rotation, gaze):
        seconds = np.arange(len(rotation)) / 25
        rotation[:] = 0
        rotation[:, 0] = np.radians(4) * np.sin(2 * np.pi * 0.3 * seconds)
        gaze[:] = -rotation[:, :2]

    slow = measures.nonverbal_statistics(with_motion(nodding))
    assert slow["gestures"] < 0.3 < 2 < slow["head"] and slow["gaze"] < 0.01
    weights, turn = measures.pose([(clips()[0], clips()[0].motion)])
    assert weights.shape == (52,) and turn.shape == (3,)


def test_a_clip_too_short_to_filter_is_passed_over() -> None:
    recording = clips()[0]
    brief = dataclasses.replace(recording, seen=np.arange(len(recording.seen)) < 10)
    assert measures.nonverbal_statistics([(brief, brief.motion)])["head"] == 0
