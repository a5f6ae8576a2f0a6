# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes from video: a film or a movie strip becomes a take of a line, like any other."""

import json

import bpy
import numpy as np
import pytest
from blender_scene import CHANNELS, value_at
from fake_backend import take_bytes

from addon.animation import corrections, takes
from addon.batch.plan import plan_lines
from addon.generation import film_requests
from addon.generation.runner import runner
from addon.scene import lines, movie_strips, sound
from addon.shape_keys import driving


def film_take(value: float = 0.25, **meta: str) -> bytes:
    weights = np.full((24, len(CHANNELS)), value, np.float32)
    return take_bytes(
        {"weights": weights, "head_rotation": np.full((24, 3), 0.05, np.float32)},
        channels=json.dumps(CHANNELS),
        engine="face tracker",
        **meta,
    )


@pytest.fixture
def backend(backend):
    backend.film_take = film_take
    return backend


@pytest.fixture
def head(toy_head, monkeypatch):
    monkeypatch.setattr(driving, "HEAD_VERTICES", 40)
    return toy_head


@pytest.fixture
def film(tmp_path) -> str:
    """What the fake backend takes for a film."""
    path = tmp_path / "act one.mp4"
    path.write_bytes(b"moving pictures")
    return str(path)


def jaw(head, frame: int) -> float:
    return round(value_at(head, "jawOpen", frame), 4)


def undo() -> None:
    bpy.ops.ed.undo()


def test_a_film_becomes_the_first_line_in_one_undo_step(head, film, backend):
    bpy.context.scene.frame_set(11)
    bpy.ops.ed.undo_push(message="before")
    name = head.name
    assert bpy.ops.mien.from_video(filepath=film, face=2, lips_by_sound=False) == {"FINISHED"}
    (form,) = backend.requests
    assert (form["film"], form["filename"]) == (b"moving pictures", "act one.mp4")
    assert (form["face"], form["sound"], form["fps"]) == ("2", "no", "24")
    assert "direction" not in form and "begin" not in form
    (line,) = head.mien.lines
    (take,) = line.takes
    assert (line.sound, line.start_frame, line.name) == (film, 11, "act one")
    assert (take.film, take.content) == (film, "")
    assert jaw(head, 20) == 0.25 and jaw(head, 60) == 0.0
    assert "(from act one.mp4)" in runner.state.note
    undo()
    assert not len(bpy.data.objects[name].mien.lines)


def test_it_is_a_take_beside_the_generated_ones(head, film, voice, backend):
    head.mien.sound = str(voice)
    assert bpy.ops.mien.generate() == {"FINISHED"}
    assert bpy.ops.mien.from_video(filepath=film) == {"FINISHED"}
    line = lines.active(head)
    assert [bool(take.film) for take in line.takes] == [False, True]
    assert line.sound == str(voice)
    assert takes.active(line).film and takes.free_seed(line, 0) == 1
    takes.choose(line, line.takes[0].uid)
    takes.audition(line, bpy.context)
    assert jaw(head, 20) != 0.25
    assert bpy.ops.mien.generate() == {"FINISHED"} and len(line.takes) == 3  # another seed; the film's take stays
    backend.film_take = lambda **meta: film_take(0.5, **meta)
    assert bpy.ops.mien.from_video(filepath=film) == {"FINISHED"}
    assert len(line.takes) == 3 and jaw(head, 20) == 0.5  # the same film again


def test_it_is_corrected_and_made_anew_as_any_take(head, film, backend):
    assert bpy.ops.mien.from_video(filepath=film, face=3) == {"FINISHED"}
    assert bpy.ops.mien.correct() == {"FINISHED"}
    block = head.data.shape_keys.key_blocks["jawOpen"]
    for frame, value in ((6, 0.25), (10, 0.75), (14, 0.25)):
        bpy.context.scene.frame_set(frame)
        block.value = value
        block.keyframe_insert("value", frame=frame)
    assert bpy.ops.mien.done_correcting() == {"FINISHED"} and not corrections.in_progress(head)
    assert jaw(head, 10) == 0.75
    backend.film_take = lambda **meta: film_take(0.0, **meta)
    assert bpy.ops.mien.make_anew() == {"FINISHED"}
    assert len(lines.active(head).takes) == 1 and backend.requests[1]["face"] == "3"
    assert jaw(head, 10) == 0.5


def test_a_film_without_sound_puts_none_in_the_sequencer(head, film, backend):
    backend.film_take = lambda **meta: film_take(film_has_sound="false", **meta)
    assert bpy.ops.mien.from_video(filepath=film) == {"FINISHED"}
    assert not sound.strips_of(bpy.context.scene)
    assert "sequencer" not in runner.state.note


