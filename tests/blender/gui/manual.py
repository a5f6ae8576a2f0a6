# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of docs/manual.md, from the panel as it is: two speakers, their lines and takes, and the whole film.

Started by run.py: run.py --script manual.py ... -- http://127.0.0.1:8642 voice.wav; leaves manual_*.png in its folder.
A picture shows one part of the sidebar: the parts are open from the start, and those not wanted are left out.
"""

import subprocess
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from window import arguments, check, drive, open_tab, press, until, view3d

OUT, ADDRESS, SOUND = arguments()
MIEN = "bl_ext.user_default.mien"
WIDTH = 380  # of the sidebar, pixels
PICTURES = {
    "takes": ("MIEN_PT_speaker",),
    "emotions": ("MIEN_PT_speaker", "MIEN_PT_emotions"),
    "curves": ("MIEN_PT_speaker", "MIEN_PT_curves"),
    "driving": ("MIEN_PT_driving",),
    "film": ("MIEN_PT_batch",),
    "backend": ("MIEN_PT_backend",),
}

_wanted: set[str] = set()


def show_only(names: tuple[str, ...]) -> None:
    _wanted.clear()
    _wanted.update(names)


def open_all() -> None:
    """Register the tab's panels anew: open, and only those seen that are wanted. What others hang on comes first."""
    panels = [
        cls
        for cls in bpy.types.Panel.__subclasses__()
        if cls.__module__.startswith(MIEN) and getattr(cls, "bl_category", "") == "Mien"
    ]
    panels += [
        cls
        for mix_in in {base for cls in sys.modules[f"{MIEN}.panels"].CLASSES for base in cls.__mro__}
        for cls in mix_in.__subclasses__()
        if issubclass(cls, bpy.types.Panel) and cls.__module__.startswith(MIEN) and cls not in panels
    ]
    panels = sorted(dict.fromkeys(panels), key=lambda cls: hasattr(cls, "bl_parent_id"))
    for cls in reversed(panels):
        bpy.utils.unregister_class(cls)
    for cls in panels:
        before = cls.__dict__.get("poll") or getattr(cls, "poll", None)

        def poll(owner, context, before=before) -> bool:
            if owner.__name__ not in _wanted:
                return False
            inner = before.__func__ if hasattr(before, "__func__") else None
            return inner(owner, context) if inner is not None else True

        cls.bl_options, cls.poll = set(), classmethod(poll)
        bpy.utils.register_class(cls)


def picture(name: str):
    """The sidebar's part of the screen as manual_NAME.png."""
    show_only(PICTURES[name])
    view3d()[1].tag_redraw()
    yield 1.5
    _, _, side, _ = view3d()
    file = Path(OUT) / f"manual_{name}.png"
    window = bpy.context.window_manager.windows[0]
    top = window.height - side.y - side.height
    crop = f"{side.width}x{side.height}+{side.x}+{top}"
    subprocess.run(["import", "-window", "root", "-crop", crop, "+repage", str(file)], check=True)
    subprocess.run(["mogrify", "-trim", "+repage", str(file)], check=False)
    check(f"there is a picture of {name}", file.is_file())


def steps():
    wanted = bpy.context.preferences.addons[MIEN].preferences
    wanted.address, wanted.start_own = ADDRESS, False
    run = bpy.context.window_manager.mien_run
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    show_only(("MIEN_PT_speaker",))
    open_all()
    yield from open_tab("Mien", WIDTH)
    heads = []
    for number, name in enumerate(("Anna", "Berta")):
        bpy.context.scene.cursor.location = (0.4 * number, 0.0, 0.0)
        press(bpy.ops.mien.add_head)
        yield 1.0
        head = bpy.context.view_layer.objects.active
        head.name, head.mien.performance.engine = name, "articulation"
        heads.append(head)
        for line in range(2):
            press(bpy.ops.mien.new_line)
            head.mien.lines[-1].sound = SOUND
            head.mien.lines[-1].name = f"{('Hello', 'Goodbye')[line]}, {name}"
            head.mien.lines[-1].start_frame = 1 + 200 * line + 400 * number
    anna = heads[0]
    bpy.context.view_layer.objects.active = anna
    anna.mien.active_line = 0
    asked = anna.mien.performance
    for name, first, last in (("happy", 1.0, 0.0), ("angry", 0.0, 1.0)):
        setattr(asked, name, first)
        asked.keyframe_insert(name, frame=1)
        setattr(asked, name, last)
        asked.keyframe_insert(name, frame=100)
    anna.mien.lines[0].count = 3
    bpy.context.scene.frame_set(50)
    press(bpy.ops.mien.generate)
    yield from until("three takes are made", lambda: not run.running, 300)
    check("without an error", run.error == "", run.error)
    press(bpy.ops.mien.dismiss)
    for name in ("takes", "emotions", "curves", "driving", "backend"):
        yield from picture(name)
    press(bpy.ops.mien.report)
    heads[1].mien.lines[1].sound = ""
    press(bpy.ops.mien.bake_all)
    yield 1.0
    yield from until("the film is baked", lambda: not run.running, 300)
    press(bpy.ops.mien.dismiss)
    yield from picture("film")


drive(steps())
