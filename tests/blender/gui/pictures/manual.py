# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the pictures of docs/manual.md from the real panel: two speakers, their lines and takes, and the whole film.

Started by run.py: run.py --script pictures/manual.py ... -- http://127.0.0.1:8642 voice.wav; leaves
performance.png, advanced.png and film.png in its folder `manual`, for docs/manual. They are combined of pictures of the
sidebar, whose parts are open from the start and shown one at a time. The backend must have the engine emodiffhead, with
or without its weights.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
from window import MIEN, arguments, check, drive, open_tab, press, until, use_backend, view3d

OUT, ADDRESS, SOUND = arguments()
PICTURES = {
    "takes": ("MIEN_PT_speaker",),
    "emotions": ("MIEN_PT_emotions", "MIEN_PT_articulation", "MIEN_PT_non_verbal"),
    "curves": ("MIEN_PT_line", "MIEN_PT_curves"),
    "refused": ("MIEN_PT_engine_options",),
    "advanced": ("MIEN_PT_engine_options",),
    "driving": ("MIEN_PT_driving",),
    "baking": ("MIEN_PT_batch",),
    "done": ("MIEN_PT_batch",),
    "backend": ("MIEN_PT_backend",),
}

COMBINED = {
    "performance": (("takes", "emotions", "curves"), 720),
    "advanced": (("refused", "advanced"), 312),
    "film": (("baking", "done", "backend"), 520),
}  # pixels

_visible: set[str] = set()


def show_only(names: tuple[str, ...]) -> None:
    _visible.clear()
    _visible.update(names)


def open_all() -> None:
    """Register the tab's panels anew: open, without parents, and visible only where `show_only` says so."""
    modules = [module for name, module in sys.modules.items() if name.startswith(f"{MIEN}.")]
    classes = [cls for module in modules for cls in getattr(module, "CLASSES", ())]
    panels = [cls for cls in classes if issubclass(cls, bpy.types.Panel)]
    for cls in reversed(panels):
        bpy.utils.unregister_class(cls)
    for cls in panels:
        cls.bl_options, cls.bl_parent_id, cls.poll = set(), "", _only_visible(getattr(cls, "poll", None))
        bpy.utils.register_class(cls)


def _only_visible(own_poll) -> classmethod:
    """A poll that adds `show_only` to the panel's own."""

    def poll(cls, context) -> bool:
        return cls.__name__ in _visible and (own_poll is None or own_poll.__func__(cls, context))

    return classmethod(poll)


def picture(name: str, after_s: float = 1.5):
    """The sidebar's part of the screen as NAME.png."""
    show_only(PICTURES[name])
    view3d()[1].tag_redraw()
    yield after_s
    _, _, side, _ = view3d()
    file = Path(OUT) / f"{name}.png"
    window = bpy.context.window_manager.windows[0]
    top = window.height - side.y - side.height
    crop = f"{side.width}x{side.height}+{side.x}+{top}"
    subprocess.run(["import", "-window", "root", "-crop", crop, "+repage", str(file)], check=True)
    check(f"there is a picture of {name}", file.is_file())


def engine_options(anna):
    """A matched face and a held brow, for an engine that supports both; then everything is reset."""
    performance = anna.mien.performance
    performance.engine = "emodiffhead"
    performance.face.browInnerUp, performance.face.mouthSmileLeft, performance.face.eyeSquintLeft = 0.7, 0.6, 0.35
    brow = anna.data.shape_keys.key_blocks["browOuterUpRight"]
    for frame, value in ((60, 0.0), (66, 0.8), (74, 0.0)):
        brow.value = value
        brow.keyframe_insert("value", frame=frame)
    press(bpy.ops.mien.hold_keys)
    yield from picture("advanced")
    press(bpy.ops.mien.release_keys)
    press(bpy.ops.mien.forget_face)
    performance.engine = ""
    anna.data.shape_keys.animation_data.action = None


def steps():
    use_backend(ADDRESS)
    run = bpy.context.window_manager.mien_run
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    shutil.copy(SOUND, f"{OUT}/hello.wav")
    bpy.ops.wm.save_as_mainfile(filepath=f"{OUT}/film.blend")
    show_only(("MIEN_PT_speaker",))
    open_all()
    yield from open_tab("Mien")
    heads = []
    for number, name in enumerate(("Anna", "Berta")):
        bpy.context.scene.cursor.location = (0.4 * number, 0.0, 0.0)
        press(bpy.ops.mien.add_head)
        yield 1.0
        head = bpy.context.view_layer.objects.active
        head.name = name
        heads.append(head)
        for line, line_name in enumerate(("Hello", "Not now", "Wait", "Goodbye")):
            press(bpy.ops.mien.new_line)
            head.mien.lines[-1].sound = "//hello.wav"
            head.mien.lines[-1].seed = int(time.time()) if number else 0  # or the backend has the take already
            head.mien.lines[-1].name = line_name
            head.mien.lines[-1].start_frame = 1 + 200 * line + 800 * number
    anna = heads[0]
    bpy.context.view_layer.objects.active = anna
    anna.mien.active_line = 0
    performance = anna.mien.performance
    for name, first, last in (("happy", 1.0, 0.0), ("angry", 0.0, 1.0)):
        setattr(performance, name, first)
        performance.keyframe_insert(name, frame=1)
        setattr(performance, name, last)
        performance.keyframe_insert(name, frame=100)
    anna.mien.lines[0].count = 3
    bpy.context.scene.frame_set(50)
    press(bpy.ops.mien.generate)
    yield from until("three takes are made", lambda: not run.running, 300)
    check("without an error", run.error == "", run.error)
    press(bpy.ops.mien.dismiss)
    bpy.ops.file.make_paths_relative()
    for name in ("takes", "emotions", "curves", "driving", "backend", "refused"):
        yield from picture(name)
    yield from engine_options(anna)
    press(bpy.ops.mien.report)
    heads[1].mien.lines[3].sound = ""
    press(bpy.ops.mien.bake_all)
    yield from until("the bake has begun", lambda: run.running, 60)
    yield from picture("baking", 0.5)
    yield from until("the film is baked", lambda: not run.running, 300)
    press(bpy.ops.mien.dismiss)
    yield from picture("done")
    (Path(OUT) / "manual").mkdir()
    for name, (parts, height) in COMBINED.items():
        command = ["convert", *(f"{OUT}/{part}.png" for part in parts), "+append", "+repage"]
        command += ["-crop", f"x{height}+0+0", "+repage", "-strip", f"{OUT}/manual/{name}.png"]
        subprocess.run(command, check=True)


drive(steps())
