# SPDX-License-Identifier: GPL-3.0-or-later
"""Situations in which Generate fails: each message names the fault, and the scene stays as it was."""

import bpy
import numpy as np
import pytest
from blender_scene import HAS_AUDIO
from blender_takes import own_layers
from fake_backend import take_bytes

from addon.animation import point_cache
from addon.connection import preferences
from addon.generation import sent_sound
from addon.scene import lines
from addon.ui import generate_operators


def disabled_reason() -> str:
    """Why Generate is greyed out."""
    return generate_operators.MIEN_OT_generate.disabled_reason(bpy.context)


def scene() -> tuple:
    """Values that a refusal must not change."""
    return (
        sorted(action.name for action in bpy.data.actions),
        sorted(obj.name for obj in bpy.data.objects),
        [(line.name, len(line.takes)) for obj in bpy.data.objects for line in obj.mien.lines],
        [modifier.name for obj in bpy.data.objects for modifier in obj.modifiers],
    )


def refusal() -> str:
    """The sentence of a Generate that failed."""
    before = scene()
    with pytest.raises(RuntimeError) as error:
        bpy.ops.mien.generate()
    assert scene() == before
    return str(error.value)


def test_no_sound(speaker):
    speaker.mien.sound = ""
    assert disabled_reason() == "Choose a sound file first"


def test_a_missing_file(speaker, tmp_path):
    speaker.mien.sound = str(tmp_path / "gone.wav")
    assert disabled_reason() == f"There is no sound file '{tmp_path / 'gone.wav'}'"


def test_a_file_that_is_deleted_between_the_press_and_the_upload(speaker, backend, voice):
    assert disabled_reason() == ""
    from addon.generation import requests

    requested = requests.of_line(bpy.context, bpy.context.scene, speaker, lines.active(speaker), [0])
    voice.unlink()
    from addon.generation.runner import runner

    assert f"The sound file '{voice}' cannot be read" in runner.run(requested)


@pytest.mark.skipif(not HAS_AUDIO, reason="this build of Blender has no audio")
def test_a_packed_sound_is_no_fault(speaker, backend, tmp_path, voice):
    copy = tmp_path / "packed.wav"
    copy.write_bytes(voice.read_bytes())
    bpy.data.sounds.load(str(copy)).pack()
    copy.unlink()
    speaker.mien.sound = str(copy)
    assert disabled_reason() == "" and bpy.ops.mien.generate() == {"FINISHED"}
    assert backend.requests[0]["sound"] == voice.read_bytes()


def test_a_wrong_mesh(cube, voice):
    cube.mien.sound = str(voice)
    assert disabled_reason().startswith("'Cube' has none of ARKit's shape keys (jawOpen, ...)")


def test_a_locked_layer(speaker, backend):
    line = lines.active(speaker)
    bpy.ops.mien.generate()
    own_layers(speaker.mien.head_object)[0].track.lock = True
    assert generate_operators.MIEN_OT_make_anew.disabled_reason(bpy.context).startswith(
        "The NLA track 'Mien: voice, Take 1 head' of 'Toy head rotation' is locked; unlock it"
    )
    line.lock_seed = True  # Generate makes that very take again
    assert "'Mien: voice, Take 1 head'" in refusal()
    line.lock_seed = False
    assert bpy.ops.mien.generate() == {"FINISHED"}  # another take has tracks of its own


def test_linked_data(speaker, tmp_path):
    name, path = speaker.name, str(tmp_path / "character.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.objects = [name]
    linked = bpy.data.objects[name]
    bpy.context.collection.objects.link(linked)
    bpy.context.view_layer.objects.active = linked
    assert (
        disabled_reason().startswith(f"'{name}' is linked from 'character.blend'") and "override" in disabled_reason()
    )


def test_no_backend(speaker, monkeypatch):
    monkeypatch.setattr(preferences._Defaults, "address", "http://127.0.0.1:9")
    monkeypatch.setattr(preferences._Defaults, "start_own", False)
    sentence = refusal()
    assert "No backend answers at http://127.0.0.1:9" in sentence and "mien serve" in sentence


def test_another_api_version(speaker, backend):
    backend.api, backend.header_api = 2, "2"
    sentence = refusal()
    assert "2" in sentence and "1" in sentence and "version" in sentence


def test_a_wrong_token(speaker, backend):
    backend.token = "secret"
    assert "token" in refusal()


def test_a_full_disk(speaker, backend, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sent_sound, "write_whole", full)
    speaker.mien.lines[0].trim_start = 0.1  # an excerpt is written before it is sent
    said = refusal()
    assert "No space left on device. Free some space there" in said and "Temporary Files" in said


def test_a_file_that_cannot_be_written(speaker, backend, tmp_path, monkeypatch):
    (tmp_path / "mien").write_text("a file where the folder should be")
    monkeypatch.setattr(point_cache, "folder", lambda package: tmp_path / "mien")
    offsets = np.zeros((3, 40, 3), np.float32)
    backend.take = lambda **meta: take_bytes({"offsets": offsets, "head_rotation": offsets[:, 0]}, **meta)
    assert f"The point cache '{tmp_path / 'mien'}" in refusal()


def test_nobody_selected(speaker):
    bpy.context.view_layer.objects.active = None
    assert disabled_reason() == "Select the mesh of a face, or use Add Default Head"


def test_a_take_of_another_mesh(speaker, backend):
    shapes = np.zeros((2, 99, 3), np.float32)
    put = {"basis": shapes, "coefficients": shapes[0, :3, :2], "head_rotation": shapes[0, :3]}
    backend.take = lambda **meta: take_bytes(put, **meta)
    sentence = refusal()
    assert "moves 99 vertices" in sentence and "'Toy head' has 40" in sentence
