# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes ease in and out, and neighbouring lines are bridged: nothing moves faster there than within a line."""

from dataclasses import replace

import bpy
import numpy as np
import pytest
from blender_scene import CHANNELS, value_at
from blender_takes import apply, own_layers, weights_take

from addon.animation import baking, easing, fcurves, takes
from addon.animation.easing import Ease, Span
from addon.scene import lines

OWN = Ease(first=100.0, last=150.0, lead=12.0, tail=19.0, bridge=6.0)


def performance(frames: int, smile: float, turn: float, seed: int):
    """A take that speaks from its first frame to its last with a constant smile and a turned head."""
    draw = np.random.default_rng(seed)
    jaw = 0.4 + 0.35 * np.sin(np.arange(frames) * 0.9 + draw.uniform(0, 6))
    weights = np.stack([jaw, 0.3 * (1 - jaw), np.full(frames, smile)], 1)
    head = np.radians(turn + 1.5 * np.sin(np.arange(frames) * 0.3))[:, None] * np.array([0.3, 1.0, 0.2])
    return weights_take(weights, head=head)


def shown(speaker, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """((F, C) values of all keys, (F - 1,) degrees that the head turns from one frame to the next)."""
    rows, turns = [], []
    for frame in range(first, last + 1):
        rows.append([value_at(speaker, name, frame) for name in CHANNELS])
        head = speaker.mien.head_object.evaluated_get(bpy.context.evaluated_depsgraph_get())
        turns.append(head.matrix_basis.to_quaternion())
    steps = [np.degrees(a.rotation_difference(b).angle) for a, b in zip(turns, turns[1:], strict=False)]
    return np.array(rows), np.array(steps)


@pytest.fixture
def scene_of_four_lines(toy_head):
    """Lines of other faces and heads: one alone, two a second apart, one soon after."""
    for number, start in enumerate((41, 140, 204, 256)):
        lines.add(toy_head, start_frame=start)
        smile, turn = ((0.72, 5.4), (0.0, -4.0), (0.6, 3.0), (0.1, 2.0))[number]
        apply(toy_head, performance(40, smile, turn, number), start=start)
    return toy_head


def test_no_step_is_larger_than_within_lines(scene_of_four_lines):
    first = -5
    values, turns = shown(scene_of_four_lines, first, 330)
    steps = np.abs(np.diff(values, axis=0))
    for moves, ends in ((steps.max(1), 4), (turns, 10)):  # so many frames at either end may belong to a bridge
        inside = np.zeros(len(turns), bool)
        for start in (41, 140, 204, 256):
            inside[start + ends - first : start + 39 - ends - first] = True
        assert moves[~inside].max() <= moves[inside].max()
    smile = steps[:, 2]  # it does not move within a line, and went from 0 to .72 in one frame before
    assert smile[: 256 - 4 - first].max() < 0.05 and smile.max() < 0.1
    assert not values[0].any() and not values[-1].any()


def test_baked_it_shows_the_same(scene_of_four_lines):
    before, _ = shown(scene_of_four_lines, -5, 330)
    baking.bake(scene_of_four_lines)
    np.testing.assert_allclose(shown(scene_of_four_lines, -5, 330)[0], before, atol=2e-6)


def test_within_a_line_nothing_is_blended(scene_of_four_lines):
    take = performance(40, 0.72, 5.4, 0)
    values, _ = shown(scene_of_four_lines, 41, 80)
    np.testing.assert_allclose(values, take.weights, atol=1e-6)


def strip_of(speaker, line: int):
    return next(
        layer.strip for layer in own_layers(speaker.data.shape_keys) if layer.mark.line == speaker.mien.lines[line].uid
    )


def test_a_moved_line_is_bridged_anew(scene_of_four_lines):
    speaker = scene_of_four_lines
    alone = strip_of(speaker, 0).blend_out
    assert alone > 0 and strip_of(speaker, 0).frame_end == 80 + alone
    speaker.mien.lines[1].start_frame = 90
    assert strip_of(speaker, 0).blend_out == 0 and strip_of(speaker, 0).frame_end == 90
    assert strip_of(speaker, 1).blend_in == 10 and strip_of(speaker, 1).frame_start == 80
    speaker.mien.lines[1].start_frame = 140
    assert strip_of(speaker, 0).blend_out == alone


def test_a_line_that_is_moved_before_another_blends_over_it(scene_of_four_lines):
    speaker = scene_of_four_lines
    speaker.mien.lines[1].start_frame = -10  # its track lies above that of the first line
    values, _ = shown(speaker, -40, 80)
    inside = np.abs(np.diff(values[45:65], axis=0)).max()
    assert np.abs(np.diff(values, axis=0)).max() <= inside
    assert values[60:, 2] == pytest.approx(np.r_[values[60:81, 2], np.full(len(values) - 81, 0.72)], abs=1e-6)


def test_a_removed_line_is_no_neighbour_any_more(scene_of_four_lines):
    speaker = scene_of_four_lines
    speaker.mien.lines[1].start_frame = 90
    lines.remove(speaker, speaker.mien.lines[1])
    assert strip_of(speaker, 0).blend_out > 0


def test_a_strip_that_the_animator_cut_is_left_alone(scene_of_four_lines):
    speaker = scene_of_four_lines
    strip = strip_of(speaker, 0)
    strip.action_frame_end = strip.frame_end = 70
    takes.audition(speaker.mien.lines[0], None)
    assert strip_of(speaker, 0).frame_end == 70


@pytest.mark.parametrize(
    ("others", "span"),
    [
        ([], Span(88, 169, 12, 19)),
        ([(replace(OWN, first=10.0, last=60.0), False)], Span(88, 169, 12, 19)),  # far away
        ([(replace(OWN, first=10.0, last=80.0), False)], Span(80, 169, 20, 19)),  # bridged: this one blends
        ([(replace(OWN, first=10.0, last=80.0), True)], Span(80, 169, 0, 19)),  # the other one does
        ([(replace(OWN, first=160.0, last=200.0), True)], Span(88, 160, 12, 0)),
        ([(replace(OWN, first=160.0, last=200.0), False)], Span(88, 160, 12, 10)),
        ([(replace(OWN, first=10.0, last=99.0), False)], Span(96.5, 169, 6, 19)),  # no gap: over the bridge's frames
        ([(replace(OWN, first=10.0, last=120.0), False)], Span(97, 169, 6, 19)),  # this one interrupts
        ([(replace(OWN, first=10.0, last=300.0), False)], Span(97, 169, 6, 19)),  # within the other one
        ([(replace(OWN, first=110.0, last=120.0), True)], Span(88, 169, 12, 19)),  # the other one within this
    ],
)
def test_the_span_of_a_strip_among_neighbours(others, span):
    assert easing.span_of(OWN, others) == span


def test_the_slower_a_curve_is_the_longer_it_eases():
    def ease(values, rest=0.0):
        curve = fcurves.Curve("value", 0, np.arange(len(values), dtype=float), np.array(values, float))
        return easing.ease_of_curves([(curve, rest)], 0.0, 9.0, 24.0)

    assert (ease([0.7] * 10).lead, ease([0.7] * 10).tail) == (20, 20)  # .8 s, the longest
    assert ease([0.7] * 10, rest=0.7).lead == 10  # .4 s, the shortest
    assert (ease([0.0, 0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 0.7]).lead) == 10
    assert 10 < ease([0.75, 0.7, 0.7, 0.7]).lead < 20
