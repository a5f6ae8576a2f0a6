# SPDX-License-Identifier: GPL-3.0-or-later
"""An emotion suggested from the voice, in a real window: asked for by a click, its doubt read, accepted by a click as
keys, in one undo step.

Needs a backend: run.py --script emotion.py ... -- http://127.0.0.1:8642 VOICE.wav. Leaves pictures in OUT.
"""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from buttons import alone, press_until
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
    use_backend,
    view3d,
)

OUT, ADDRESS, SOUND = Path(arguments()[0]), arguments()[1], Path(arguments()[2])


def head():
    return bpy.data.objects["Mien head"]


def keys(name: str) -> list[tuple[float, float]]:
    data = head().animation_data
    found = extension("animation.fcurves").fcurves_of(data.action, getattr(data, "action_slot", None)) if data else []
    return [
        tuple(p.co) for curve in found if curve.data_path == f"mien.performance.{name}" for p in curve.keyframe_points
    ]


def undo(back: bool = True) -> None:
    window, area, _, main = view3d()
    with bpy.context.temp_override(window=window, area=area, region=main):
        (bpy.ops.ed.undo if back else bpy.ops.ed.redo)()


def steps():
    suggestions = extension("generation.emotion_suggestions").suggestions
    use_backend(ADDRESS)
    yield from open_tab("Mien")
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    press(bpy.ops.mien.add_head)
    bpy.context.scene.frame_end = 190
    head().mien.sound = str(SOUND)
    head().mien.performance.emotion = "happy"
    alone("ui.direction_panels", "MIEN_PT_emotions")
    yield from settled()
    yield from shot(OUT, "1_emotions")
    bpy.ops.ed.undo_push(message="a head with a sound")
    side = view3d()[2]
    left = side.x + side.width // 4
    yield from press_until(
        "a click asks", "mien.suggest_emotion(", lambda: bool(suggestions.busy) or _found() is not None
    )
    yield from until("the backend answers", lambda: _found() is not None and not suggestions.busy)
    check("it is a suggestion", hasattr(_found(), "doubts"), _found())
    check("nothing is keyed yet", keys("intensity") == [])
    yield from settled()
    yield from shot(OUT, "2_suggested")
    yield from press_until(
        "a click keys the intensity", "mien.accept_suggestion(", lambda: len(keys("intensity")) > 3, left
    )
    check("and no emotion", keys("happy") == [] and keys("angry") == [])
    yield from settled()
    bpy.context.scene.frame_set(40)
    yield from shot(OUT, "3_keyed")
    undo()
    check("one undo step takes it back", keys("intensity") == [])
    undo(back=False)
    check("and one brings it again", len(keys("intensity")) > 3)


def _found():
    return extension("generation.emotion_suggestions").suggestions.of(head(), head().mien.lines[0])


drive(steps())
