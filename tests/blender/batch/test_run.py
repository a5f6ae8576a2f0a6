# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake all: lines that are due are baked once, in order; the others are left, and nothing else in the file changes."""

import json
import shutil
import sys
import time
from dataclasses import replace

import bpy
import pytest
from blender_scene import CHANNELS, HAS_AUDIO, value_at
from checkout import TESTS
from fake_backend import channel_take

from addon import api
from addon.animation import nla_layers, takes
from addon.animation.nla_layers import Mark
from addon.batch import run
from addon.default_head import build
from addon.formats import head_file
from addon.generation import requests, runner
from addon.scene import sound
from addon.shape_keys import driving
from addon.ui import batch_panel

sys.path.insert(0, str(TESTS / "blender" / "headless"))
from snapshot import Allowed, differences, snapshot


@pytest.fixture
def film(toy_head_file, voice, tmp_path):
    """Three speakers with two lines each; every line has a sound file of its own."""
    head = head_file.read_head(toy_head_file)
    speakers = []
    for name in ("Anna", "Berta", "Carl"):
        speaker = build.add_head(bpy.context, head)
        speaker.name = name
        for number in (1, 2):
            path = tmp_path / f"{name}_{number}.wav"
            path.write_bytes(voice.read_bytes() + f"{name} {number}".encode())
            bpy.context.view_layer.objects.active = speaker
            bpy.ops.mien.new_line()
            line = speaker.mien.lines[-1]
            line.name, line.sound, line.start_frame = f"{name} {number}", str(path), 1 + 30 * number
        speakers.append(speaker)
    return speakers


ORDER = [f"{name}_{number}.wav" for name in ("Anna", "Berta", "Carl") for number in (1, 2)]


def states(report) -> dict[str, str]:
    return {entry.line: entry.state for entry in report.entries}


def sent_names(backend) -> list[str]:
    return [request["filename"] for request in backend.requests]


def why(report, line: str) -> str:
    return next(entry.why for entry in report.entries if entry.line == line)


def test_every_line_is_baked_in_order_and_shows(film, backend):
    report = api.bake()
    assert report.whole and report.counts == {"made": 6}
    assert sent_names(backend) == ORDER
    assert [entry.line for entry in report.entries] == ["Anna 1", "Anna 2", "Berta 1", "Berta 2", "Carl 1", "Carl 2"]
    assert all(entry.take == "Take 1" for entry in report.entries)
    for speaker in film:
        assert value_at(speaker, "eyeBlinkLeft", 31 + 23) == pytest.approx(1.0)
        assert value_at(speaker, "eyeBlinkLeft", 61 + 23) == pytest.approx(1.0)


def test_a_full_queue_fails_no_line(film, backend, monkeypatch):
    monkeypatch.setattr("addon.connection.client._retry_after_s", lambda header: 0.02 * float(header))
    backend.full = 4
    report = api.bake()
    assert report.counts == {"made": 6} and sorted(sent_names(backend)) == ORDER and backend.full == 0


def test_other_weights_of_the_users_own_make_lines_of_flame_due_and_no_others(film, backend, monkeypatch):
    original = requests.head_of
    monkeypatch.setattr(requests, "head_of", lambda speaker: "flame" if speaker.name == "Berta" else original(speaker))
    assert api.bake().counts == {"made": 6}
    assert api.report().counts == {"fresh": 6}
    backend.own_models = "ef" * 32
    report = api.report()
    assert {line for line, state in states(report).items() if state == "due"} == {"Berta 1", "Berta 2"}
    assert "the engine or its weights are others" in why(report, "Berta 1")


def test_a_second_bake_requests_nothing(film, backend):
    api.bake()
    report = api.bake()
    assert report.counts == {"fresh": 6} and len(backend.requests) == 6


def test_one_changed_line_is_one_new_take(film, backend):
    api.bake()
    film[1].mien.lines[0].own = True
    film[1].mien.lines[0].performance.emotion = "sad"
    assert why(api.report(), "Berta 1") == "Since its take was made, what is asked of it changed."
    report = api.bake()
    assert report.counts == {"made": 1, "fresh": 5} and states(report)["Berta 1"] == "made"
    assert sent_names(backend)[6:] == ["Berta_1.wav"]
    assert len(film[1].mien.lines[0].takes) == 1  # made anew, not beside


def test_a_sound_written_over_is_due_and_a_copied_one_is_not(film, backend, tmp_path):
    api.bake()
    copy = tmp_path / "copy.wav"
    shutil.copy(tmp_path / "Anna_1.wav", copy)
    film[0].mien.lines[0].sound = str(copy)
    (tmp_path / "Carl_2.wav").write_bytes((tmp_path / "Carl_1.wav").read_bytes())
    report = api.report()
    assert report.counts == {"fresh": 5, "due": 1}
    assert why(report, "Carl 2") == "Since its take was made, its sound changed."


