# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters of other programs in a real window: set up by a click, checked by a click, learnt where keys are driven,
each one undo step; takes thinned to Bezier keys; a face of bones learnt, with progress, stopped by Esc.

Started by run.py: run.py --script character.py ... Leaves pictures of the poses in OUT.
"""

import json
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
from mathutils import Euler, Vector

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from buttons import alone, press_until
from window import arguments, check, drive, extension, open_tab, press, settled, shot, until, view3d

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from fake_backend import take_bytes
from rigs import bone_faces, characters

OUT = Path(arguments()[0])
receive, take_file, channels = extension("generation.receive"), extension("formats.take"), extension("formats.channels")
character_check, nla_layers = extension("scene.characters.check"), extension("animation.nla_layers")
learning_shown = extension("ui.characters.learn_operators").LearningShown


def undo(back: bool = True) -> None:
    window, area, _, main = view3d()
    with bpy.context.temp_override(window=window, area=area, region=main):
        (bpy.ops.ed.undo if back else bpy.ops.ed.redo)()


def fresh(build):
    """The character alone in the scene, active, seen from before."""
    for obj in list(bpy.data.objects):
        bpy.data.objects.remove(obj)
    face = build()
    for obj in bpy.context.scene.objects:
        obj.select_set(False)
    face.select_set(True)
    bpy.context.view_layer.objects.active = face
    window, area, _, main = view3d()
    area.spaces.active.shading.color_type = "MATERIAL"
    region = area.spaces.active.region_3d
    region.view_rotation = Euler((np.pi / 2, 0.0, 0.2)).to_quaternion()
    region.view_location, region.view_distance = Vector((0.0, 0.0, 0.12)), 0.6
    with bpy.context.temp_override(window=window, area=area, region=main):
        bpy.ops.ed.undo_push(message="a character is there")
    return face.name


def moving_take():
    """A second of a mouth that opens and shuts, and of lids."""
    names = channels.ARKIT
    weights = np.zeros((48, len(names)), np.float32)
    weights[:, names.index("jawOpen")] = 0.3 - 0.3 * np.cos(np.arange(48) * 0.5)
    weights[:, names.index("mouthSmileLeft")] = 0.4 - 0.4 * np.cos(np.arange(48) * 0.13)
    tensors = {"weights": weights, "head_rotation": np.zeros((48, 3), np.float32)}
    return take_file.read_take(take_bytes(tensors, channels=json.dumps(list(names))))


def steps():
    yield from open_tab("Mien")
    name = fresh(characters.arkit_multi_mesh)
    alone("ui.characters.panel", "MIEN_PT_character")
    yield from settled()
    yield from shot(OUT, "1_panel")

    def face():
        return bpy.data.objects[name]

    yield from press_until("a click sets it up", "mien.set_up_character(", lambda: len(face().mien.parts) == 2)
    check("its eyes turn by bones", face().mien_driving.eye_left == "LeftEye", face().mien_driving.eye_left)
    undo()
    check("one undo step takes it back", len(face().mien.parts) == 0 and face().mien_driving.armature is None)
    undo(back=False)
    check("and one brings it again", len(face().mien.parts) == 2)
    yield from press_until("a click plays the poses", "mien.check_character(", lambda: character_check.is_there(face()))
    markers = {marker.name: marker.frame for marker in bpy.context.scene.timeline_markers}
    check("each pose has a marker", len(markers) == 7, markers)
    for pose, frame in markers.items():
        bpy.context.scene.frame_set(frame)
        yield from shot(OUT, f"2_{pose.partition(': ')[2]}")
    undo()
    check(
        "one undo step takes them away", not character_check.is_there(face()) and not bpy.context.scene.timeline_markers
    )

    name = fresh(characters.all_driven)
    yield from settled()
    yield from press_until(
        "a click learns the controls", "mien.set_up_character(", lambda: face().mien_driving.control_map != ""
    )
    undo()
    check("one undo step forgets them", face().mien_driving.control_map == "")
    undo(back=False)
    said = receive.put(bpy.context.scene, face(), moving_take(), 1)
    check("a take moves the controls", "controls move" in said, said)
    worst = 0.0
    for frame in range(1, 49):
        bpy.context.scene.frame_set(frame)
        shown = face().data.shape_keys.key_blocks["jawOpen"].value
        worst = max(worst, abs(shown - (0.3 - 0.3 * np.cos((frame - 1) * 0.5))))
    check("the keys follow", worst < 0.01, worst)
    press(bpy.ops.mien.thin, error=0.01, curve="BEZIER")
    (layer,) = [layer for layer in nla_layers.layers(bpy.data.objects["Face_rig"]) if layer.mark.role == "take"]
    points = [point for curve in layer.fcurves for point in curve.keyframe_points]
    check("thinned to Bezier keys", any(point.interpolation == "BEZIER" for point in points), len(points))
    bpy.context.scene.frame_set(7)
    yield from shot(OUT, "3_driven")

    name = fresh(bone_faces.auto_rig_pro_like)
    yield from settled()
    jaw = face().parent.pose.bones["c_jawbone.x"]
    yield from press_until(
        "a click begins to learn bones", "mien.learn_controls(", lambda: learning_shown.progress is not None
    )
    yield 0.5
    yield from shot(OUT, "4_progress")
    share = learning_shown.progress.share if learning_shown.progress is not None else 0.0
    check("the window is alive meanwhile", 0.0 < share < 1.0, share)
    subprocess.Popen(["xdotool", "mousemove", "700", "450", "key", "Escape"])
    yield from until("Esc stops it", lambda: learning_shown.progress is None)
    check("nothing was learnt", face().mien_driving.control_map == "" and jaw.rotation_euler.x == 0.0)
    yield from press_until("a click learns again", "mien.learn_controls(", lambda: learning_shown.progress is not None)
    yield from until("the bones are learnt", lambda: face().mien_driving.control_map != "", 1500.0)
    check("it says what the rig reaches", "of the keys' motion" in face().mien_driving.found, face().mien_driving.found)
    yield from shot(OUT, "4_learnt")
    undo()
    check("one undo step forgets them", face().mien_driving.control_map == "")
    undo(back=False)
    check("and one brings them again", face().mien_driving.control_map != "")
    said = receive.put(bpy.context.scene, face(), moving_take(), 1)
    check("a take moves the bones", "controls move the face" in said, said)
    bpy.context.scene.frame_set(7)
    turned = face().parent.pose.bones["c_jawbone.x"].rotation_euler.x
    check("the jaw is open", abs(turned) > 0.1, turned)
    yield from shot(OUT, "5_open")


drive(steps())
