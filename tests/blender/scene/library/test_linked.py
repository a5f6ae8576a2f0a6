# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters from another file: overrides speak, and still do when the film is opened again; linked ones are refused
with advice."""

import bpy
import numpy as np
import pytest
from blender_scene import value_at
from fake_backend import take_bytes

from addon import api
from addon.default_head import build
from addon.formats import head_file
from addon.scene import direction, matched_face, speakers
from addon.scene.library import linked


@pytest.fixture
def library(toy_head_file, tmp_path):
    """characters.blend with a collection Anna: the head, turned a little, and the empty that turns it."""
    head = build.add_head(bpy.context, head_file.read_head(toy_head_file))
    head.name = "Anna"
    head.mien.head_object.rotation_euler = (0.0, 0.0, 0.25)
    collection = bpy.data.collections.new("Anna")
    bpy.context.scene.collection.children.link(collection)
    for obj in (head, head.mien.head_object):
        for other in obj.users_collection:
            other.objects.unlink(obj)
        collection.objects.link(obj)
    path = tmp_path / "characters.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def film_of(library, overrides: int, editable: bool = True) -> list[bpy.types.Object]:
    """A film with so many overrides of Anna; the linked collection itself where that is 0."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.collections = ["Anna"]
    scene, collection = bpy.context.scene, bpy.data.collections["Anna"]
    for _ in range(overrides):
        scene.collection.children.link(collection)
        collection.override_hierarchy_create(scene, bpy.context.view_layer, do_fully_editable=editable)
        scene.collection.children.unlink(collection)
    if not overrides:
        scene.collection.children.link(collection)
    heads = [obj for obj in scene.objects if obj.type == "MESH"]
    return sorted(heads, key=lambda obj: obj.name)


def give_line(speaker, voice) -> None:
    bpy.context.view_layer.objects.active = speaker
    assert bpy.ops.mien.new_line() == {"FINISHED"}
    speaker.mien.lines[-1].sound = str(voice)


def reopened(tmp_path) -> list[bpy.types.Object]:
    path = str(tmp_path / "film.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    heads = [obj for obj in bpy.context.scene.objects if obj.type == "MESH"]
    return sorted(heads, key=lambda obj: obj.name)


@pytest.mark.parametrize("editable", [True, False])
def test_an_override_speaks_and_still_does_when_the_film_is_opened_again(library, voice, backend, tmp_path, editable):
    (anna,) = film_of(library, 1, editable)
    assert linked.has_linked_mesh(anna) and speakers.refusal(anna) == ""
    give_line(anna, voice)
    assert api.bake().counts == {"made": 1}
    assert anna.data.library is None and anna.data.shape_keys.library is None
    assert all(action.library is None for action in bpy.data.actions)
    (anna,) = reopened(tmp_path)
    assert anna.library is None and anna.override_library is not None
    assert value_at(anna, "eyeBlinkLeft", 24) == pytest.approx(1.0)
    assert [(line.name, len(line.takes)) for line in anna.mien.lines] == [("voice", 1)]
    assert api.report().counts == {"fresh": 1}


def test_the_head_turns_from_its_rest_also_after_opening_again(library, voice, backend, tmp_path):
    (anna,) = film_of(library, 1)
    give_line(anna, voice)
    api.bake()
    bpy.context.scene.frame_set(20)
    before = np.array(anna.mien.head_object.matrix_basis)
    (anna,) = reopened(tmp_path)
    bpy.context.scene.frame_set(20)  # the head is turned when the next take comes
    anna.mien.performance.jaw = 0.5
    assert api.bake().counts == {"made": 1}
    bpy.context.scene.frame_set(20)
    np.testing.assert_allclose(np.array(anna.mien.head_object.matrix_basis), before, atol=1e-6)


def test_two_overrides_of_one_character_each_say_their_own(library, voice, backend, tmp_path):
    anna, other = film_of(library, 2)
    assert anna.data == other.data
    give_line(anna, voice)
    give_line(other, voice)
    other.mien.lines[0].start_frame = 101
    assert api.bake().counts == {"made": 2}
    assert anna.data != other.data
    anna, other = reopened(tmp_path)
    assert value_at(anna, "eyeBlinkLeft", 24) == pytest.approx(1.0)
    assert value_at(anna, "eyeBlinkLeft", 124) == pytest.approx(0.0)
    assert value_at(other, "eyeBlinkLeft", 124) == pytest.approx(1.0)


@pytest.mark.parametrize("before", [{}, {"jawOpen": 0.5, "cheekPuff": 0.25}])
def test_a_face_that_is_matched_on_an_override_is_kept(library, tmp_path, before):
    bpy.ops.wm.open_mainfile(filepath=str(library))
    matched_face.set_face(bpy.data.objects["Anna"].mien.performance, before)
    bpy.ops.wm.save_mainfile()
    (anna,) = film_of(library, 1)
    assert direction.face_of(anna.mien.performance) == before
    for face in ({"tongueOut": 0.75, "browInnerUp": 0.5}, {}):
        matched_face.set_face(anna.mien.performance, face)
        (anna,) = reopened(tmp_path)
        assert direction.face_of(anna.mien.performance) == face


def test_a_local_object_with_a_linked_mesh_speaks(library, voice, backend, tmp_path):
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(library), link=True) as (there, wanted):
        wanted.meshes = list(there.meshes)
    bert = bpy.data.objects.new("Bert", bpy.data.meshes[0])
    bpy.context.scene.collection.objects.link(bert)
    give_line(bert, voice)
    assert api.bake().counts == {"made": 1}
    (bert,) = reopened(tmp_path)
    assert value_at(bert, "eyeBlinkLeft", 24) == pytest.approx(1.0)