def test_gaps_are_said(head, film, backend):
    warnings = json.dumps(["No face between 0.20 s and 0.40 s."])
    backend.film_take = lambda **meta: film_take(warnings=warnings, **meta)
    assert bpy.ops.mien.from_video(filepath=film) == {"FINISHED"}
    assert "No face between 0.20 s and 0.40 s." in runner.state.note


def strip(name: str, path: str, begin_s: float = 0.0, end_s: float = 0.0, start: int = 101) -> movie_strips.MovieStrip:
    return movie_strips.MovieStrip(name, path, start, begin_s, end_s)


def test_a_movie_strip_is_a_line_of_its_own_at_its_place(head, film, voice, backend, monkeypatch):
    head.mien.sound = str(voice)
    monkeypatch.setattr(movie_strips, "all_strips", lambda context: [strip("act", film, 0.5, 1.25)])
    backend.film_take = lambda **meta: film_take(start="0.5", film_start="0.0", **meta)
    assert bpy.ops.mien.from_video(strip="act") == {"FINISHED"}
    assert (backend.requests[0]["begin"], backend.requests[0]["end"]) == ("0.500000", "1.250000")
    assert [line.start_frame for line in head.mien.lines] == [1, 101]
    assert jaw(head, 112) < jaw(head, 113) == 0.25  # half a second after the strip's film begins
    assert bpy.ops.mien.from_video(strip="act") == {"FINISHED"}
    assert len(head.mien.lines) == 2 and len(head.mien.lines[1].takes) == 1
    assert bpy.ops.mien.make_anew() == {"FINISHED"} and backend.requests[2]["begin"] == "0.500000"


def test_the_first_picture_is_where_the_strip_begins(head, film, backend, monkeypatch):
    """Its sound began a quarter of a second before."""
    monkeypatch.setattr(movie_strips, "all_strips", lambda context: [strip("act", film)])
    backend.film_take = lambda **meta: film_take(start="0.25", film_start="0.25", **meta)
    assert bpy.ops.mien.from_video(strip="act") == {"FINISHED"}
    assert jaw(head, 100) < jaw(head, 101) == 0.25


def test_what_cannot_be_is_said_and_nothing_is_changed(head, film, tmp_path, backend):
    def refused(sentence: str, **arguments: str) -> None:
        with pytest.raises(RuntimeError, match=sentence):
            bpy.ops.mien.from_video(**arguments)
        assert not len(head.mien.lines) and head.data.shape_keys.animation_data is None

    refused("There is no film", filepath=str(tmp_path / "gone.mp4"))
    refused("There is no movie strip 'act'", strip="act")
    refused("Choose a film first", filepath="")
    backend.fail = "No face was found in the film 'act one.mp4'."
    refused("No face was found in the film 'act one.mp4'.", filepath=film)
    backend.fail = ""
    backend.tracks = False
    refused("tracks no films; update it", filepath=film)
    backend.tracks = True
    (tmp_path / "large.mp4").write_bytes(bytes(2_000_000))
    refused("The film file has 2.0 MB and the backend takes 1.0 MB", filepath=str(tmp_path / "large.mp4"))


def test_a_mesh_without_channels_is_refused_before_a_film_is_sent(head, monkeypatch):
    from addon.ui import video_operators

    bpy.context.view_layer.objects.active = head
    monkeypatch.setattr(video_operators, "head_of", lambda speaker: "flame")
    assert "bind it first" in video_operators.MIEN_OT_from_video.disabled_reason(bpy.context)


def test_a_cancel_is_told_to_the_backend_and_leaves_the_scene(head, film, backend):
    import time

    backend.slow = 60.0
    runner.begin(film_requests.of_film(bpy.context, bpy.context.scene, head, film, {}))
    until = time.monotonic() + 120
    while not backend.jobs and time.monotonic() < until:
        time.sleep(0.02)
        runner._drain()
    assert bpy.ops.mien.cancel() == {"FINISHED"}
    while not backend.cancelled and time.monotonic() < until:
        time.sleep(0.02)
    assert backend.cancelled == ["job1"] and backend.cancelled_kinds == ["tracks"]
    assert not len(head.mien.lines) and "left as it was" in runner.state.note


def test_bake_all_leaves_takes_from_video(head, film, backend):
    assert bpy.ops.mien.from_video(filepath=film) == {"FINISHED"}
    (planned,) = plan_lines(bpy.context, force=True)
    assert planned.entry.state == "skipped" and "tracked from a film" in planned.entry.why
