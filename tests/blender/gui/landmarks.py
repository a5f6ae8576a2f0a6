# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks in a real window: a take on the head, its empties and its Grease Pencil strokes beside it, and undo.

Started by run.py: run.py --script landmarks.py ... -- TAKE FRAME[,FRAME]
"""

import sys
from pathlib import Path

import bpy
import numpy as np
from mathutils import Euler

sys.path.insert(0, str(Path(__file__).parent))
from window import arguments, check, drive, extension, open_tab, press, settled, shot, view3d

OUT, TAKE, FRAMES = Path(arguments()[0]), arguments()[1], [int(number) for number in arguments()[2].split(",")]
objects, head_file = extension("landmarks.objects"), extension("formats.head_file")


def far_from_the_mesh(speaker, points) -> float:
    """The largest distance of points (68, 3) in world space from the mesh's own landmarks as it is seen now."""
    ids = head_file.read_file(head_file.find_file())[0]["landmarks"]
    shown = speaker.evaluated_get(bpy.context.evaluated_depsgraph_get())
    places = np.array([tuple(shown.matrix_world @ shown.data.vertices[int(i)].co) for i in ids])
    return float(np.linalg.norm(places - points, axis=1).max())


def stroke_points(obj) -> np.ndarray:
    """(68, 3) in world space of the drawing at the current frame."""
    (layer,) = obj.data.layers
    drawing = layer.current_frame().drawing
    return np.array([tuple(obj.matrix_world @ point.position) for stroke in drawing.strokes for point in stroke.points])


def steps():
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    bpy.context.scene.render.fps = 25
    yield from open_tab("Mien")
    press(bpy.ops.mien.add_head, identity="plain")
    yield 1.0
    speaker = bpy.context.view_layer.objects.active
    bpy.ops.mien.apply_take(filepath=TAKE)
    yield 0.5
    area = view3d()[1]
    area.spaces.active.region_3d.view_rotation = Euler((1.52, 0.0, 0.25)).to_quaternion()
    line = speaker.mien.lines[0]
    before = len(bpy.data.objects)
    bpy.ops.ed.undo_push(message="a take")
    window, area, side, _ = view3d()
    with bpy.context.temp_override(window=window, area=area, region=side):
        done = bpy.ops.mien.landmark_empties("INVOKE_DEFAULT", True)  # with an undo step, as a button makes one
    check("empties are added", done == {"FINISHED"})
    (parent,) = objects.of_line(speaker, line, "empties")
    empties = sorted(parent.children, key=lambda child: child["mien_landmark"])
    check("there are 68", len(empties) == 68)
    for frame in FRAMES:
        bpy.context.scene.frame_set(frame)
        far = far_from_the_mesh(speaker, np.array([tuple(empty.matrix_world.translation) for empty in empties]))
        check(f"they lie on the face in frame {frame}", far < 0.0003, f"{far * 1000:.3f} mm")
        yield from shot(OUT, f"empties_{frame}")
    window, area, _, main = view3d()
    with bpy.context.temp_override(window=window, area=area, region=main):
        bpy.ops.ed.undo()
    yield 0.5
    check("one undo step takes them back", len(bpy.data.objects) == before)
    speaker = bpy.context.view_layer.objects.active
    line = speaker.mien.lines[0]
    check("strokes are added", press(bpy.ops.mien.landmark_strokes) == {"FINISHED"})
    (drawn,) = objects.of_line(speaker, line, "strokes")
    for frame in FRAMES:
        bpy.context.scene.frame_set(frame)
        far = far_from_the_mesh(speaker, stroke_points(drawn))
        check(f"they lie on the face in frame {frame}", far < 0.0003, f"{far * 1000:.3f} mm")
    yield from shot(OUT, f"strokes_on_the_face_{FRAMES[-1]}")
    drawn.location.x = -0.2
    for frame in FRAMES:
        bpy.context.scene.frame_set(frame)
        yield from settled()
        yield from shot(OUT, f"strokes_{frame}")
    check("a second call replaces them", press(bpy.ops.mien.landmark_strokes, flat=True, still=True) == {"FINISHED"})
    check("there is one", len(objects.of_line(speaker, line)) == 1)
    (drawn,) = objects.of_line(speaker, line)
    check("it is flat", float(np.ptp(stroke_points(drawn)[:, 1])) < 1e-6)
    speaker.hide_set(True)
    for frame in FRAMES:
        bpy.context.scene.frame_set(frame)
        yield from settled()
        yield from shot(OUT, f"flat_{frame}")
    speaker.hide_set(False)
    check("they are removed", press(bpy.ops.mien.remove_landmarks) == {"FINISHED"})
    check("none is left", len(bpy.data.objects) == before)


drive(steps())
