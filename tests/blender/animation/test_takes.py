# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of a line: one is seen at a time; named, starred, made anew and deleted without touching the others."""

import bpy
import numpy as np
import pytest
from blender_scene import value_at
from blender_takes import apply, own_layers, random_weights, weights_take

from addon.animation import nla_layers, takes
from addon.animation.fcurves import CurveError
from addon.scene import lines


@pytest.fixture
def three(toy_head):
    """A line with takes of seeds 0, 1, 2; and their weights."""
    lines.add(toy_head)
    weights = [random_weights(seed=seed) for seed in range(3)]
    for seed in range(3):
        apply(toy_head, weights_take(weights[seed], seed=str(seed), head=np.full((20, 3), 0.1 * seed)))
    return toy_head, toy_head.mien.lines[0], weights


def seen(speaker) -> list[int]:
    return [layer.mark.take for layer in own_layers(speaker.data.shape_keys) if not layer.track.mute]


def test_a_click_lets_one_take_be_seen_and_no_other(three):
    speaker, line, weights = three
    for number in (0, 2, 1):
        line.active_take = number
        assert seen(speaker) == [line.takes[number].uid]
        assert value_at(speaker, "jawOpen", 6) == pytest.approx(weights[number][5, 0], abs=1e-6)
        turned = speaker.mien.head_object.evaluated_get(bpy.context.evaluated_depsgraph_get()).rotation_euler
        assert np.allclose(turned, (0.1 * number, -0.1 * number, 0.1 * number), atol=0.03)


def test_what_is_seen_needs_no_solo(three):
    """Solo is the whole scene's: the animator's other tracks play on."""
    speaker, line, _ = three
    line.active_take = 1
    data = speaker.data.shape_keys.animation_data
    assert not any(track.is_solo for track in data.nla_tracks)


def test_each_take_is_an_action_of_its_own_for_each_datablock(three):
    speaker, _, _ = three
    for id_ in takes.driven(speaker):
        actions = [layer.strip.action for layer in own_layers(id_)]
        assert len(set(actions)) == 3 and all(action.users == 1 for action in actions)


def test_a_new_name_is_borne_by_tracks_and_actions(three):
    speaker, line, _ = three
    line.takes[1].name = "the quiet one"
    line.name = "Hello"
    names = [layer.strip.action.name for layer in own_layers(speaker.data.shape_keys)]
    assert names == ["Mien Hello, Take 1", "Mien Hello, the quiet one", "Mien Hello, Take 3"]
    assert own_layers(speaker.mien.head_object)[1].track.name == "Mien: Hello, the quiet one"


def test_deleting_one_leaves_the_others(three):
    speaker, line, weights = three
    line.active_take = 2
    before = len(bpy.data.actions)
    takes.delete(line, line.takes[0].uid)
    assert [take.name for take in line.takes] == ["Take 2", "Take 3"]
    assert takes.active(line).name == "Take 3" and seen(speaker) == [3]
    assert len(bpy.data.actions) == before - 2
    assert value_at(speaker, "jawOpen", 6) == pytest.approx(weights[2][5, 0], abs=1e-6)


def test_deleting_the_one_that_is_seen_shows_its_neighbour(three):
    speaker, line, _ = three
    line.active_take = 1
    takes.delete(line, line.takes[1].uid)
    assert takes.active(line).name == "Take 3" and seen(speaker) == [3]


def test_without_takes_the_face_is_at_rest_and_nothing_is_left(three):
    speaker, line, _ = three
    bpy.context.scene.frame_set(6)
    for take in [take.uid for take in line.takes]:
        takes.delete(line, take)
    for frame in (6, 100):
        assert all(value_at(speaker, name, frame) == 0 for name in ("jawOpen", "mouthClose", "eyeBlinkLeft"))
    assert len(bpy.data.actions) == 0 and speaker.mien.head_object.rotation_euler[:] == (0, 0, 0)


def test_a_locked_take_is_not_deleted_in_part(three):
    speaker, line, _ = three
    own_layers(speaker.mien.head_object)[0].track.lock = True
    with pytest.raises(CurveError, match="'Mien: Line 1, Take 1 head'.*locked"):
        takes.delete(line, line.takes[0].uid)
    assert len(line.takes) == 3 and len(own_layers(speaker.data.shape_keys)) == 3


def test_a_take_whose_tracks_the_animator_deleted_is_only_silent(three):
    speaker, line, _ = three
    data = speaker.data.shape_keys.animation_data
    data.nla_tracks.remove(own_layers(speaker.data.shape_keys)[1].track)
    line.active_take = 1
    assert value_at(speaker, "jawOpen", 6) == 0.0
    takes.delete(line, line.takes[1].uid)
    assert len(line.takes) == 2


def test_a_seed_is_free_when_no_take_has_it(three):
    _, line, _ = three
    assert [takes.free_seed(line, seed) for seed in (0, 2, 7)] == [3, 3, 7]


def test_the_rest_holds_what_blenders_default_would_not(three):
    """In Blender 5.0 a shape key's default is 1, which is where a gap between strips would put every key."""
    speaker, _, _ = three
    (rest,) = own_layers(speaker.data.shape_keys, "rest")
    assert rest.mark == nla_layers.REST and rest.strip.extrapolation == "HOLD"
    first = next(nla_layers.layers(speaker.data.shape_keys))
    assert first.mark == nla_layers.REST  # below all takes
    assert value_at(speaker, "jawOpen", 500) == 0.0
