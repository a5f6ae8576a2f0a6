# SPDX-License-Identifier: GPL-3.0-or-later
"""An animator's session in a real window: head, a keyed emotion, three takes, corrections, undo, cancel, a strip that
is moved, a backend that dies, the whole film, a backend of one's own.

Started by run.py, as `blender --python session.py -- OUT`; leaves pictures and a log in OUT.
"""

import json
import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from buttons import find, key_on, open_panel, press_until
from film import bake_all, flat_take, voice
from window import (
    arguments,
    check,
    click_until,
    drive,
    extension,
    open_tab,
    press,
    settled,
    shot,
    until,
    use_fake_backend,
    view3d,
)

OUT = Path(arguments()[0])
nla_layers, fcurves, sound = extension("animation.nla_layers"), extension("animation.fcurves"), extension("scene.sound")


def run():
    return bpy.context.window_manager.mien_run


def head():
    return bpy.data.objects["Mien head"]


def line():
    return head().mien.lines[0]


def seeds() -> list[int]:
    return [take.seed for take in line().takes] if len(head().mien.lines) else []


def visible_takes() -> list[int]:
    """Which takes' tracks are not muted."""
    entries = nla_layers.layers(head().data.shape_keys)
    return [layer.mark.take for layer in entries if layer.mark.role == "take" and not layer.track.mute]


def jaw(frame: int) -> float:
    bpy.context.scene.frame_set(frame)
    return round(head().data.shape_keys.key_blocks["jawOpen"].value, 4)


def strips() -> list:
    return list(sound.strips_of(bpy.context.scene, make=False) or ())


def emotion_keys() -> dict[str, list]:
    data = head().animation_data
    entries = fcurves.fcurves_of(data.action, getattr(data, "action_slot", None)) if data else []
    return {curve.data_path.rpartition(".")[2]: [tuple(p.co) for p in curve.keyframe_points] for curve in entries}


def undo() -> None:
    window, area, _, main = view3d()
    with bpy.context.temp_override(window=window, area=area, region=main):
        bpy.ops.ed.undo()


def key_emotion():
    """Happy at the start of the line, angry at its end: I over the two sliders, at two frames."""
    yield from shot(OUT, "2_emotions")
    performance = head().mien.performance
    for frame, happy in ((11, 1.0), (34, 0.0)):
        bpy.context.scene.frame_set(frame)
        performance.happy, performance.angry = happy, 1.0 - happy
        for name in ("happy", "angry"):
            for _ in range(3):
                yield from key_on(f"performance.{name}", "i")
                if any(at == frame for at, _ in emotion_keys().get(name, [])):
                    break
    bpy.context.scene.frame_set(11)
    keyed = emotion_keys()
    check("happy is keyed from 1 to 0", keyed.get("happy") == [(11, 1), (34, 0)], keyed)
    check("angry is keyed from 0 to 1", keyed.get("angry") == [(11, 0), (34, 1)], keyed)
    yield from shot(OUT, "2_keyed")


