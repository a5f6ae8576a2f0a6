# SPDX-License-Identifier: GPL-3.0-or-later
"""Dub and Portrait against the fake backend: what is asked for, what is added, one undo step, cancel, consent."""

import json
import time
from pathlib import Path

import bpy
import pytest

from addon.scene import sound
from addon.video import consent, film_job
from addon.video import run as film_run

WORDS = "Maria Rossi, in writing"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "me.png"
    path.write_bytes(b"a picture, for the fake backend")
    return path


def names() -> list[str]:
    return sorted(strip.name for strip in sound.strips_of(bpy.context.scene, make=False) or ())


def wait() -> None:
    """Until the film in the background has ended, as Blender's timer would see it."""
    deadline = time.monotonic() + 120
    while film_run.run.running and time.monotonic() < deadline:
        time.sleep(0.02)
        film_run.run._tick()


def test_a_dub_is_a_strip_above_in_one_undo_step(sequencer, backend, film):
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.mien.dub(consent=WORDS, strength=0.8, when_longer="hold") == {"FINISHED"}
    (form,) = backend.requests
    assert (form["video"], form["video_filename"]) == (film.read_bytes(), "act.mp4") and form["consent"] == WORDS
    options = json.loads(form["options"])
    assert options == {
        "begin": "1/4", "end": None, "strength": 0.8, "opening": 1.0, "keep_pauses": False, "when_longer": "hold",
        "label": False,
    }  # fmt: skip
    assert names() == ["act", "act dub", "line"]
    assert film_run.run.note == "'act dub' is above 'act', from frame 17."
    assert (film.parent / "act_dub.mp4").is_file()
    bpy.ops.ed.undo()
    assert names() == ["act", "line"]


def test_consent_is_asked_for_once_and_kept_in_the_file(sequencer, backend, film, tmp_path):
    with pytest.raises(RuntimeError, match="State who agreed"):
        bpy.ops.mien.dub()
    assert not backend.requests and names() == ["act", "line"]
    assert bpy.ops.mien.dub(consent=WORDS) == {"FINISHED"}
    blend = tmp_path / "film.blend"
    for strip in sound.strips_of(bpy.context.scene):
        strip.select = strip.name in ("act", "line")
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    assert consent.recall(str(film)) == WORDS and consent.recall("/another.mp4") == ""
    assert bpy.ops.mien.dub() == {"FINISHED"}
    assert [form["consent"] for form in backend.requests] == [WORDS, WORDS]
    assert (tmp_path / "films" / "act_dub.mp4").is_file()  # beside the .blend, once that is saved


def test_in_the_background_it_can_be_cancelled(sequencer, backend, monkeypatch):
    monkeypatch.setattr(film_job, "POLL_S", 0.02)
    backend.slow = 600.0
    assert bpy.ops.mien.dub(consent=WORDS, in_window=True) == {"FINISHED"}
    run = film_run.run
    deadline = time.monotonic() + 120
    while run.stage != "phones" and time.monotonic() < deadline:
        time.sleep(0.02)
        run._tick()
    assert run.running and run.left_s and 0 < run.fraction < 1
    assert not bpy.ops.mien.dub.poll()
    assert bpy.ops.mien.cancel_film() == {"FINISHED"}
    assert not run.running and run.note == "Cancelled; nothing was changed." and names() == ["act", "line"]
    while not backend.cancelled_kinds and time.monotonic() < deadline:
        time.sleep(0.02)
    assert backend.cancelled_kinds == ["films"]


def test_what_became_of_the_film_is_said(sequencer, backend):
    backend.notes = ["As it was from 1.2 s to 1.5 s: a hand before the mouth."]
    assert bpy.ops.mien.dub(consent=WORDS) == {"FINISHED"}
    assert film_run.run.note.endswith("from frame 17. As it was from 1.2 s to 1.5 s: a hand before the mouth.")


def test_what_the_backend_says_reaches_the_panel(sequencer, backend):
    backend.fail = "No face was found between 0 and 2 s."
    assert bpy.ops.mien.dub(consent=WORDS, in_window=True) == {"FINISHED"}
    wait()
    assert film_run.run.error == "No face was found between 0 and 2 s." and names() == ["act", "line"]
    assert bpy.ops.mien.dismiss_film() == {"FINISHED"} and not film_run.run.error


