# SPDX-License-Identifier: GPL-3.0-or-later
"""Sampling a scene at several frames restores it: the frame, and values that were set but not keyed."""

import bpy
import pytest

from addon.scene.frame_sampling import sampled_frames


@pytest.fixture
def animated(cube):
    """Animated properties of every kind: a float, one of a vector, a custom property, a shape key, a driver, a node."""
    cube["size"] = 1.0
    cube.keyframe_insert('["size"]', frame=1)
    cube.keyframe_insert("location", frame=1)
    cube.keyframe_insert("hide_render", frame=1)
    cube.driver_add("rotation_euler", 2).driver.expression = "frame / 100"
    cube.shape_key_add(name="Basis")
    block = cube.shape_key_add(name='jaw "Open"')
    for frame, value in ((1, 0.0), (11, 1.0)):
        block.value = value
        block.keyframe_insert("value", frame=frame)
    world = bpy.data.worlds.new("Grey")
    if bpy.app.version < (5, 0, 0):
        world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Strength"].keyframe_insert("default_value", frame=1)
    bpy.context.scene.frame_set(3, subframe=0.5)
    return cube


def state(cube) -> tuple:
    scene, strength = bpy.context.scene, bpy.data.worlds["Grey"].node_tree.nodes["Background"].inputs["Strength"]
    values = (cube["size"], tuple(cube.location), cube.hide_render, cube.rotation_euler.z, strength.default_value)
    key = cube.data.shape_keys.key_blocks[1].value
    return (scene.frame_current, scene.frame_subframe, *values, key)


def test_frames_are_evaluated_one_after_another(animated):
    with sampled_frames(bpy.context.scene, [1.0, 6.0, 11.0]) as graphs:
        values = [animated.evaluated_get(graph).data.shape_keys.key_blocks[1].value for graph in graphs]
    assert values == [0.0, pytest.approx(0.5), 1.0]


def test_values_without_a_key_are_restored(animated):
    animated["size"], animated.location.y, animated.hide_render = 7.0, 3.0, True
    animated.data.shape_keys.key_blocks[1].value = 0.875
    bpy.data.worlds["Grey"].node_tree.nodes["Background"].inputs["Strength"].default_value = 0.25
    before = state(animated)
    with sampled_frames(bpy.context.scene, [20.0, 30.25]) as graphs:
        assert len(list(graphs)) == 2
        assert animated.location.y == 0.0 and animated["size"] == 1.0
    assert state(animated) == before


def test_after_an_exception_too(animated):
    animated.location.x = 5.0
    before = state(animated)
    with pytest.raises(ZeroDivisionError), sampled_frames(bpy.context.scene, [20.0]) as graphs:
        for _ in graphs:
            raise ZeroDivisionError
    assert state(animated) == before


def test_a_path_that_leads_nowhere_is_left(animated):
    animated.shape_key_remove(animated.data.shape_keys.key_blocks[1])
    with sampled_frames(bpy.context.scene, [20.0]) as graphs:
        list(graphs)
    assert bpy.context.scene.frame_current == 3
