# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning a bake changes neither the scene nor any file; strips are synchronised by the bake itself."""

import sys
from pathlib import Path

import bpy
import pytest
from blender_scene import HAS_AUDIO
from checkout import TESTS

from addon import api
from addon.batch.plan import Choice, PlanError, due_requests, plan_lines
from addon.scene import lines, sound

sys.path.insert(0, str(TESTS / "blender" / "headless"))
from snapshot import differences, snapshot

needs_audio = pytest.mark.skipif(not HAS_AUDIO, reason="this build of Blender has no audio")


@pytest.fixture
def film(speaker, voice, tmp_path):
    """A speaker with three lines: a file, a packed sound, and a trimmed strip; emotions that are keyed and driven."""
    packed = tmp_path / "packed.wav"
    packed.write_bytes(voice.read_bytes() + b"other")
    bpy.data.sounds.load(str(packed)).pack()
    packed.unlink()
    lines.add(speaker, str(packed), 101)
    strip = sound.strips_of(bpy.context.scene).new_sound("Hello", str(voice), 1, 201)
    line = lines.add(speaker)
    line.name, line.strip = "On a strip", strip.name
    if hasattr(strip, "left_handle_offset"):
        strip.left_handle_offset = 6
    else:
        strip.frame_offset_start = 6
    bpy.context.view_layer.update()
    performance = speaker.mien.performance
    performance.jaw = 0.5
    performance.keyframe_insert("jaw", frame=1)
    speaker.driver_add(performance.path_from_id("happy")).driver.expression = "frame / 400"
    bpy.context.scene.frame_set(7)
    return speaker


def files() -> dict[Path, int]:
    """Every file that this Blender has written, with its time of change."""
    return {path: path.stat().st_mtime_ns for path in Path(bpy.app.tempdir).rglob("*") if path.is_file()}


@needs_audio
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of properties that Blender will drop
@pytest.mark.parametrize("report", [lambda: plan_lines(bpy.context), api.report], ids=["plan", "report"])
def test_a_plan_and_a_report_change_nothing(film, backend, report):
    scene, strip = bpy.context.scene, next(iter(sound.strips_of(bpy.context.scene)))
    before, written = snapshot(), files()
    sound.set_start(strip, 231)
    film.mien.performance.jaw = 1.25  # keyed at 0.5, and not keyed anew
    state = (film.mien.lines[2].start_frame, film.mien.performance.jaw, scene.frame_current)
    report()
    assert (film.mien.lines[2].start_frame, film.mien.performance.jaw, scene.frame_current) == state
    sound.set_start(strip, 201)
    assert files() == written
    assert differences(before, snapshot()) == []
    assert backend.requests == []


@needs_audio
def test_a_plan_has_a_request_for_each_line_that_is_due(film):
    planned = plan_lines(bpy.context)
    assert [line.entry.state for line in planned] == ["due", "due", "due"]
    requests = due_requests(planned)
    assert [request.start_frame for request in requests] == [1, 101, 207]
    assert not Path(requests[1].sound).exists() and not Path(requests[2].sound).exists()  # written by `prepare`


@needs_audio
def test_a_bake_brings_lines_in_step_with_their_strips_first(film, backend):
    strip = next(iter(sound.strips_of(bpy.context.scene)))
    sound.set_start(strip, 231)
    report = api.bake(lines="On a strip")
    assert report.counts == {"made": 1} and report.of("made")[0].start_frame == 231
    assert film.mien.lines[2].start_frame == 231


def test_names_that_the_file_does_not_have_are_refused(speaker):
    with pytest.raises(PlanError, match="There is no speaker 'Dora' with lines in this file; it has 'Toy head'"):
        plan_lines(bpy.context, Choice(speakers=("Dora",)))
