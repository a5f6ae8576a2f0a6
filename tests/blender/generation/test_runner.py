# SPDX-License-Identifier: GPL-3.0-or-later
"""An animator's session without a window: a keyed emotion, three takes, corrections, undo, cancel, a backend that dies.

Its twin in a real window is tests/blender/gui/session.py. App timers do not run in Blender's module, so that the tests
call the runner by hand.
"""

import json
import time

import bpy
import numpy as np
import pytest
from blender_scene import CHANNELS, value_at
from blender_takes import own_layers
from fake_backend import take_bytes

from addon.animation import corrections, takes
from addon.generation import requests
from addon.generation.runner import runner
from addon.scene import lines
from addon.shape_keys import driving


def flat_take(value: float, seed: str, fps: str) -> bytes:
    """A second in which every channel is `value`, and a tenth more for each seed."""
    weights = np.full((24, len(CHANNELS)), value + 0.1 * int(seed), np.float32)
    head = np.full((24, 3), 0.05, np.float32)
    return take_bytes({"weights": weights, "head_rotation": head}, channels=json.dumps(CHANNELS), fps=fps, seed=seed)


@pytest.fixture
def backend(backend):
    backend.take = lambda **meta: flat_take(0.2, meta["seed"], meta["fps"])
    return backend


@pytest.fixture
def name(toy_head, voice, monkeypatch) -> str:
    """The speaker's name: undo makes every reference stale."""
    monkeypatch.setattr(driving, "HEAD_VERTICES", 40)
    toy_head.mien.sound = str(voice)
    lines.active(toy_head).start_frame = 11
    lines.active(toy_head).count = 3
    bpy.ops.ed.undo_push(message="settings")
    return toy_head.name


def speaker(name: str):
    return bpy.data.objects[name]


def seeds(name: str) -> list[int]:
    return [take.seed for take in speaker(name).mien.lines[0].takes]


def jaw(name: str, frame: int = 20) -> float:
    return round(value_at(speaker(name), "jawOpen", frame), 4)


def begin(name: str) -> None:
    line = lines.active(speaker(name))
    runner.begin(requests.of_line(bpy.context, bpy.context.scene, speaker(name), line, requests.new_seeds(line)))