def test_a_character_that_is_only_linked_says_what_to_do(library, voice):
    (anna,) = film_of(library, 0)
    sentence = speakers.refusal(anna)
    assert "'Anna' is linked from 'characters.blend'" in sentence and "library override" in sentence


def test_a_line_of_a_linked_character_fails_in_the_report(library, voice, backend):
    bpy.ops.wm.open_mainfile(filepath=str(library))
    give_line(bpy.data.objects["Anna"], voice)
    bpy.ops.wm.save_mainfile()
    film_of(library, 0)
    (entry,) = api.bake().entries
    assert entry.state == "failed" and "make a library override of it" in entry.why and backend.requests == []


def test_sliders_that_only_the_library_can_widen_are_named(library, voice, backend, tmp_path):
    (anna,) = film_of(library, 1)
    give_line(anna, voice)
    values = {"jawOpen": np.array([0.0, 1.5]), "eyeBlinkLeft": np.array([0.0, 1.0])}
    sentence = linked.clipping_note(anna, values)
    assert "only 'characters.blend' can widen them: jawOpen." in sentence
    anna.data = anna.data.copy()  # local now
    assert linked.clipping_note(anna, values) == ""


def test_shapes_for_an_override_come_as_a_point_cache(library, voice, backend, tmp_path):
    basis = np.zeros((1, 40, 3), np.float32)
    basis[0, 0] = (0.0, 0.01, 0.0)
    backend.take = lambda **meta: take_bytes(
        {
            "basis": basis,
            "coefficients": np.linspace(0, 1, 24, dtype=np.float32)[:, None],
            "head_rotation": np.zeros((24, 3), np.float32),
        },
        **meta,
    )
    (anna,) = film_of(library, 1, editable=False)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    keys = len(anna.data.shape_keys.key_blocks)
    give_line(anna, voice)
    (entry,) = api.bake().entries
    assert entry.state == "made" and "keeps no new shape keys" in entry.why
    (anna,) = reopened(tmp_path)
    assert len(anna.data.shape_keys.key_blocks) == keys
    assert anna.modifiers[0].type == "MESH_CACHE" and not anna.override_library.is_system_override


@pytest.mark.parametrize("in_library", [0, 1, 3])
def test_an_override_keeps_all_its_parts_when_the_film_is_opened_again(library, tmp_path, in_library):
    bpy.ops.wm.open_mainfile(filepath=str(library))
    anna = bpy.data.objects["Anna"]
    for number in range(in_library):
        part = bpy.data.objects.new(f"Own {number}", bpy.data.meshes.new("Own"))
        anna.users_collection[0].objects.link(part)
        anna.mien.parts.add().mesh = part
    bpy.ops.wm.save_mainfile()
    (anna,) = (obj for obj in film_of(library, 1) if obj.name.startswith("Anna"))
    for number in range(3):
        part = bpy.data.objects.new(f"Part {number}", bpy.data.meshes.new("Part"))
        bpy.context.scene.collection.objects.link(part)
        anna.mien.parts.add().mesh = part
    before = sorted(part.mesh.name for part in anna.mien.parts)
    assert len(before) == 3 + in_library
    for _ in range(2):
        (anna,) = (obj for obj in reopened(tmp_path) if obj.name.startswith("Anna"))
        assert sorted(part.mesh.name for part in anna.mien.parts if part.mesh) == before