def test_a_film_that_blender_cannot_read_stays_as_a_file(sequencer, backend, film):
    backend.made_film = lambda form: b"no film"
    with pytest.raises(RuntimeError, match="The film is in '.*act_dub.mp4'"):
        bpy.ops.mien.dub(consent=WORDS)
    assert names() == ["act", "line"]


def test_a_picture_speaks_in_the_sequencer(sequencer, backend, film, photo):
    backend.made_film = lambda form: film.read_bytes()
    bpy.ops.ed.undo_push(message="before")
    options = {"emotion": "happy", "intensity": 0.5, "seed": 3}
    assert bpy.ops.mien.portrait(filepath=str(photo), consent=WORDS, **options) == {"FINISHED"}
    (form,) = backend.requests
    assert form["photo"] == photo.read_bytes() and json.loads(form["options"]) == {
        "fps": "24", "direction": {"seed": 3, "emotion": {"happy": 1.0}, "intensity": 0.5}, "alpha": False,
        "label": False,
    }  # fmt: skip
    new = sound.strips_of(bpy.context.scene)["me"]
    assert sound.span_of(new)[0] == 17 and new.channel == 4  # above its sound
    bpy.ops.ed.undo()
    assert names() == ["act", "line"]


def test_a_picture_talks_with_its_hands(sequencer, backend, film, photo):
    backend.made_film = lambda form: film.read_bytes()
    options = {"gestures": 0.5, "hands": "left"}
    assert bpy.ops.mien.talk(filepath=str(photo), consent=WORDS, renderer="tps", **options) == {"FINISHED"}
    (form,) = backend.requests
    assert form["make"] == "talk" and form["photo"] == photo.read_bytes()
    assert json.loads(form["options"]) == {
        "fps": "24", "direction": {"seed": 0}, "gestures": 0.5, "hands": "left", "label": False,
        "renderer": "tps",
    }  # fmt: skip
    assert "me" in names()


def test_a_picture_speaks_on_a_plane(sequencer, backend, film, photo):
    backend.made_film = lambda form: film.read_bytes()
    bpy.context.scene.cursor.location = (1.0, 2.0, 3.0)
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.mien.portrait(filepath=str(photo), consent=WORDS, place="PLANE") == {"FINISHED"}
    plane = bpy.data.objects["me"]
    assert tuple(plane.location) == (1.0, 2.0, 3.0) and plane.select_get()
    assert plane.dimensions.z == pytest.approx(1.0) and plane.dimensions.x == pytest.approx(64 / 48)
    texture = next(node for node in plane.active_material.node_tree.nodes if node.type == "TEX_IMAGE")
    assert texture.image.source == "MOVIE" and texture.image_user.frame_duration == 48
    assert texture.image_user.frame_start == 17 and texture.image_user.use_auto_refresh
    bpy.ops.ed.undo()
    assert "me" not in bpy.data.objects


def test_what_a_portrait_lacks_is_said(backend, photo, sequencer):
    _, _, voice = sequencer
    with pytest.raises(RuntimeError, match="There is no photo"):
        bpy.ops.mien.portrait(filepath=str(photo.with_name("none.png")), consent=WORDS)
    with pytest.raises(RuntimeError, match="State who agreed"):
        bpy.ops.mien.portrait(filepath=str(photo))
    voice.select = False
    with pytest.raises(RuntimeError, match="Select one sound strip"):
        bpy.ops.mien.portrait(filepath=str(photo), consent=WORDS)
    assert not backend.requests


def test_a_speakers_sound_will_do(speaker, backend, photo, film):
    backend.made_film = lambda form: film.read_bytes()
    speaker.mien.lines[0].start_frame = 30
    assert bpy.ops.mien.portrait(filepath=str(photo), consent=WORDS, place="PLANE") == {"FINISHED"}
    assert backend.requests[0]["voice_filename"] == "voice.wav"
