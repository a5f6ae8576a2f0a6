# SPDX-License-Identifier: GPL-3.0-or-later
"""Add Default Body in a real window: one undo step, a line with gestures from a backend, the arms move, its pictures.

Needs a backend with the engine articulation: run.py --script body.py ... -- http://127.0.0.1:8642 VOICE.wav
"""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from window import arguments, check, drive, open_tab, press, settled, shot, until, use_backend, view3d

OUT, ADDRESS, SOUND = Path(arguments()[0]), arguments()[1], arguments()[2]


def undo(back: bool = True) -> None:
    window, area, _, main = view3d()
    with bpy.context.temp_override(window=window, area=area, region=main):
        (bpy.ops.ed.undo if back else bpy.ops.ed.redo)()


def hand():
    """The place of the left wrist in the world."""
    head = bpy.data.objects["Mien head"]
    body = head.mien.body
    return (body.matrix_world @ body.pose.bones["hand.L"].head).copy()


def steps():
    use_backend(ADDRESS)
    yield from open_tab("Mien")
    before = len(bpy.data.objects)
    window, area, side, _ = view3d()
    with bpy.context.temp_override(window=window, area=area, region=side):
        bpy.ops.ed.undo_push(message="before")
        bpy.ops.mien.add_body("INVOKE_DEFAULT", True)  # True: with its undo step, as by a click
    yield from settled()
    after = len(bpy.data.objects)
    check("a body with its head is there", "Mien body" in bpy.data.objects and "Mien head" in bpy.data.objects)
    undo()
    yield 0.5
    check("one undo takes all of it back", len(bpy.data.objects) == before, len(bpy.data.objects))
    undo(back=False)
    yield 0.5
    check("and redo brings it", len(bpy.data.objects) == after, len(bpy.data.objects))
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    head = bpy.data.objects["Mien head"]
    bpy.context.view_layer.objects.active = head
    head.mien.sound = SOUND
    head.mien.performance.engine = "articulation"
    head.mien.performance.gestures = 1.2
    yield from shot(OUT, "panel")
    press(bpy.ops.mien.generate)
    yield from until("the take is there", lambda: not bpy.context.window_manager.mien_run.running, 240.0)
    yield from settled()
    run = bpy.context.window_manager.mien_run
    check("without an error", run.error == "", run.error)
    head = bpy.data.objects["Mien head"]
    check("one take is there", len(head.mien.lines[0].takes) == 1, run.note)
    scene = bpy.context.scene
    places = []
    for frame in range(1, scene.frame_end, 5):
        scene.frame_set(frame)
        places.append(hand())
    way = max((a - b).length for a in places for b in places)
    check("the left hand moves by more than 5 cm", way > 0.05, way)
    for frame in (10, 40, 70):
        scene.frame_set(frame)
        yield from shot(OUT, f"frame{frame}")
    undo()
    yield 1.0
    body = bpy.data.objects["Mien head"].mien.body
    data = body.animation_data
    check("one undo takes the take off the arms", data is None or not len(data.nla_tracks))


drive(steps())
