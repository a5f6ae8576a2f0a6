# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of a line: one is visible; renaming and deleting one does not touch the others."""

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


def visible_takes(speaker) -> list[int]:
    return [layer.mark.take for layer in own_layers(speaker.data.shape_keys) if not layer.track.mute]


def test_a_click_shows_one_take_alone(three):
    speaker, line, weights = three
    for number in (0, 2, 1):
        line.active_take = number
        assert visible_takes(speaker) == [line.takes[number].uid]
        assert value_at(speaker, "jawOpen", 6) == pytest.approx(weights[number][5, 0], abs=1e-6)
        turned = speaker.mien.head_object.evaluated_get(bpy.context.evaluated_depsgraph_get()).rotation_euler
        assert np.allclose(turned, (0.1 * number, -0.1 * number, 0.1 * number), atol=0.03)


def test_the_visible_take_needs_no_solo(three):
    """Solo would mute the animator's other tracks, too."""
    speaker, line, _ = three
    line.active_take = 1
    data = speaker.data.shape_keys.animation_data
    assert not any(track.is_solo for track in data.nla_tracks)


def test_each_take_is_an_action_of_its_own_for_each_datablock(three):
    speaker, _, _ = three
    for id_ in takes.driven(speaker):
        actions = [layer.strip.action for layer in own_layers(id_)]
        assert len(set(actions)) == 3 and all(action.users == 1 for action in actions)


def test_tracks_and_actions_are_renamed_with_their_take(three):
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
    assert takes.active(line).name == "Take 3" and visible_takes(speaker) == [3]
    assert len(bpy.data.actions) == before - 2
    assert value_at(speaker, "jawOpen", 6) == pytest.approx(weights[2][5, 0], abs=1e-6)


def test_deleting_the_visible_take_shows_its_neighbour(three):
    speaker, line, _ = three
    line.active_take = 1
    takes.delete(line, line.takes[1].uid)
    assert takes.active(line).name == "Take 3" and visible_takes(speaker) == [3]


def test_without_takes_the_face_is_at_rest_and_no_layer_is_left(three):
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


def test_a_take_whose_tracks_were_deleted_shows_nothing(three):
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
