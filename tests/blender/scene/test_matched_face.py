# SPDX-License-Identifier: GPL-3.0-or-later
"""Match this face: the present pose becomes channels, which are requested of engines that support them."""

import json

import bpy
import pytest
from fake_backend import OPTIONAL_FIELDS

from addon.connection.client import Client
from addon.default_head import build
from addon.formats import head_file
from addon.generation import requests, runner, state
from addon.scene import direction as scene_direction
from addon.scene import matched_face
from addon.shape_keys import driving
from addon.shape_keys.key_table import Row
from addon.ui import engine_options_operators


@pytest.fixture
def head():
    return build.add_head(bpy.context, head_file.read_head(head_file.find_file()))


def pose(obj, **values: float) -> None:
    for name, value in values.items():
        obj.data.shape_keys.key_blocks[name].value = value


def test_the_pose_of_the_default_head_is_its_channels(head):
    pose(head, browInnerUp=0.7, mouthSmileLeft=0.4, mouthSmileRight=0.001)
    assert matched_face.current_face(head) == {"mouthSmileLeft": pytest.approx(0.4), "browInnerUp": pytest.approx(0.7)}


def test_eyes_come_in_the_units_of_a_take(head):
    gain = next(row.gain for row in driving.table_of(head).rows if row.key == "eyeLookUpLeft")
    head.data.shape_keys.key_blocks["eyeLookUpLeft"].slider_max = 10.0
    pose(head, eyeLookUpLeft=0.2 * gain)
    assert gain > 2 and matched_face.current_face(head) == {"eyeLookUpLeft": pytest.approx(0.2, abs=1e-3)}


def test_muted_keys_do_not_count_and_an_edited_table_does(toy_head):
    pose(toy_head, jawOpen=0.5, eyeBlinkLeft=0.5)
    toy_head.data.shape_keys.key_blocks["eyeBlinkLeft"].mute = True
    toy_head.mien_driving.set_rows((Row("jawOpen", "cheekPuff", 2.0, 0.1), Row("eyeBlinkLeft", "jawOpen")), "mine")
    assert matched_face.current_face(toy_head) == {"cheekPuff": pytest.approx(0.2, abs=1e-4)}


def test_further_meshes_add_channels_that_the_face_has_no_keys_for(toy_head, cube):
    cube.shape_key_add(name="Basis")
    for name in ("tongueOut", "jawOpen"):
        cube.shape_key_add(name=name)
    toy_head.mien.parts.add().mesh = cube
    pose(toy_head, jawOpen=0.5)
    pose(cube, tongueOut=0.25, jawOpen=0.9)
    assert matched_face.current_face(toy_head) == {"jawOpen": pytest.approx(0.5), "tongueOut": pytest.approx(0.25)}


@pytest.fixture
def known_backend(backend):
    """A backend whose engines are known."""
    runner.runner.report_backend(Client(backend.address).info(), "")
    return backend


def test_a_face_is_requested_of_an_engine_that_supports_it(speaker, known_backend):
    performance = speaker.mien.performance
    performance.engine = "closer"
    pose(speaker, jawOpen=0.25, eyeBlinkLeft=0.5)
    assert bpy.ops.mien.match_face() == {"FINISHED"}
    assert scene_direction.face_of(performance) == {"jawOpen": 0.25, "eyeBlinkLeft": 0.5}
    performance.face_level = 0.5
    performance.keyframe_insert("face_level", frame=1)
    performance.face_level = 1.0
    performance.keyframe_insert("face_level", frame=25)
    performance.onset, performance.sound_guidance = 0.2, 1.5
    assert bpy.ops.mien.generate() == {"FINISHED"}
    fields = json.loads(known_backend.requests[0]["direction"])
    assert fields["face"] == {"jawOpen": 0.25, "eyeBlinkLeft": 0.5}
    assert fields["face_level"][0] == [0.0, 0.5] and fields["face_level"][-1] == [1.0, 1.0]
    assert {name: fields[name] for name in OPTIONAL_FIELDS if name in fields and not name.startswith("face")} == {
        "onset": 0.2,
        "sound_guidance": 1.5,
    }
    assert bpy.ops.mien.forget_face() == {"FINISHED"} and not scene_direction.face_of(performance)
    assert not bpy.ops.mien.forget_face.poll()


def test_the_backend_reads_the_face(speaker):
    direction = pytest.importorskip("mien.direction", reason="the backend is not installed for this Python")
    performance = speaker.mien.performance
    matched_face.set_face(performance, {"browInnerUp": 0.75})
    performance.face_level, performance.onset, performance.offset, performance.emotion_guidance = 0.5, 0.0, 2.0, 3.0
    text = scene_direction.direction(speaker, speaker.mien.lines[0], bpy.context.scene, 0, 1, 25, 24.0)
    read = direction.Direction.from_json(text)
    assert (dict(read.face), read.face_level.constant) == ({"browInnerUp": 0.75}, 0.5)
    assert (read.onset, read.offset, read.sound_guidance, read.emotion_guidance) == (0.0, 2.0, 1.0, 3.0)
    plain = direction.Direction()
    defaults = {name: getattr(plain, name) for name in scene_direction.OPTION_DEFAULTS}
    assert defaults == scene_direction.OPTION_DEFAULTS  # the backend's defaults are those of the panel


def test_a_face_is_not_requested_of_an_engine_without_support_and_the_button_says_so(speaker, known_backend):
    performance = speaker.mien.performance
    matched_face.set_face(performance, {"jawOpen": 0.5})
    performance.onset = 0.1
    plain = json.loads(_direction_of(speaker))
    assert not set(OPTIONAL_FIELDS) & set(plain)
    assert set(json.loads(_direction_of(speaker, "closer"))) - set(plain) == {"face", "face_level", "onset"}
    performance.engine = ""
    reason = "The engine 'toy' does not follow a matched face; choose closer under Engine"
    assert _reason("match_face") == reason and not bpy.ops.mien.match_face.poll()
    runner.runner.state = state.State(ticket=runner.runner.state.ticket)
    assert _reason("match_face").startswith("Search for the backend first")
    assert set(json.loads(_direction_of(speaker))) >= {"face", "onset"}  # the engine is unknown, so nothing is left out


def _reason(name: str) -> str:
    return getattr(engine_options_operators, f"MIEN_OT_{name}").disabled_reason(bpy.context)


def _direction_of(speaker, engine: str = "") -> str:
    speaker.mien.performance.engine = engine
    line = speaker.mien.lines[0]
    return requests.of_line(bpy.context, bpy.context.scene, speaker, line, [0])[0].direction


def test_a_face_at_rest_is_none(speaker, known_backend):
    speaker.mien.performance.engine = "closer"
    with pytest.raises(RuntimeError, match="at rest: set its shape keys to the pose first"):
        bpy.ops.mien.match_face()


def test_a_line_of_its_own_begins_with_the_speakers_face(speaker):
    matched_face.set_face(speaker.mien.performance, {"jawOpen": 0.5, "cheekPuff": 0.25})
    line = speaker.mien.lines[0]
    line.own = True
    assert scene_direction.face_of(line.performance) == {"jawOpen": 0.5, "cheekPuff": 0.25}
    matched_face.set_face(line.performance, {"tongueOut": 1.0})
    line.own = False
    line.own = True
    assert scene_direction.face_of(line.performance) == {"tongueOut": 1.0}
    assert scene_direction.optional_fields(line.performance, line) == {"face": {"tongueOut": 1.0}}
