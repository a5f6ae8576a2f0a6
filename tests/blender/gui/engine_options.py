# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine options in a real window: greyed out with a reason, then a matched face and held keys.

Started by run.py: run.py --script engine_options.py ...
"""

import json
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from buttons import open_panel, press_until
from film import flat_take, jaw, voice
from window import (
    arguments,
    check,
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
scene_direction = extension("scene.direction")


def steps():
    backend, _ = use_fake_backend()
    backend.take = lambda **meta: flat_take(0.2, meta["seed"], meta["fps"])
    open_panel("ui.engine_options_panel", "MIEN_PT_engine_options")
    yield from open_tab("Mien")
    press(bpy.ops.mien.add_head)
    head = bpy.data.objects["Mien head"]
    head.mien.sound = str(voice(OUT, "voice"))
    head.mien.place_sound = False
    line, blocks = head.mien.lines[0], head.data.shape_keys.key_blocks
    line.start_frame = 11
    press(bpy.ops.mien.check_backend)
    runner = extension("generation.runner").runner
    yield from until("the backend is seen", lambda: runner.state.info is not None)
    yield from settled()
    side = view3d()[2]
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
    yield from press_until("Hold My Keys holds them", "mien.hold_keys(", lambda: line.held != "", middle)
    for name, value in (("browInnerUp", 0.8), ("mouthFrownLeft", 0.5), ("mouthFrownRight", 0.5), ("jawOpen", 0.0)):
        blocks[name].value = value
    yield from settled()
    yield from shot(OUT, "3_held_and_posed")
    performance = head.mien.performance
    yield from press_until(
        "Match This Face takes the pose",
        "mien.match_face(",
        lambda: len(scene_direction.face_of(performance)) == 3,
        middle,
    )
    face = {name: round(value, 3) for name, value in scene_direction.face_of(performance).items()}
    check("as it is", face == {"mouthFrownLeft": 0.5, "mouthFrownRight": 0.5, "browInnerUp": 0.8}, face)
    yield from settled()
    yield from shot(OUT, "4_matched")
    press(bpy.ops.mien.generate)
    run = bpy.context.window_manager.mien_run
    yield from until("a take is made", lambda: not run.running and len(line.takes) == 1)
    check("without an error", run.error == "", run.error)
    direction = json.loads(backend.requests[0]["direction"])
    check(
        "the face is asked for",
        direction.get("face") == face and direction.get("face_level") == 1.0,
        direction.get("face"),
    )
    (curve,) = direction.get("held", {}).get("jawOpen", [[]])
    check("and the keys", curve[0] == [0.166667, 0.3] and [0.333333, 0.7] in curve and curve[-1] == [0.5, 0.3], curve)
    check("the take shows in their place", (jaw(head, 19), jaw(head, 30)) == (0.2, 0.2), (jaw(head, 19), jaw(head, 30)))
    press(bpy.ops.mien.release_keys)
    check("until they are released", (jaw(head, 19), jaw(head, 30)) == (0.7, 0.3), (jaw(head, 19), jaw(head, 30)))
    press(bpy.ops.mien.choose_engine, name="toy")
    yield from settled()
    yield from shot(OUT, "5_left_out")
    backend.shut_down()


drive(steps())