def steps():
    backend, settings = use_fake_backend()
    backend.take = lambda **meta: flat_take(0.2, meta["seed"], meta["fps"])
    open_panel("ui.direction_panels", "MIEN_PT_emotions")
    open_panel("ui.batch_panel", "MIEN_PT_batch")
    yield from open_tab("Mien")
    yield from shot(OUT, "1_cube")
    check("no lip-sync for a cube", not bpy.ops.mien.generate.poll())
    press(bpy.ops.mien.add_head)
    head().mien.sound = str(voice(OUT, "voice"))
    line().start_frame = 11
    yield from settled()
    yield from shot(OUT, "2_head")
    yield from key_emotion()
    line().count = 3
    bpy.ops.ed.undo_push(message="settings")

    backend.slow = 60.0
    yield from press_until("Generate starts it", "mien.generate(", lambda: run().running)
    yield from until("progress is shown", lambda: run().fraction > 0.1 and run().total == 3)
    check("no second run at once", not bpy.ops.mien.generate.poll())
    yield from shot(OUT, "3_running")
    backend.slow = 0.0
    yield from until("the takes are applied", lambda: not run().running)
    check("without an error", run().error == "" and "3 takes were made" in run().note, run().error or run().note)
    emotion = json.loads(backend.requests[0]["direction"])["emotion"]
    check(
        "the keyed emotion was asked for",
        [emotion[name][end][1] for name in ("happy", "angry") for end in (0, -1)] == [1.0, 0.0, 0.0, 1.0],
        emotion,
    )
    check("three takes, the first is seen", seeds() == [0, 1, 2] and visible_takes() == [1], (seeds(), visible_takes()))
    check("it plays", jaw(20) == 0.2 and jaw(60) == 0.0 and jaw(-15) == 0.0, (jaw(20), jaw(60), jaw(-15)))
    yield from settled()
    yield from shot(OUT, "4_done")
    press(bpy.ops.mien.dismiss)
    yield from settled()
    side = view3d()[2]
    row = yield from find("takes[1].lock", side.x + 175)  # the name beside it is no button before it is clicked
    yield from click_until("a click on a take lets it be seen", side.x + 100, row, lambda: visible_takes() == [2])
    check("and it alone", jaw(20) == 0.3, jaw(20))
    yield from shot(OUT, "5_second_take")

    press(bpy.ops.mien.correct)
    block = head().data.shape_keys.key_blocks["jawOpen"]
    for frame, value in ((16, 0.3), (20, 0.7), (24, 0.3)):
        bpy.context.scene.frame_set(frame)
        block.value = value
        block.keyframe_insert("value", frame=frame)
    press(bpy.ops.mien.done_correcting)
    check("a correction shows", (jaw(20), jaw(26)) == (0.7, 0.3), (jaw(20), jaw(26)))
    bpy.ops.ed.undo_push(message="corrected")
    backend.take = lambda **meta: flat_take(0.0, meta["seed"], meta["fps"])
    press(bpy.ops.mien.make_anew)
    yield from until("one take is made anew", lambda: not run().running and len(backend.requests) == 4)
    check("the correction stayed, the others too", (jaw(20), seeds()) == (0.5, [0, 1, 2]), (jaw(20), seeds()))
    yield from shot(OUT, "6_corrected")
    undo()
    check("undo takes that take back, in one step", jaw(20) == 0.7, jaw(20))
    undo()
    check("and then the correction", jaw(20) == 0.3 and seeds() == [0, 1, 2], (jaw(20), seeds()))

    (strip,) = strips()
    sound.set_start(strip, 61)
    yield 1.0
    check("a strip that moves takes its takes along", (jaw(20), jaw(70)) == (0.0, 0.3), (jaw(20), jaw(70)))
    line().start_frame = 11
    yield 1.0
    check("and back", sound.start_of(strips()[0]) == 11 and jaw(20) == 0.3, jaw(20))
    bpy.ops.ed.undo_push(message="moved and back")

    backend.slow = 600.0
    press(bpy.ops.mien.generate)
    yield from until("three more are asked for", lambda: "job5" in backend.jobs)
    backend.jobs["job5"]["started"] -= 1000.0  # the first is made at once, the second takes long
    yield from until("the first of three more is there", lambda: len(seeds()) == 4)
    yield from until("the second is on its way", lambda: run().stage == "phones")
    bpy.ops.ed.undo_push(message="an edit meanwhile")
    undo()
    check("undo while it runs leaves the run alone", run().running)
    yield from settled()
    yield from shot(OUT, "7_to_cancel")
    side = view3d()[2]  # undo has made the screen anew
    yield from press_until("Cancel stops it", "mien.cancel(", lambda: not run().running, side.x + side.width - 70)
    check("and says so", run().note == "Cancelled; 1 of 3 takes was made and is kept.", run().note)
    yield from until("the backend is told", lambda: "job6" in backend.cancelled)
    check("what was done is kept", seeds() == [0, 1, 2, 3], seeds())
    yield from shot(OUT, "7_cancelled")

    press(bpy.ops.mien.generate)
    yield from until("it runs again", lambda: run().stage == "phones")
    backend.shut_down()
    yield from until("a dead backend is noticed", lambda: not run().running)
    check("in a sentence", "was lost while it was at 'phones'" in run().error, run().error)
    check("nothing was changed then", seeds() == [0, 1, 2, 3] and "left as it was" in run().error, seeds())
    yield from shot(OUT, "8_lost")

    before = [jaw(frame) for frame in range(5, 50)]
    press(bpy.ops.mien.bake_down)
    action = head().data.shape_keys.animation_data.action
    check("baked down it is one action", action is not None and [jaw(f) for f in range(5, 50)] == before, action)
    press(bpy.ops.mien.thin)
    off = max(abs(jaw(frame) - was) for frame, was in zip(range(5, 50), before, strict=True))
    check("thinned it is within the error", off <= 0.0051, off)
    press(bpy.ops.mien.back_to_takes)
    check("and back to takes", [jaw(frame) for frame in range(5, 50)] == before)

    yield from bake_all(OUT, settings, head())

    settings.start_own = True
    os.environ["FAKE_SLOW_S"] = "1"
    settings.command = os.environ["MIEN_COMMAND"]
    line().count = 1
    bpy.ops.object.mode_set(mode="EDIT")
    press(bpy.ops.mien.generate)
    yield from until("an own backend is started, and the take waits", lambda: "Leave Edit Mode" in run().note)
    yield from shot(OUT, "9_held")
    bpy.ops.object.mode_set(mode="OBJECT")
    yield from until("out of Edit Mode it is applied", lambda: not run().running)
    check("without an error", run().error == "", run().error)
    # the own backend plays its few channels; those it does not send stay as they are
    check("as another take", seeds() == [0, 1, 2, 3, 4], seeds())
    local = extension("generation.runner").runner.local
    check("the own backend still runs", local.running)
    (OUT / "child.txt").write_text(str(local._child.pid))
    yield from shot(OUT, "9_own_backend")


drive(steps())
