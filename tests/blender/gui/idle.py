# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene of four lines in a real window, played from before the first to after the last: an idle by a click, no jump,
one undo step, switched off and on.

Needs a backend with the engine articulation: run.py --script idle.py ... -- http://127.0.0.1:8642 VOICE.wav, where the
voice is a 16-bit WAV file of 7 s or more. Leaves pictures, one of every sixth frame around the lines' ends, in OUT.
"""

import sys
import wave
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
STARTS, EMOTIONS = (61, 190, 290, 396), ("happy", "sad", "angry", "happy")


def parts() -> list[Path]:
    """Four lines of 3.4 s of the voice."""
    files = []
    with wave.open(str(SOUND)) as voice:
        rate, settings = voice.getframerate(), voice.getparams()
        for number in range(4):
            voice.setpos(round(rate * (1.2 * number)))
            files.append(OUT / f"line{number + 1}.wav")
            with wave.open(str(files[-1]), "wb") as writer:
                writer.setparams(settings)
                writer.writeframes(voice.readframes(round(3.4 * rate)))
    return files


def head():
    return bpy.data.objects["Mien head"]


def run():
    return bpy.context.window_manager.mien_run


def undo(back: bool = True) -> None:
    window, area, _, main = view3d()
    with bpy.context.temp_override(window=window, area=area, region=main):
        (bpy.ops.ed.undo if back else bpy.ops.ed.redo)()


def played(first: int, last: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """((F, C) values, (F - 1,) degrees that the head turns, the keys' names) of these frames."""
    blocks = head().data.shape_keys.key_blocks
    names, rows, turns = [block.name for block in blocks[1:]], [], []
    for frame in range(first, last + 1):
        bpy.context.scene.frame_set(frame)
        rows.append([blocks[name].value for name in names])
        turns.append(head().mien.head_object.matrix_world.to_quaternion())
    steps = [np.degrees(a.rotation_difference(b).angle) for a, b in zip(turns, turns[1:], strict=False)]
    return np.array(rows), np.array(steps), names


def idle_strips() -> list:
    return extension("scene.timeline.idle").strips(head())


def largest(what: str, first: int = -20, last: int = 620) -> None:
    """Check and print the largest steps between and within lines."""
    values, turns, names = played(first, last)
    inside = np.zeros(len(turns), bool)
    for line in head().mien.lines:
        inside[line.start_frame - first : line.takes[0].last_frame - first] = True
    steps = np.abs(np.diff(values, axis=0))
    between, within = steps[~inside], steps[inside]
    for title, found, most in (
        ("channel", between.max(), within.max()),
        ("head in degrees", turns[~inside].max(), turns[inside].max()),
    ):
        # a blink's largest step depends on where in it a frame falls
        check(f"{what}: no {title} moves further in a frame than within lines", found <= 1.1 * most, (found, most))
    worst = np.argsort(-between.max(0))[:6]
    print("STEPS", what, [(names[i], between[:, i].max().round(3), within[:, i].max().round(3)) for i in worst])


def steps():
    use_backend(ADDRESS)
    yield from open_tab("Mien")
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    press(bpy.ops.mien.add_head)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 560
    for number, (file, start, emotion) in enumerate(zip(parts(), STARTS, EMOTIONS, strict=True)):
        press(bpy.ops.mien.new_line)
        line = head().mien.lines[number]
        line.sound, line.start_frame, line.seed, line.own = str(file), start, number, True
        line.performance.emotion, line.performance.engine = emotion, "articulation"
        press(bpy.ops.mien.generate)
        yield from until(
            f"line {number + 1} speaks", lambda: not run().running and len(head().mien.lines[-1].takes) == 1
        )
        check("without an error", run().error == "", run().error)
    largest("without an idle")

    alone("ui.timeline.idle_panel", "MIEN_PT_idle")
    yield from settled()
    yield from shot(OUT, "1_panel")
    yield from press_until("a click makes an idle", "mien.make_idle(", lambda: run().running or len(idle_strips()) > 0)
    yield from until("the idle is there", lambda: not run().running and len(idle_strips()) == 2)
    check("without an error", run().error == "" and "has an idle from frame 1" in run().note, run().error or run().note)
    yield from settled()
    yield from shot(OUT, "2_idle")
    largest("with an idle")
    undo()
    check("one undo step takes it away, and nothing else", not idle_strips() and len(head().mien.lines[3].takes) == 1)
    undo(back=False)
    check("and one brings it back", len(idle_strips()) == 2)
    gaze = played(400, 560)[0]
    check("it shows between lines", np.ptp(played(1, 40)[0], axis=0).max() > 0.1 and np.ptp(gaze, axis=0).max() > 0.1)
    yield from press_until(
        "a click on its box switches it off", "mien.idle", lambda: not head().mien.idle, view3d()[2].x + 30
    )
    check("and it does not show", played(500, 540)[0].max() == 0.0)
    head().mien.idle = True
    yield from pictures()


def pictures():
    for frame in (20, 45, 51, 57, 61, 110, 146, 152, 158, 164, 200, 275, 281, 287, 293, 480, 486, 492, 500, 540):
        bpy.context.scene.frame_set(frame)
        yield from shot(OUT, f"frame_{frame:03d}")


drive(steps())