def test_another_engine_version_makes_all_due_and_no_backend_none(film, backend, monkeypatch):
    api.bake()
    info = backend.info()
    info["made_with"] = "f" * 64
    monkeypatch.setattr(backend, "info", lambda: info)
    assert "engine or its weights" in why(api.report(), "Anna 1")
    assert api.bake().counts == {"made": 6}
    assert api.report().whole  # the weights were kept with the takes
    report = api.report(backend="http://127.0.0.1:9")
    assert report.counts == {"fresh": 6} and "No backend answers" in report.backend


def test_the_frame_rate_and_the_table_of_keys_count(film, backend):
    api.bake()
    rows = driving.table_of(film[0]).rows
    film[0].mien_driving.set_rows((replace(rows[0], gain=0.5), *rows[1:]), "mine")
    assert why(api.report(), "Anna 1") == "Since its take was made, how the mesh is driven changed."
    bpy.context.scene.render.fps = 30
    assert "the frame rate changed" in why(api.report(), "Carl 1")


def test_a_line_that_fails_says_why_and_the_others_are_baked(film, backend, tmp_path):
    (tmp_path / "Anna_2.wav").unlink()
    film[2].mien.lines[0].performance.engine = "other"
    film[2].mien.lines[0].own = True
    report = api.bake()
    assert report.counts == {"made": 4, "failed": 2} and not report.whole
    assert "There is no sound file" in why(report, "Anna 2")
    assert "cannot work yet" in why(report, "Carl 1")
    assert api.report().counts == {"fresh": 4, "due": 1, "failed": 1}


def test_what_the_animator_wants_left_is_skipped_with_the_reason(film, backend, tmp_path):
    api.bake()
    anna, berta, carl = film
    anna.mien.lines[0].sound = ""
    mark = Mark("take", berta.mien.lines[0].uid, 1)
    nla_layers.find(berta.data.shape_keys, mark).track.lock = True
    berta.mien.performance.jaw = 0.5
    carl.mien.baked = True
    take = tmp_path / "hand.take.safetensors"
    take.write_bytes(channel_take(channels=CHANNELS))
    bpy.context.view_layer.objects.active = anna
    anna.mien.active_line = 1
    bpy.ops.mien.apply_take(filepath=str(take))
    anna.mien.lines[1].takes[0].content = ""
    report = api.bake()
    assert states(report) == {
        "Anna 1": "skipped",
        "Anna 2": "skipped",
        "Berta 1": "skipped",
        "Berta 2": "made",
        "Carl 1": "skipped",
        "Carl 2": "skipped",
    }
    assert why(report, "Anna 1") == "It has no sound yet."
    assert "from a file" in why(report, "Anna 2")
    assert "is locked, so it is left" in why(report, "Berta 1") and "what is asked" in why(report, "Berta 1")
    assert "Back to Takes" in why(report, "Carl 1")
    assert report.whole


def test_a_take_whose_animation_was_deleted_is_due(film, backend):
    api.bake()
    line = film[0].mien.lines[0]
    for id_ in takes.driven(film[0]):
        nla_layers.drop(id_, Mark("take", line.uid, 1))
    assert why(api.report(), "Anna 1") == "The animation of its take is gone."
    assert api.bake().counts == {"made": 1, "fresh": 5}


def test_two_speakers_of_one_mesh_do_not_overwrite_each_other(film, backend):
    twin = film[0].copy()  # as Duplicate Linked does
    bpy.context.collection.objects.link(twin)
    report = api.bake()
    assert report.counts == {"made": 6, "failed": 2}
    assert all("has the same mesh as 'Anna'" in entry.why for entry in report.of("failed"))


def test_without_a_backend_what_is_due_fails_and_the_rest_stands(film, backend):
    api.bake(lines="Anna 1")
    report = api.bake(backend="http://127.0.0.1:9")
    assert report.counts == {"fresh": 1, "failed": 5}
    assert "No backend answers at http://127.0.0.1:9" in why(report, "Carl 2")


def test_a_choice_of_scene_speaker_and_line(film, backend):
    assert api.report(speakers=[film[0], "Carl"]).counts == {"due": 4}
    assert api.report(scene=bpy.context.scene, lines=["Anna 1", "Carl 2"]).counts == {"due": 2}
    other = bpy.data.scenes.new("Other")
    assert api.report(scene=other).entries == ()
    with pytest.raises(api.PlanError, match="no speaker 'Dora' .* it has 'Anna', 'Berta', 'Carl'"):
        api.bake(speakers="Dora")


def test_a_speaker_of_two_scenes_is_baked_once(film, backend):
    other = bpy.data.scenes.new("Other")
    other.collection.objects.link(film[0])
    assert api.bake().counts == {"made": 6}
    assert len(backend.requests) == 6


