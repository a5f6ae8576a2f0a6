# SPDX-License-Identifier: GPL-3.0-or-later
"""Binding in a real window: points are picked by mouse, a mesh is bound, its table edited, its fit shown.

Started by run.py: run.py --script driving.py ...
"""

import json
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Euler, Vector

sys.path.insert(0, str(Path(__file__).parent))
from window import arguments, check, drive, extension, open_tab, press, shot, until, use_fake_backend, view3d

OUT = Path(arguments()[0])
keys, picks, binding_run = extension("shape_keys.keys"), extension("binding.picks"), extension("binding.run")
safetensors, head_file = extension("formats.safetensors"), extension("formats.head_file")
# Points of the face, and the landmarks (iBUG-68) of the default head in whose middle each is.
LANDMARKS = {
    "nose_tip": (30,), "chin": (8,), "eye_outer_right": (36,), "eye_inner_right": (39,), "mouth_right": (48,),
    "eye_upper_right": (37, 38), "eye_lower_right": (40, 41), "lip_upper": (62,), "lip_lower": (66,),
}  # fmt: skip


def add_mesh(tensors) -> bpy.types.Object:
    """A mesh of the default head's shape without keys, with a modifier."""
    mesh = bpy.data.meshes.new("Anna")
    mesh.from_pydata(keys.to_blender(tensors["vertices"]).tolist(), [], tensors["quads"].tolist())
    mesh.shade_smooth()
    obj = bpy.data.objects.new("Anna", mesh)
    bpy.context.collection.objects.link(obj)
    obj.modifiers.new("Smooth", "SMOOTH").factor = 0.0
    bpy.context.view_layer.objects.active = obj
    return obj


def shapes(tensors, channels) -> bytes:
    """The shapes that the backend returns: the default head's channels."""
    count = len(tensors["vertices"])
    meta = {
        "format": "mien.shapes", "format_version": "1", "channels": json.dumps(channels),
        "report": json.dumps({"fit_mm": {"mean": 0.3, "p95": 0.9}}), "warnings": "[]",
    }  # fmt: skip
    distance = (np.abs(tensors["vertices"][:, 1] - 0.1) / 30).astype(np.float32)
    deltas = keys.to_blender(tensors["deltas"])
    return safetensors.write_tensors(
        {"moved": np.arange(count, dtype=np.int32), "deltas": deltas, "distance": distance}, meta
    )


def click_at(x: float, y: float) -> None:
    """A real click at a point of the window, counted from below."""
    height = bpy.context.window_manager.windows[0].height
    at = (str(int(x)), str(int(height - y)))
    subprocess.Popen(["xdotool", "mousemove", *at, "sleep", "0.4", "click", "1"])


def open_panel(name: str) -> None:
    """Register the panel anew, open from the beginning, for the pictures."""
    panel = getattr(bpy.types, name)
    bpy.utils.unregister_class(panel)
    panel.bl_options = set()
    bpy.utils.register_class(panel)


def steps():
    backend, _ = use_fake_backend()
    tensors, meta = safetensors.read_tensors(head_file.find_file())
    channels = json.loads(meta["channels"])
    backend.shapes = lambda mesh: shapes(tensors, channels)
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    for name in ("MIEN_PT_driving", "MIEN_PT_binding"):
        open_panel(name)
    obj = add_mesh(tensors)
    yield from open_tab("Mien")
    _, area, _, main = view3d()
    view = area.spaces.active.region_3d
    view.view_rotation = Euler((np.pi / 2, 0, 0)).to_quaternion()
    view.view_location, view.view_distance = Vector((0, 0, 0.1)), 0.45
    area.tag_redraw()
    yield 1.0
    check("without points there is no binding", not bpy.ops.mien.bind.poll())
    yield from shot(OUT, "1_before")

    press(bpy.ops.mien.pick_points)
    yield 0.5
    points = picks.points_to_pick(obj)
    check("one side of a symmetric face is asked for", [point.name for point in points] == list(LANDMARKS))
    for number, point in enumerate(points):
        place = tensors["vertices"][tensors["landmarks"][list(LANDMARKS[point.name])]].mean(0)
        at = location_3d_to_region_2d(main, view, Vector(keys.to_blender(place).tolist()))
        for _ in range(3):  # with xdotool Blender 5.2 sometimes misses a click
            click_at(main.x + at.x, main.y + at.y)
            yield 1.6
            if point.name in picks.empties(obj):
                break
        check(f"a click picks the {point.label}", point.name in picks.empties(obj))
        position = picks.positions(obj).get(point.name, (9, 9, 9))
        distance = np.linalg.norm(np.array(position) - keys.to_blender(place))
        check("where it was clicked", distance < 0.006, f"{1000 * distance:.1f} mm")
        if number == 3:
            yield from shot(OUT, "2_picking")
    yield from shot(OUT, "3_picked")

    press(bpy.ops.mien.bind)
    yield from until("it is bound", lambda: not binding_run.run.running)
    check("without an error", binding_run.run.error == "", binding_run.run.error or binding_run.run.note)
    check("52 keys", len(keys.names(obj.data)) == 52)
    yield 1.0
    press(bpy.ops.mien.show_fit)
    for empty in picks.empties(obj).values():
        empty.hide_set(True)
    yield from shot(OUT, "4_bound")
    window, area, _, main = view3d()
    with bpy.context.temp_override(window=window, area=area, region=main):
        bpy.ops.ed.undo()
    obj = bpy.data.objects["Anna"]
    check("one undo takes the keys back", keys.names(obj.data) == ())
    with bpy.context.temp_override(window=window, area=area, region=main):
        bpy.ops.ed.redo()
    obj = bpy.data.objects["Anna"]
    check("and redo brings them", len(keys.names(obj.data)) == 52)
    press(bpy.ops.mien.show_fit)
    bpy.context.view_layer.objects.active = obj
    press(bpy.ops.mien.edit_table)
    check("the table has a line a key", len(obj.mien_driving.lines) == 52)
    obj.mien_driving.active_line = 23
    yield 0.5
    yield from shot(OUT, "5_table")
    obj.mien_driving.lines[23].source = "jawOpn"
    yield from shot(OUT, "6_wrong")


drive(steps())
