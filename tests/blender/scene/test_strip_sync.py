# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines follow their strips, and strips their lines."""

import bpy
import numpy as np
import pytest
from blender_scene import HAS_AUDIO, value_at
from blender_takes import apply, weights_take

from addon.generation import requests
from addon.scene import lines, sound, strip_sync

needs_audio = pytest.mark.skipif(not HAS_AUDIO, reason="this build of Blender has no audio")


@pytest.fixture
def line(toy_head, voice):
    """A line of ten frames of ones, from frame 11."""
    lines.add(toy_head, str(voice), 11)
    apply(toy_head, weights_take(np.ones((10, 3)), head=np.full((10, 3), 0.1)), start=11)
    return toy_head.mien.lines[0]


@pytest.fixture
def strip(line):
    scene = bpy.context.scene
    strip = sound.strips_of(scene)[line.strip] if line.strip else None
    if strip is None:
        pytest.skip("this build of Blender has no audio")
    return strip


def spoken_frames(speaker) -> list[int]:
    return [frame for frame in range(1, 150) if value_at(speaker, "jawOpen", frame) == 1.0]


def test_a_new_start_moves_the_takes(toy_head, line):
    assert spoken_frames(toy_head) == list(range(11, 21))
    line.start_frame = 61
    assert spoken_frames(toy_head) == list(range(61, 71)) and line.takes[0].last_frame == 70
    line.start_frame = 3
    assert spoken_frames(toy_head) == list(range(3, 13))
    bpy.context.scene.frame_set(5)
    assert abs(toy_head.mien.head_object.rotation_euler.x) > 0.05


def test_a_take_generated_after_a_move_lies_where_the_others_do(toy_head, line):
    line.start_frame = 61
    apply(toy_head, weights_take(np.ones((10, 3)), seed="1"), start=61)
    assert spoken_frames(toy_head) == list(range(61, 71))
    line.start_frame = 62
    for number in (0, 1):
        line.active_take = number
        assert spoken_frames(toy_head) == list(range(62, 72))


def test_the_placed_sound_is_followed(toy_head, line, strip):
    assert sound.start_of(strip) == 11
    sound.set_start(strip, 41)
    bpy.context.view_layer.update()
    assert line.start_frame == 41 and spoken_frames(toy_head) == list(range(41, 51))


def test_a_new_start_moves_the_strip_too(line, strip):
    line.start_frame = 30
    assert sound.start_of(strip) == 30


def test_a_renamed_strip_is_still_the_lines(line, strip):
    strip_sync.on_strip_choice(line, bpy.context)
    strip.name = "Anna hello"
    sound.set_start(strip, 41)
    bpy.context.view_layer.update()
    assert (line.strip, line.start_frame) == ("Anna hello", 41)


def test_a_strip_is_still_the_lines_in_a_renamed_scene(line, strip):
    strip_sync.on_strip_choice(line, bpy.context)
    bpy.context.scene.name = "Shot 20"
    sound.set_start(strip, 41)
    bpy.context.view_layer.update()
    assert (line.scene, line.start_frame) == ("Shot 20", 41)


def test_a_strip_of_a_renamed_speaker_is_renamed_too(toy_head, line, strip):
    strip_sync.on_strip_choice(line, bpy.context)
    toy_head.name = "Berta"
    strip.name = "Berta hello"
    sound.set_start(strip, 41)
    bpy.context.view_layer.update()
    assert (line.strip, line.start_frame) == ("Berta hello", 41)


@pytest.mark.skipif(bpy.app.version < (4, 4, 0), reason="new_meta has other arguments before")
def test_a_strip_in_a_meta_strip_is_still_the_lines(line, strip):
    meta = sound.strips_of(bpy.context.scene).new_meta("scene 1", 5, 1)
    strip.move_to_meta(meta)
    sound.set_start(strip, 41)
    bpy.context.view_layer.update()
    assert strip_sync.strip_of(line) == strip and line.start_frame == 41


def test_a_strip_that_was_deleted_leaves_the_line_where_it_is(toy_head, line, strip):
    sound.strips_of(bpy.context.scene).remove(strip)
    bpy.context.view_layer.update()
    assert strip_sync.strip_of(line) is None and line.start_frame == 11
    line.start_frame = 12
    assert spoken_frames(toy_head) == list(range(12, 22))


def test_undo_takes_strip_and_takes_back_together(toy_head, line, strip):
    name = toy_head.name
    bpy.ops.ed.undo_push(message="before")
    sound.set_start(strip, 41)
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="moved")
    bpy.ops.ed.undo()
    speaker = bpy.data.objects[name]
    (line,) = speaker.mien.lines
    assert (line.start_frame, sound.start_of(strip_sync.strip_of(line))) == (11, 11)
    assert spoken_frames(speaker) == list(range(11, 21))


