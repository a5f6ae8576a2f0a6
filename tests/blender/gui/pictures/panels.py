# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture of each panel of Mien's tab, open, of a speaker with lines, takes and a recorded take.

Needs a backend with the engine articulation: run.py --script pictures/panels.py ... -- http://127.0.0.1:8642 VOICE.wav
"""

import subprocess
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
from buttons import alone
from window import MIEN, arguments, check, drive, open_tab, press, settled, until, use_backend, view3d

OUT, ADDRESS, SOUND = Path(arguments()[0]), arguments()[1], arguments()[2]


def panels() -> list[tuple[str, str]]:
    """(module, class) of those in the 3D view."""
    modules = {name: module for name, module in sys.modules.items() if name.startswith(f"{MIEN}.")}
    return [
        (name.removeprefix(f"{MIEN}."), cls.__name__)
        for name, module in modules.items()
        for cls in getattr(module, "CLASSES", ())
        if issubclass(cls, bpy.types.Panel) and cls.bl_space_type == "VIEW_3D" and cls.__module__ == name
    ]


def sidebar(name: str):
    view3d()[1].tag_redraw()
    yield 1.2
    window, _, side, _ = view3d()
    crop = f"{side.width}x{side.height}+{side.x}+{window.height - side.y - side.height}"
    file = OUT / f"{name}.png"
    subprocess.run(["import", "-window", "root", "-crop", crop, "+repage", str(file)], check=True)
    check(f"there is a picture of {name}", file.is_file())


def steps():
    use_backend(ADDRESS)
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    every = panels()
    alone("ui.main_panel", "MIEN_PT_speaker")  # or the others would be drawn closed, and stay so
    yield from open_tab("Mien")
    yield from sidebar("0_nothing")
    press(bpy.ops.mien.add_head)
    head = bpy.data.objects["Mien head"]
    yield from sidebar("1_head")
    head.mien.sound = SOUND
    head.mien.performance.engine = "articulation"
    head.mien.lines[0].count = 2
    press(bpy.ops.mien.generate)
    run = bpy.context.window_manager.mien_run
    yield from until("takes are made", lambda: not run.running, 300.0)
    check("without an error", run.error == "", run.error)
    press(bpy.ops.mien.new_line)
    head.mien.active_line = 0
    yield from settled()
    yield from sidebar("2_takes")
    press(bpy.ops.mien.dismiss)
    for room, name in every:
        alone(room, name)
        yield from sidebar(name)


drive(steps())
