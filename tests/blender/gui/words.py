# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of a line in a real window: shown by a click, one dragged with G in the timeline, one renamed there, each
followed by a click; the take changes only there, in one undo step.

Needs a backend with espeak-ng: run.py --script words.py ... -- http://127.0.0.1:8642 VOICE.wav, with the words of the
voice beside it, in VOICE.txt. Leaves pictures in OUT.
"""

import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np

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
DRAGGED, BY = 6, 4  # the number of the word, and the frames


def head():
    return bpy.data.objects["Mien head"]


def line():
    return head().mien.lines[0]


def run():
    return bpy.context.window_manager.mien_run


def values() -> tuple[np.ndarray, list[str]]:
    blocks = head().data.shape_keys.key_blocks
    names, rows = [block.name for block in blocks[1:]], []
    for frame in range(1, line().takes[0].last_frame + 1):
        bpy.context.scene.frame_set(frame)
        rows.append([blocks[name].value for name in names])
    return np.array(rows), names


def changed(before: np.ndarray, after: np.ndarray) -> tuple[int, int]:
    """The first and the last frame at which they differ."""
    rows = np.flatnonzero(np.abs(after - before).max(1) > 1e-4)
    return (int(rows[0]) + 1, int(rows[-1]) + 1) if len(rows) else (0, 0)


def timeline():
    """The tallest timeline, and its main region."""
    areas = [area for area in bpy.context.window_manager.windows[0].screen.areas if area.type == "DOPESHEET_EDITOR"]
    area = max(areas, key=lambda area: area.height)
    return area, next(region for region in area.regions if region.type == "WINDOW")


def open_timeline() -> None:
    """A timeline tall enough for markers, of the lower part of the 3D view."""
    window, area, _, main = view3d()
    known = set(window.screen.areas)
    with bpy.context.temp_override(window=window, area=area, region=main):
        bpy.ops.screen.area_split(direction="HORIZONTAL", factor=0.25)
    (new,) = set(window.screen.areas) - known
    lower = min((area, new), key=lambda each: each.y)
    lower.ui_type = "TIMELINE"


def in_timeline(operator, **options):
    area, region = timeline()
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=region):
        return operator("EXEC_DEFAULT", **options)


def over_timeline(*keys: str):
    """Keys of the keyboard with the pointer over the timeline's markers."""
    area, region = timeline()
    x, y = region.x + region.width // 2, bpy.context.window_manager.windows[0].height - region.y - 12
    command = ["xdotool", "mousemove", str(x - 5), str(y), "sleep", "0.3", "mousemove", str(x), str(y), "sleep", "0.6"]
    for key in keys:
        command += ["key", key, "sleep", "0.3"]
    subprocess.Popen(command)
    yield 1.5 + 0.5 * len(keys)


def double_click(frame: int):
    """A double click on the marker at a frame, which opens Blender's field of its name."""
    _, region = timeline()
    x = region.x + region.view2d.view_to_region(frame, 0.0)[0]
    y = bpy.context.window_manager.windows[0].height - region.y - 18
    command = ["xdotool", "mousemove", "700", "450", "sleep", "0.3", "mousemove", str(x), str(y), "sleep", "0.6"]
    subprocess.Popen([*command, "click", "--repeat", "2", "--delay", "60", "1"])
    yield 2.5


def keys(*names: str):
    """Keys of the keyboard where the pointer is."""
    subprocess.Popen(["xdotool", *(word for name in names for word in ("key", name, "sleep", "0.3"))])
    yield 1.0 + 0.5 * len(names)


def undo() -> None:
    window, area, _, main = view3d()
    with bpy.context.temp_override(window=window, area=area, region=main):
        bpy.ops.ed.undo()


def chosen(number: int):
    """The marker of a word, the only selected one."""
    name, frame = extension("scene.timeline.words").shown(line()).markers[number]
    for marker in bpy.context.scene.timeline_markers:
        marker.select = (marker.name, marker.frame) == (name, frame)
    return next(marker for marker in bpy.context.scene.timeline_markers if marker.select)


def steps():
    words = extension("scene.timeline.words")
    use_backend(ADDRESS)
    yield from open_tab("Mien")
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    press(bpy.ops.mien.add_head)
    bpy.context.scene.frame_end = 190
    head().mien.sound = str(SOUND)
    line().transcript = SOUND.with_suffix(".txt").read_text().strip()
    line().performance.engine = head().mien.performance.engine = "articulation"
    press(bpy.ops.mien.generate)
    yield from until("the line speaks", lambda: not run().running and len(line().takes) == 1)
    check("without an error", run().error == "", run().error)
    alone("ui.timeline.words_panel", "MIEN_PT_words")
    open_timeline()
    yield from settled()
    in_timeline(bpy.ops.action.view_all)
    yield from settled()
    side = view3d()[2]
    left = side.x + side.width // 4
    yield from press_until(
        "a click shows the words", "mien.show_words(", lambda: len(bpy.context.scene.timeline_markers) > 15, left
    )
    yield from shot(OUT, "1_words")
    before, names = values()
    start = words.shown(line()).markers

    bpy.ops.ed.undo_push(message="words are shown")
    chosen(DRAGGED)
    yield from over_timeline("g", *str(BY), "Return")
    yield from until("it is dragged", lambda: words.changes(line()).moved == (DRAGGED,), 10.0)
    check("G drags the word", words.changes(line()).moved == (DRAGGED,), words.changes(line()).moved)
    yield from settled()
    yield from shot(OUT, "2_dragged")
    yield from press_until(
        "a click lets the mouth follow", "mien.retime_words(", lambda: bool(changed(before, values()[0])[1])
    )
    after = values()[0]
    first, last = changed(before, after)
    low, high = start[DRAGGED - 1][1], start[DRAGGED + 1][1]
    check("between its neighbours alone", low <= first and last <= high, (first, last, low, high))
    other = [
        number for number, name in enumerate(names) if not name.startswith(("jaw", "mouth", "tongue", "cheekPuff"))
    ]
    check("and nothing but the mouth", np.abs(after - before)[:, other].max() < 1e-6)
    undo()
    check("one undo step takes it back", changed(before, values()[0]) == (0, 0))

    words.show(bpy.context.scene, head(), line(), "words")
    start = words.shown(line()).markers
    number = next(n for n, (name, _) in enumerate(start) if n > 8 and len(name) > 4)
    marker = chosen(number)
    yield from double_click(start[number][1])
    yield from shot(OUT, "3_rename")
    yield from keys("ctrl+a", *"mommy", "Return", "Return")
    yield from until("it has the new name", lambda: words.changes(line()).retyped == (number,), 10.0)
    check("the word is retyped", words.changes(line()).retyped == (number,), (marker.name, start[number]))
    yield from settled()
    yield from shot(OUT, "3_retyped")
    yield from press_until(
        "a click makes it anew", "mien.correct_words(", lambda: run().running or "mommy" in line().transcript
    )
    yield from until("it is applied", lambda: not run().running and "mommy" in line().transcript)
    check("without an error", run().error == "" and "corrected words" in run().note, run().error or run().note)
    first, last = changed(before, values()[0])
    low, high = start[number][1], start[number + 1][1]
    check("only that word is another", low - 3 <= first and last <= high + 3, (first, last, low, high))
    yield from settled()
    yield from shot(OUT, "4_corrected")
    undo()
    check("one undo step takes that back", changed(before, values()[0]) == (0, 0))


drive(steps())