def test_an_undo_step_that_was_written_before_the_takes_moved_is_completed(toy_head, line, strip):
    """As in Blender's window: the step is written when the strip is dropped, the takes move after that."""
    name = toy_head.name
    bpy.ops.ed.undo_push(message="before")
    sound.set_start(strip, 41)
    bpy.ops.ed.undo_push(message="dropped")
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="something else")
    bpy.ops.ed.undo()
    assert spoken_frames(bpy.data.objects[name]) == list(range(41, 51))
    bpy.ops.ed.undo()
    assert spoken_frames(bpy.data.objects[name]) == list(range(11, 21))
    bpy.ops.ed.redo()
    assert spoken_frames(bpy.data.objects[name]) == list(range(41, 51))


@needs_audio
def test_a_strip_that_is_chosen_gives_the_line_its_sound_and_start(toy_head, voice):
    strip = sound.strips_of(bpy.context.scene).new_sound("Take me", str(voice), 2, 33)
    line = lines.add(toy_head)
    line.strip = strip.name
    assert (line.start_frame, line.sound) == (33, str(voice))


@needs_audio
def test_another_sound_detaches_the_strip(line, strip, tmp_path, voice):
    other = tmp_path / "other.wav"
    other.write_bytes(voice.read_bytes())
    line.sound = str(other)
    assert line.strip == "" and strip_sync.strip_of(line) is None


@needs_audio
def test_only_what_a_trimmed_strip_plays_is_sent(toy_head, voice):
    import wave

    scene = bpy.context.scene
    strip = sound.strips_of(scene).new_sound("Hello", str(voice), 1, 13)
    line = lines.add(toy_head)
    line.strip = strip.name
    whole = requests.sound_of_line(line, scene)
    assert (whole.sound.file, whole.start_frame) == (voice, 13) and whole.last_frame == pytest.approx(37)
    _trim(strip, 6, 6)
    bpy.context.view_layer.update()
    assert (line.start_frame, line.trim_start, line.trim_end) == (13, 0.25, 0.75)
    trimmed = requests.sound_of_line(line, scene)
    assert (trimmed.start_frame, trimmed.last_frame) == (19, 31)
    with wave.open(str(trimmed.sound.write())) as cut:
        samples = np.frombuffer(cut.readframes(cut.getnframes()), "<i2")
        assert cut.getframerate() == 16000
    with wave.open(str(voice)) as file:
        whole_samples = np.frombuffer(file.readframes(16000), "<i2")
    assert abs(samples.astype(int) - whole_samples[4000:12000]).max() <= 1


def _trim(strip, front: int, back: int) -> None:
    if hasattr(strip, "left_handle_offset"):
        strip.left_handle_offset, strip.right_handle_offset = front, back
    else:
        strip.frame_offset_start, strip.frame_offset_end = front, back


@needs_audio
def test_a_packed_sound_is_sent_without_its_file(toy_head, voice, tmp_path):
    copy = tmp_path / "packed.wav"
    copy.write_bytes(voice.read_bytes())
    bpy.data.sounds.load(str(copy)).pack()
    copy.unlink()
    line = lines.add(toy_head, str(copy))
    assert lines.refusal(line) == ""
    assert requests.sound_of_line(line, bpy.context.scene).sound.write().read_bytes() == voice.read_bytes()


@needs_audio
@pytest.mark.parametrize("placed_before", [False, True])
def test_a_sound_that_was_chosen_relative_stays_so(toy_head, voice, tmp_path, placed_before):
    if placed_before:
        sound.add_strip(bpy.context.scene, "theirs", str(voice), 11)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"), relative_remap=False)
    line = lines.add(toy_head, "//voice.wav", 11)
    apply(toy_head, weights_take(np.ones((10, 3))), start=11)
    strip_sync.sync_all()
    strip = strip_sync.strip_of(line)
    assert strip is not None and line.sound == "//voice.wav"
    assert strip.sound.filepath == (str(voice) if placed_before else "//voice.wav")
    assert requests.sound_of_line(line, bpy.context.scene).sound.file == voice


@needs_audio
def test_paths_that_become_relative_in_the_file_do_so_in_the_line(line, strip, voice, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"), relative_remap=False)
    assert line.sound == str(voice)
    bpy.ops.file.make_paths_relative()
    strip_sync.sync_all()
    assert (line.sound, line.strip) == ("//voice.wav", strip.name)
    (tmp_path / "deeper").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "deeper" / "film.blend"))
    strip_sync.sync_all()
    assert line.sound == "//../voice.wav" and line.strip


@needs_audio
def test_a_strip_in_another_scene_has_that_scenes_rate(toy_head, voice):
    """The sequencer's scene plays at 30 frames a second and the speaker's at 24."""
    film = bpy.data.scenes.new("Film")
    film.render.fps = 30
    strip = sound.strips_of(film).new_sound("Hello", str(voice), 1, 61)
    line = lines.add(toy_head)
    line.scene = film.name
    line.strip = strip.name
    requests.prepare(toy_head, line)
    (request,) = requests.of_line(bpy.context, bpy.context.scene, toy_head, line, [0])
    assert (request.fps, request.start_frame, request.scene) == ("30", 61, bpy.context.scene.name)
    assert requests.sound_of_line(line, bpy.context.scene).last_frame == pytest.approx(91)
    apply(toy_head, weights_take(np.ones((30, 3)), fps="30"), start=61)
    assert spoken_frames(toy_head) == list(range(61, 91))