def test_cached_takes_are_not_requested_again(film, backend, tmp_path):
    path = str(tmp_path / "film.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    assert api.bake().counts == {"made": 6}
    bpy.ops.wm.open_mainfile(filepath=path)  # nothing was saved: as after a kill
    assert api.report().counts == {"due": 6}
    assert api.bake().counts == {"made": 6} and len(backend.requests) == 6
    assert api.bake(force=True).counts == {"made": 6} and len(backend.requests) == 12


def test_a_damaged_cached_take_is_requested_again(film, backend, tmp_path):
    api.bake(lines="Anna 1")
    (kept,) = (tmp_path / "kept").glob("*.safetensors")
    kept.write_bytes(b"half")
    film[0].mien.lines[0].takes.clear()
    assert api.bake(lines="Anna 1").counts == {"made": 1} and len(backend.requests) == 2


def test_an_interrupted_bake_keeps_its_takes_and_the_next_finishes(film, backend):
    def interrupt_after_two(report) -> None:
        if len(report.of("made")) == 2:
            runner.runner.interrupt()

    report = api.bake(on_report=interrupt_after_two)
    assert report.counts == {"made": 2, "cancelled": 4} and not report.whole
    assert set(backend.cancelled) == {f"job{number}" for number in range(3, len(backend.requests) + 1)}
    assert api.bake().counts == {"made": 4, "fresh": 2}


def test_in_the_background_the_timer_bakes_and_the_report_grows(film, backend):
    reports = []
    job = run.Batch()
    job.begin(reports.append)
    with pytest.raises(run.BatchError, match="already"):
        run.Batch().begin()
    drive(lambda: runner.runner.working_in_background)  # it has looked, and asks at the next tick
    with pytest.raises(run.BatchError, match="already"):
        run.Batch().begin()
    drive(lambda: job.running)
    assert job.report().counts == {"made": 6}
    assert [len(report.of("made")) for report in reports] == [1, 2, 3, 4, 5, 6]


def test_cancel_in_the_background_keeps_what_is_done(film, backend):
    job = run.Batch()
    job.begin(lambda report: runner.runner.cancel() if len(report.of("made")) == 3 else None)
    drive(lambda: job.running)
    assert job.report().counts == {"made": 3, "cancelled": 3}
    assert all(len(line.takes) == 1 for line in film[0].mien.lines)


def drive(going) -> None:
    """What the app timer does, which Blender as a module has not."""
    for _ in range(2000):
        if not going():
            return
        runner.runner._tick()
        time.sleep(0.005)
    raise AssertionError("the bake did not end")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of properties that Blender will drop
def test_nothing_else_in_the_file_changes(film, backend, cube):
    cube.shape_key_add(name="Basis")
    cube.shape_key_add(name="jawOpen").keyframe_insert("value", frame=3)
    cube.driver_add("location", 0).driver.expression = "frame / 100"
    if HAS_AUDIO:
        strip = sound.strips_of(bpy.context.scene).new_sound("Anna 1", film[0].mien.lines[0].sound, 1, 31)
        film[0].mien.lines[0].strip = strip.name
    before, actions = snapshot(), set(bpy.data.actions)
    assert api.bake().counts == {"made": 6}
    new = {f"Action {action.name_full}" for action in bpy.data.actions if action not in actions}
    allowed = Allowed(film)
    changes = differences(before, snapshot())
    wrong = [difference for difference in changes if not allowed(difference, new)]
    assert not wrong, wrong[:20]
    assert changes and all("mien_role" in action for action in bpy.data.actions if action not in actions)


def test_the_buttons(film, backend):
    window = bpy.context.window_manager
    assert batch_panel.MIEN_OT_copy_report.disabled_reason(bpy.context).startswith("There is no report")
    assert bpy.ops.mien.report() == {"FINISHED"}
    assert batch_panel.latest().counts == {"due": 6}
    assert bpy.ops.mien.bake_all(scope="SCENE") == {"FINISHED"}
    assert batch_panel.latest().counts == {"made": 6}
    assert bpy.ops.mien.go_to_line(scene="Scene", speaker="Berta", uid=2) == {"FINISHED"}
    assert bpy.context.view_layer.objects.active.name == "Berta" and film[1].mien.active_line == 1
    window.mien_run.running, window.mien_run.speaker = True, "Anna"
    assert "Already generating for 'Anna'" in batch_panel.MIEN_OT_bake_all.disabled_reason(bpy.context)
    window.mien_run.running = False
    for speaker in film:
        speaker.mien.lines.clear()
    assert "There are no lines yet" in batch_panel.MIEN_OT_bake_all.disabled_reason(bpy.context)


def test_the_direction_that_is_sent_is_the_one_that_is_compared(film, backend):
    film[0].mien.performance.happy = 0.0
    film[0].mien.performance.keyframe_insert("happy", frame=1)
    film[0].mien.performance.happy = 1.0
    film[0].mien.performance.keyframe_insert("happy", frame=100)
    api.bake()
    assert isinstance(json.loads(backend.requests[0]["direction"])["emotion"]["happy"], list)
    assert api.report().whole
    bpy.context.scene.frame_set(70)  # where the playhead stands is nothing to it
    assert api.report().whole
    film[0].mien.performance.happy = 0.5
    film[0].mien.performance.keyframe_insert("happy", frame=100)
    assert {entry.line for entry in api.report().of("due")} == {"Anna 1", "Anna 2"}
