# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces of bones in a real Blender: from a rig that is nobody's to a take, measured and drawn.

blender -b --factory-startup --python-exit-code 1 --python tests/blender/headless/bone_faces.py -- OUT [rig ...]

Rigs: rigify (its own generator, which ships with Blender), auto_rig_pro_like, board_like. Leaves a picture of each pose
and the sentence on what the rig reaches in OUT.
"""

import math
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import bpy  # noqa: E402
import numpy as np  # noqa: E402
from rigs import bone_faces, rigify_face  # noqa: E402

import addon  # noqa: E402
from addon.formats import head_file  # noqa: E402
from addon.scene.characters import check, face_rig, set_up  # noqa: E402
from addon.scene.characters.learnt import mapping_of  # noqa: E402
from addon.shape_keys import keys  # noqa: E402

OUT, *CHOSEN = map(str, sys.argv[sys.argv.index("--") + 1 :])
RIGS = {
    "rigify": rigify_face.rigify_face,
    "auto_rig_pro_like": bone_faces.auto_rig_pro_like,
    "board_like": bone_faces.board_like,
}
LIDS = ((37, 41), (38, 40), (43, 47), (44, 46))  # of iBUG's 68: upper and lower
CORNERS, BROWS = (48, 54), (19, 24)
BROWS_POSE = next(pose for pose in check.POSES if pose.name == "brows")
fails: list[str] = []


def report(what: str, ok: bool, details: object = "") -> None:
    print("CHECK", "ok  " if ok else "FAIL", what, details, flush=True)
    if not ok:
        fails.append(what)


class Measure:
    """Millimetres between lips and lids, and how far corners and brows are up, of a face made of the default head."""

    def __init__(self, face: bpy.types.Object) -> None:
        tensors, _ = head_file.read_file(head_file.find_file())
        self._face, places = face, keys.to_blender(tensors["vertices"])
        rest, marks = keys.rest(face.data), tensors["landmarks"]

        def nearest(number: int) -> int:
            return int(np.abs(rest - places[number]).sum(1).argmin())

        self._lips = np.array([[nearest(number) for number in pair] for pair in tensors["inner_lips"]])
        self._lids = np.array([[nearest(marks[number]) for number in pair] for pair in LIDS])
        self._corners = [nearest(marks[number]) for number in CORNERS]
        self._brows = [nearest(marks[number]) for number in BROWS]
        self._rest = self._points()
        self.brows_of_keys = 1000.0 * sum(
            weight * float(face_rig.offsets(face, channel)[self._brows, 2].mean())
            for channel, weight in BROWS_POSE.channels.items()
        )

    def _points(self) -> np.ndarray:
        mesh = self._face.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        points = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", points)
        return points.reshape(-1, 3) * 1000.0

    def __call__(self) -> dict[str, float]:
        points = self._points()
        height = points[:, 2]
        moved = height - self._rest[:, 2]
        return {
            "lips": float((height[self._lips[:, 0]] - height[self._lips[:, 1]]).mean()),
            "lids": float((height[self._lids[:, 0]] - height[self._lids[:, 1]]).max()),
            "corners": float(moved[self._corners].min()),
            "brows": float(moved[self._brows].mean()),
        }


def studio(scene: bpy.types.Scene) -> None:
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(camera)
    camera.location, camera.rotation_euler, camera.data.lens = (0.0, -0.75, 0.115), (math.pi / 2, 0.0, 0.0), 85
    scene.camera, scene.render.engine = camera, "BLENDER_WORKBENCH"
    scene.display.shading.color_type = "MATERIAL"
    scene.render.resolution_x, scene.render.resolution_y = 400, 460


def from_rig_to_take(name: str) -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene, face = bpy.context.scene, RIGS[name]()
    bpy.context.view_layer.objects.active = face
    print("SET UP", set_up.set_up(scene, face))
    begin = time.monotonic()
    report(f"{name}: the controls are learnt", bpy.ops.mien.learn_controls() == {"FINISHED"})
    mapping = mapping_of(face)
    print("LEARNT", f"{time.monotonic() - begin:.0f} s", face.mien_driving.found)
    reached = {key.partition("/")[2]: f"{share:.2f}" for key, share in mapping.reached.items()}
    print("REACHED", reached)
    follow = name == "rigify"  # its lids follow its eyes
    report(f"{name}: lids that follow the eyes are left to the rig", follow != any("eyeLook" in key for key in reached))
    measure = Measure(face)
    checked = check.play(scene, face)
    report(f"{name}: no pose is missing", not checked.missing, checked.sentence)
    studio(scene)
    seen = {}
    for marker in sorted(scene.timeline_markers, key=lambda each: each.frame):
        scene.frame_set(marker.frame)
        pose = marker.name.removeprefix(check.MARKER)
        seen[pose] = measure()
        scene.render.filepath = str(Path(OUT) / f"{name}_{pose}.png")
        bpy.ops.render.render(write_still=True)
        print("POSE", pose, {what: round(value, 2) for what, value in seen[pose].items()})
    report(f"{name}: aa opens the lips", seen["aa"]["lips"] > seen["rest"]["lips"] + 4.0)
    report(f"{name}: p keeps them shut", seen["p"]["lips"] < seen["rest"]["lips"])
    report(f"{name}: a smile lifts the corners", seen["smile"]["corners"] > 5.0)
    report(f"{name}: a blink shuts the lids", seen["blink"]["lids"] < 0.5)
    brows = f"{seen['brows']['brows']:.1f} of {measure.brows_of_keys:.1f} mm"
    report(f"{name}: the brows go up", seen["brows"]["brows"] > 0.6 * measure.brows_of_keys, brows)
    report(f"{name}: a blink leaves them", abs(seen["blink"]["brows"]) < 3.0)


addon.register()
for rig in CHOSEN or RIGS:
    from_rig_to_take(rig)
print("RESULT", f"FAILED: {', '.join(fails)}" if fails else "all passed", flush=True)
addon.unregister()
sys.exit(1 if fails else 0)
