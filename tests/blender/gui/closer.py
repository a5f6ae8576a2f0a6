# SPDX-License-Identifier: GPL-3.0-or-later
"""Closer direction in a real window: greyed out with a reason, then a face that is matched and keys that are held.

Started by run.py: run.py --script closer.py ...
"""

import json
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent.parent))
from fake_backend import FakeBackend
from film import flat_take, jaw, voice
from window import arguments, check, click_until, drive, open_tab, press, settled, shot, until, view3d

OUT = Path(arguments()[0])
MIEN = "bl_ext.user_default.mien"
performance = sys.modules[f"{MIEN}.scene.direction"]
# From the top of a window of 1600 x 900, with one line and no message: the panel's head, its buttons
CLOSER, MATCH, HOLD = 500, 532, 650


def steps():
    wanted = bpy.context.preferences.addons[MIEN].preferences
    backend = FakeBackend().__enter__()
    backend.take = lambda **meta: flat_take(0.2, meta["seed"], meta["fps"])
    wanted.address, wanted.start_own = backend.address, False
    yield from open_tab("Mien")
    press(bpy.ops.mien.add_head)
    head = bpy.data.objects["Mien head"]
    head.mien.sound = str(voice(OUT, "voice"))
    head.mien.place_sound = False
    line, blocks = head.mien.lines[0], head.data.shape_keys.key_blocks
    line.start_frame = 11
    press(bpy.ops.mien.check_backend)
    runner = sys.modules[f"{MIEN}.generation.runner"].runner
    yield from until("the backend is seen", lambda: runner.state.info is not None)
    yield from settled()
    side = view3d()[2]
    yield from click_until("closer direction is opened", side.x + 60, CLOSER, lambda: True)
    yield from settled()
    yield from shot(OUT, "1_refused")
    check("greyed out", not bpy.ops.mien.match_face.poll() and not bpy.ops.mien.hold_keys.poll())
    press(bpy.ops.mien.choose_engine, name="closer")
    for frame, value in ((15, 0.3), (19, 0.7), (23, 0.3)):
        blocks["jawOpen"].value = value
        blocks["jawOpen"].keyframe_insert("value", frame=frame)
    bpy.ops.ed.undo_push(message="keyed")
    yield from settled()
    yield from shot(OUT, "2_keyed")
    middle = side.x + side.width // 2 - 40
    yield from click_until("Hold My Keys holds them", middle, HOLD, lambda: line.held != "")
    for name, value in (("browInnerUp", 0.8), ("mouthFrownLeft", 0.5), ("mouthFrownRight", 0.5), ("jawOpen", 0.0)):
        blocks[name].value = value
    yield from settled()
    yield from shot(OUT, "3_held_and_posed")
    asked = head.mien.performance
    yield from click_until(
        "Match This Face takes the pose", middle, MATCH, lambda: len(performance.face_of(asked)) == 3
    )
    face = {name: round(value, 3) for name, value in performance.face_of(asked).items()}
    check("as it is", face == {"mouthFrownLeft": 0.5, "mouthFrownRight": 0.5, "browInnerUp": 0.8}, face)
    yield from settled()
    yield from shot(OUT, "4_matched")
    press(bpy.ops.mien.generate)
    run = bpy.context.window_manager.mien_run
    yield from until("a take is made", lambda: not run.running and len(line.takes) == 1)
    check("without an error", run.error == "", run.error)
    said = json.loads(backend.requests[0]["direction"])
    check("the face is asked for", said.get("face") == face and said.get("face_level") == 1.0, said.get("face"))
    (curve,) = said.get("held", {}).get("jawOpen", [[]])
    check("and the keys", curve[0] == [0.166667, 0.3] and [0.333333, 0.7] in curve and curve[-1] == [0.5, 0.3], curve)
    check("the take shows in their place", (jaw(head, 19), jaw(head, 30)) == (0.2, 0.2), (jaw(head, 19), jaw(head, 30)))
    press(bpy.ops.mien.release_keys)
    check("until they are released", (jaw(head, 19), jaw(head, 30)) == (0.7, 0.3), (jaw(head, 19), jaw(head, 30)))
    press(bpy.ops.mien.choose_engine, name="toy")
    yield from settled()
    yield from shot(OUT, "5_left_out")
    backend.shut_down()


drive(steps())
