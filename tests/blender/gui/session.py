# SPDX-License-Identifier: GPL-3.0-or-later
"""An animator's session in a real window: head, generate,
undo, cancel, a backend that dies, one of our own.

Started by run.py, as `blender --python session.py -- OUT`; leaves pictures and a log in OUT.
"""

import os
import sys
import wave
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent.parent))
from fake_backend import FakeBackend, channel_take
from window import arguments, check, click_until, drive, open_tab, press, shot, until, view3d

OUT = Path(arguments()[0])
MIEN = "bl_ext.user_default.mien"
ARKIT = sys.modules[f"{MIEN}.channels"].ARKIT


def voice() -> Path:
    path = OUT / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(bytes(2 * 16000))
    return path


def run():
    return bpy.context.window_manager.mien_run


def head():
    return bpy.data.objects["Mien head"]


def action():
    data = head().data.shape_keys.animation_data
    return data.action.name if data and data.action else None


def undo() -> None:
    window, area, _, main = view3d()
    with bpy.context.temp_override(window=window, area=area, region=main):
        bpy.ops.ed.undo()


def steps():
    wanted = bpy.context.preferences.addons[MIEN].preferences
    backend = FakeBackend().__enter__()
    backend.take = lambda **meta: channel_take(channels=ARKIT, **meta)
    wanted.address, wanted.start_own = backend.address, False
    yield from open_tab("Mien")
    yield from shot(OUT, "1_cube")
    check("no lip-sync for a cube", not bpy.ops.mien.generate.poll())
    press(bpy.ops.mien.add_head)
    yield from shot(OUT, "2_head")
    settings = head().mien
    settings.sound, settings.start_frame, settings.emotion = str(voice()), 11, "happy"
    bpy.ops.ed.undo_push(message="settings")

    backend.slow = 8.0
    _, area, side, _ = view3d()
    area.tag_redraw()  # a script's settings do not redraw the sidebar, as a person's do
    yield 0.5
    # Generate with the mouse, this once
    yield from click_until("Generate starts it", side.x + side.width // 2, 353, lambda: run().running)
    yield from until("progress is shown", lambda: run().fraction > 0.3)
    check("no second run at once", not bpy.ops.mien.generate.poll())
    yield from shot(OUT, "3_running")
    yield from until("the take is applied", lambda: not run().running)
    check(
        "without an error",
        run().error == "" and "speaks from frame 11" in run().note,
        run().error or run().note,
    )
    check("by Mien's own action", action() == "Mien take seed 0", action())
    bpy.context.scene.frame_set(34)
    yield from shot(OUT, "4_done")

    undo()
    check("undo takes the take off, in one step", action() is None, action())
    editor = bpy.context.scene.sequence_editor
    name = "strips" if hasattr(editor, "strips") else "sequences"  # 4.4 and later; before
    strips = [] if editor is None else list(getattr(editor, name))
    check("and the strip", strips == [], strips)
    check("and leaves the head and its settings", head().mien.emotion == "happy")

    backend.slow = 30.0
    press(bpy.ops.mien.generate)
    yield from until("it runs", lambda: run().stage == "phones")
    bpy.ops.ed.undo_push(message="an edit meanwhile")
    undo()
    check("undo while it runs leaves the run alone", run().running)
    yield from shot(OUT, "5_to_cancel")
    _, _, side, _ = view3d()  # undo has made the screen anew
    # Cancel, under the progress bar
    yield from click_until("Cancel stops it", side.x + side.width - 70, 422, lambda: not run().running)
    check("and says so", "left as it was" in run().note, run().note)
    yield from until("the backend is told", lambda: backend.cancelled == ["job2"])
    check("nothing was changed", action() is None)
    yield from shot(OUT, "5_cancelled")

    press(bpy.ops.mien.generate)
    yield from until("it runs again", lambda: run().stage == "phones")
    backend.die()
    yield from until("a dead backend is noticed", lambda: not run().running)
    check("in a sentence", "was lost while it was at 'phones'" in run().error, run().error)
    check("nothing was changed then either", action() is None)
    yield from shot(OUT, "6_lost")

    wanted.start_own = True
    os.environ["FAKE_SLOW_S"] = "1"
    wanted.command = os.environ["MIEN_COMMAND"]
    window, area, _, main = view3d()
    bpy.ops.object.mode_set(mode="EDIT")
    press(bpy.ops.mien.generate)
    yield from until("an own backend is started, and the take waits", lambda: "Leave Edit Mode" in run().note)
    yield from shot(OUT, "7_held")
    bpy.ops.object.mode_set(mode="OBJECT")
    yield from until("out of Edit Mode it is applied", lambda: not run().running)
    check("without an error", run().error == "", run().error)
    # the own backend plays its few channels; those it does not send stay as they are
    check("and animates", action() == "Mien take seed 0", action())
    local = sys.modules[f"{MIEN}.pump"].pump.local
    check("the own backend still runs", local.running)
    (OUT / "child.txt").write_text(str(local._child.pid))
    yield from shot(OUT, "8_own_backend")


drive(steps())
