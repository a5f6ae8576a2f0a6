# SPDX-License-Identifier: GPL-3.0-or-later
"""The choice Recorded of a line's panel in a real window: a performance from a video, chosen by mouse, drives brows,
eyes and head of another line's take, and the lips stay.

Needs a backend: run.py --script recorded.py ... -- http://127.0.0.1:8642 VOICE.wav FILM, with a film of a face.
Leaves pictures of the panel and of both takes in OUT.
"""

import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from buttons import alone, find
from window import arguments, check, click, drive, open_tab, press, settled, shot, until, use_backend, view3d

OUT, ADDRESS, SOUND, FILM = Path(arguments()[0]), *arguments()[1:4]
ITEM = 22  # pixels from one row of a menu to the next
MOUTH, NONVERBAL = ("jaw", "mouth", "tongue"), ("brow", "eye")


def head():
    return bpy.data.objects["Mien head"]


def run():
    return bpy.context.window_manager.mien_run


def played() -> tuple[np.ndarray, list[str], np.ndarray]:
    """(F, C) values of the keys in the frames of the spoken line, their names, (F, 4) turns of the head."""
    line, blocks = head().mien.lines[1], head().data.shape_keys.key_blocks
    names, rows, turns = [block.name for block in blocks[1:]], [], []
    for frame in range(line.start_frame + 5, line.takes[0].last_frame - 5):
        bpy.context.scene.frame_set(frame)
        rows.append([blocks[name].value for name in names])
        turns.append(tuple(head().mien.head_object.matrix_world.to_quaternion()))
    return np.array(rows), names, np.array(turns)


def choose(number: int, key: str, name: str):
    """An item of the menu Recorded, counted from 0, by mouse, until the line has its key: a busy Blender misses clicks.
    The menu is between two fields with a place."""
    middle = view3d()[2].x + 2 * view3d()[2].width // 3 - 10
    for _ in range(3):
        above = yield from find(".transcript", middle)
        below = yield from find(".recorded_part" if head().mien.lines[1].recorded_from else ".own", middle)
        at = (above + below) // 2
        yield from click(middle, at)
        yield from shot(OUT, f"{name}_menu")
        y = at + ITEM * (1 + number)
        near = ["mousemove", str(middle - 4), str(y - 3), "sleep", "0.3"]
        subprocess.Popen(["xdotool", *near, "mousemove", str(middle), str(y), "sleep", "0.5", "click", "1"])
        yield 2.5
        yield from settled()
        if head().mien.lines[1].recorded_from == key:
            break
    yield from shot(OUT, f"{name}_chosen")
    check("a click chooses it", head().mien.lines[1].recorded_from == key, head().mien.lines[1].recorded_from)


def steps():
    use_backend(ADDRESS)
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    alone("ui.line_panels", "MIEN_PT_line")
    press(bpy.ops.mien.add_head)
    yield from open_tab("Mien")
    head().mien.performance.engine = "articulation"
    bpy.ops.mien.from_video(filepath=FILM, in_window=True)
    yield from until("the film is tracked", lambda: not run().running, 300.0)
    check("without an error", run().error == "" and len(head().mien.lines) == 1, run().error)
    press(bpy.ops.mien.new_line)
    line = head().mien.lines[1]
    line.sound, line.start_frame = SOUND, 301
    head().mien.active_line = 1
    press(bpy.ops.mien.generate)
    yield from until("the voice has a take", lambda: not run().running and len(head().mien.lines[1].takes) == 1)
    plain, names, turns = played()
    for frame in (330, 380):
        bpy.context.scene.frame_set(frame)
        yield from shot(OUT, f"1_plain_{frame}")
    yield from choose(1, "1.1", "2")
    press(bpy.ops.mien.make_anew)
    yield from until("it is made anew", lambda: not run().running)
    check("without an error, too", run().error == "", run().error)
    mixed, _, mixed_turns = played()
    for title, parts, much in (("lips stay", MOUTH, False), ("brows and eyes are recorded", NONVERBAL, True)):
        which = [number for number, name in enumerate(names) if name.startswith(parts)]
        moved = np.abs(mixed - plain).max(0)
        worst = max(which, key=lambda number: moved[number])
        check(title, moved[worst] > 0.1 if much else moved[worst] < 0.05, (names[worst], moved[worst]))
    check("the head is recorded", float(np.abs(mixed_turns - turns).max()) > 0.005, np.abs(mixed_turns - turns).max())
    for frame in (330, 380):
        bpy.context.scene.frame_set(frame)
        yield from shot(OUT, f"3_mixed_{frame}")
    yield from choose(0, "", "4")
    press(bpy.ops.mien.make_anew)
    yield from until("it is made anew again", lambda: not run().running)
    check("and it is as it was", np.abs(played()[0] - plain).max() < 1e-3, np.abs(played()[0] - plain).max())


drive(steps())