def turn(condition, limit_s: float = 300.0) -> None:
    """Call the runner as its timer does until a condition holds."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, runner.state
        time.sleep(0.02)
        runner._tick()


def only_the_first(name: str, backend) -> None:
    """Request three takes: the first is made at once, the second takes long."""
    backend.slow = 600.0
    begin(name)
    turn(lambda: "job1" in backend.jobs)
    backend.jobs["job1"]["started"] -= 1000.0
    turn(lambda: len(seeds(name)) == 1 and runner.state.stage == "phones")


def test_an_emotion_keyed_from_happy_to_angry_is_in_every_request(name, backend):
    performance = speaker(name).mien.performance
    for frame, happy in ((11, 1.0), (35, 0.0)):
        performance.happy, performance.angry = happy, 1.0 - happy
        performance.keyframe_insert("happy", frame=frame)
        performance.keyframe_insert("angry", frame=frame)
    assert bpy.ops.mien.generate() == {"FINISHED"}
    directions = [json.loads(each["direction"]) for each in backend.requests]
    assert [each["seed"] for each in directions] == [0, 1, 2] == seeds(name)
    curves = directions[0]["emotion"]
    assert [curves[emotion][end] for emotion in ("happy", "angry") for end in (0, -1)] == [
        [0.0, 1.0],
        [1.0, 0.0],
        [0.0, 0.0],
        [1.0, 1.0],
    ]
    assert all(direction["emotion"] == curves for direction in directions)
    middle = np.interp(0.5, *np.array(curves["happy"]).T) + np.interp(0.5, *np.array(curves["angry"]).T)
    assert middle == pytest.approx(1.0, abs=1e-4)


def test_takes_are_applied_and_undone_one_by_one(name, backend):
    bpy.ops.mien.generate()
    assert (seeds(name), jaw(name)) == ([0, 1, 2], 0.2)
    assert "3 takes were made." in runner.state.note and "seed" not in runner.state.note  # the first one is seen
    speaker(name).mien.lines[0].active_take = 2
    assert jaw(name) == 0.4
    speaker(name).mien.lines[0].active_take = 0
    for left in ([0, 1], [0], []):
        bpy.ops.ed.undo()
        assert seeds(name) == left
    assert len(bpy.data.actions) == 0


def test_a_correction_stays_when_its_take_is_replaced_and_undo_removes_one_at_a_time(name, backend):
    bpy.ops.mien.generate()
    line = speaker(name).mien.lines[0]
    line.active_take = 1
    corrections.begin(speaker(name), line)
    block = speaker(name).data.shape_keys.key_blocks["jawOpen"]
    for frame, value in ((16, 0.3), (20, 0.7), (24, 0.3)):
        bpy.context.scene.frame_set(frame)
        block.value = value
        block.keyframe_insert("value", frame=frame)
    corrections.end(speaker(name))
    bpy.ops.ed.undo_push(message="corrected")
    assert (jaw(name, 20), jaw(name, 26)) == (0.7, 0.3)
    backend.take = lambda **meta: flat_take(0.0, meta["seed"], meta["fps"])
    assert bpy.ops.mien.make_anew() == {"FINISHED"}
    assert json.loads(backend.requests[-1]["direction"])["seed"] == 1  # locked: the same seed again
    assert (jaw(name, 20), jaw(name, 26), seeds(name)) == (0.5, 0.1, [0, 1, 2])
    bpy.ops.ed.undo()
    assert (jaw(name, 20), jaw(name, 26)) == (0.7, 0.3)
    bpy.ops.ed.undo()
    assert jaw(name, 26) == jaw(name, 20)
    assert not corrections.correction_layers(speaker(name), speaker(name).mien.lines[0])


def test_replacing_an_unlocked_take_draws_another_seed(name, backend):
    bpy.ops.mien.generate()
    line = speaker(name).mien.lines[0]
    line.active_take = 1
    line.takes[1].lock = False
    bpy.ops.mien.make_anew()
    assert seeds(name) == [0, 3, 2] and takes.active(speaker(name).mien.lines[0]).name == "Take 2"
    assert len(own_layers(speaker(name).data.shape_keys)) == 3


def test_a_cancel_keeps_applied_takes(name, backend):
    only_the_first(name, backend)
    assert (runner.state.number, runner.state.total) == (2, 3)
    run = bpy.context.window_manager.mien_run
    assert (run.running, run.number, run.total) == (True, 2, 3) and 1 / 3 <= run.fraction < 2 / 3
    bpy.ops.mien.cancel()
    turn(lambda: "job2" in backend.cancelled)
    assert seeds(name) == [0] and jaw(name) == 0.2 and not run.running
    assert run.note == "Cancelled; 1 of 3 takes was made and is kept."


def test_a_backend_that_dies_is_reported_and_the_scene_stays(name, backend):
    only_the_first(name, backend)
    before = [action.name for action in bpy.data.actions]
    backend.shut_down()
    turn(lambda: not runner.state.running)
    assert "was lost while it was at 'phones'" in runner.state.error
    assert runner.state.error.endswith("1 of 3 takes was made and is kept.")
    assert seeds(name) == [0] and [action.name for action in bpy.data.actions] == before
    assert [outcome.state for outcome in runner.state.outcomes] == ["done", "failed", "failed"]


def test_a_take_waits_for_corrections_to_be_done(name, backend):
    bpy.ops.mien.generate()
    line = speaker(name).mien.lines[0]
    corrections.begin(speaker(name), line)
    begin(name)
    turn(lambda: "Done Correcting" in runner.state.note)
    assert seeds(name) == [0, 1, 2]
    corrections.end(speaker(name))
    turn(lambda: not runner.state.running)
    assert seeds(name) == [0, 1, 2, 3, 4, 5] and runner.state.error == ""


def test_the_line_may_move_while_its_takes_are_generated(name, backend):
    speaker(name).mien.lines[0].count = 1
    backend.slow = 1.0
    begin(name)
    turn(lambda: runner.state.stage == "phones")
    lines.active(speaker(name)).start_frame = 61
    turn(lambda: not runner.state.running)
    assert (jaw(name, 61), jaw(name, 70), jaw(name, 20)) == (0.2, 0.2, 0.0)
