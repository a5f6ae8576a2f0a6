# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of the README: the head, a take from a running backend, and the panel, in a real window.

Started by run.py: run.py --script pictures/picture.py ... -- http://127.0.0.1:8642 voice.wav FRAME[,FRAME] EMOTION
SECONDS
"""

import shutil
import sys
from pathlib import Path

import bpy
from mathutils import Euler

sys.path.insert(0, str(Path(__file__).parents[1]))
from window import arguments, check, drive, open_tab, press, shot, until, use_backend, view3d

OUT, ADDRESS, SOUND, FRAMES, EMOTION, WAIT = arguments()


def steps():
    use_backend(ADDRESS)
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    shutil.copy(SOUND, Path(OUT) / "voice.wav")
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(OUT) / "film.blend"))  # beside it, for a path without this machine's
    yield from open_tab("Mien")
    press(bpy.ops.mien.add_head)
    area = view3d()[1]
    space = area.spaces.active
    yield 1.0
    space.region_3d.view_rotation = Euler((1.52, 0.0, 0.3)).to_quaternion()
    space.region_3d.view_distance *= 0.92
    space.shading.type = "MATERIAL"
    settings = bpy.data.objects["Mien head"].mien
    settings.sound, settings.lines[0].seed = "//voice.wav", 7
    settings.performance.emotion, settings.performance.intensity = EMOTION, 0.8
    run = bpy.context.window_manager.mien_run
    press(bpy.ops.mien.generate)
    yield from shot(Path(OUT), "running")
    yield from until("the take is applied", lambda: not run.running, 120)
    check("without an error", run.error == "", run.error or run.note)
    bpy.context.scene.sync_mode = "AUDIO_SYNC"
    for _ in range(int(WAIT)):  # until a software GL has compiled the shaders
        area.tag_redraw()
        yield 1.0
    for frame in FRAMES.split(","):
        bpy.context.scene.frame_set(int(frame))
        yield 0.5
        yield from shot(Path(OUT), f"panel_{frame}")


drive(steps())
