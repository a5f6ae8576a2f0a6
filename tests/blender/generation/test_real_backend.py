# SPDX-License-Identifier: GPL-3.0-or-later
"""End to end: Blender starts `mien serve`, sends a voice, and the default head speaks."""

import sys

import bpy
import numpy as np
import pytest
from blender_scene import shown, value_at
from checkout import BACKEND, SAMPLES

from addon.connection import preferences
from addon.formats import head_file
from addon.generation import runner
from addon.shape_keys import keys

pytest.importorskip("mien.service.server", reason="the backend is not installed for this Python")
VOICE = SAMPLES / "mono_16k.wav"
SPEECH_CHANNELS = SAMPLES / "voice" / "sense_and_sensibility.wav"


@pytest.fixture
def own_backend(monkeypatch):
    """A backend that Blender starts as its child, with this Python."""
    monkeypatch.setattr(preferences._Defaults, "address", "http://127.0.0.1:9")
    monkeypatch.setattr(preferences._Defaults, "command", f'"{sys.executable}" -m mien')
    monkeypatch.setenv("PYTHONPATH", str(BACKEND))
    yield
    runner.runner.local.stop()


def test_a_voice_becomes_animation(own_backend):
    try:
        head_file.find_file()
    except head_file.HeadError as missing:
        pytest.skip(str(missing))
    bpy.ops.mien.add_head()
    speaker = bpy.context.view_layer.objects.active
    speaker.mien.sound, speaker.mien.performance.emotion = str(VOICE), "happy"
    (line,) = speaker.mien.lines
    line.seed = 3
    rest = shown(speaker).copy()
    assert bpy.ops.mien.generate() == {"FINISHED"}
    assert runner.runner.local.running
    assert [(take.name, take.seed) for take in line.takes] == [("Take 1", 3)]
    last = line.takes[0].last_frame
    assert 1 <= last <= 60
    bpy.context.scene.frame_set(last)
    moved = np.linalg.norm(shown(speaker) - rest, axis=1).max()
    assert 0.0005 < moved < 0.05  # metres: a face that moves, and stays a face
    smile = speaker.data.shape_keys.key_blocks["mouthSmileLeft"].value
    assert smile > 0
    bpy.context.scene.frame_set(last + 100)
    np.testing.assert_allclose(shown(speaker), rest, atol=1e-6)
    assert len(keys.names(speaker.data)) == 52 + 3  # the tongue's


def test_an_engine_that_supports_them_uses_a_matched_face_and_held_keys(own_backend):
    bpy.ops.mien.add_head()
    speaker = bpy.context.view_layer.objects.active
    speaker.mien.sound, speaker.mien.place_sound = str(SPEECH_CHANNELS), False
    (line,) = speaker.mien.lines
    speaker.mien.performance.engine = "emodiffhead"
    assert bpy.ops.mien.generate() == {"FINISHED"}  # now Blender knows which fields the engine supports
    blocks, last = speaker.data.shape_keys.key_blocks, line.takes[0].last_frame
    bpy.context.scene.frame_set(last + 100)  # where no take plays
    blocks["browInnerUp"].value = 0.7
    assert bpy.ops.mien.match_face() == {"FINISHED"}
    for frame, value in ((61, 0.2), (67, 0.9), (75, 0.4)):
        blocks["browOuterUpRight"].value = value
        blocks["browOuterUpRight"].keyframe_insert("value", frame=frame)
    wanted = [value_at(speaker, "browOuterUpRight", frame) for frame in range(61, 76)]
    assert bpy.ops.mien.hold_keys() == {"FINISHED"} and bpy.ops.mien.make_anew() == {"FINISHED"}
    values = [value_at(speaker, "browOuterUpRight", frame) for frame in range(1, last + 1)]
    assert values[60:75] == pytest.approx(wanted, abs=1e-4)
    assert np.abs(np.diff(values)).max() < 0.35  # it joins them without a leap
    inner = [value_at(speaker, "browInnerUp", frame) for frame in range(last // 2, last + 1, 5)]
    assert np.mean(inner) == pytest.approx(0.7, abs=0.15)


def test_a_film_becomes_animation(own_backend, tmp_path):
    """The default head, filmed while its jaw opens, and tracked back onto it."""
    import av
    from mien.heads.default import load_head
    from mien.preview.scene import Scene
    from mien.video import OpenGLMissing

    head = load_head()
    try:
        scene = Scene((192, 192))
    except OpenGLMissing as error:
        pytest.skip(str(error))
    path = tmp_path / "act.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width = stream.height = 192
        for jaw in (0.0, 0.0, 0.0, 0.3, 0.6, 0.6, 0.3, 0.0, 0.0, 0.0):
            weights = np.zeros(52, np.float32)
            weights[head.channels.index("jawOpen")] = jaw
            picture = scene.picture(head.pose(weights, np.zeros(3, np.float32)))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    bpy.ops.mien.add_head()
    speaker = bpy.context.view_layer.objects.active
    assert bpy.ops.mien.from_video(filepath=str(path)) == {"FINISHED"}
    (line,) = speaker.mien.lines
    assert line.takes[0].film == str(path) and line.takes[0].last_frame == 10
    jaws = [value_at(speaker, "jawOpen", frame) for frame in range(1, 11)]
    assert np.argmax(jaws) in (4, 5) and max(jaws) > 0.3 and min(jaws) < 0.1
    assert not len(bpy.context.scene.sequence_editor.strips if bpy.context.scene.sequence_editor else ())
