# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
"""Draw docs/body.jpg in Blender: the default body speaks and gestures, from the front and from three quarters.

mien speak voice.wav --gestures 1.2 -o voice.take.safetensors
blender -b --factory-startup -P meshes/body_sheet.py -- voice.take.safetensors docs/body.jpg [frame ...]
"""

import math
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import addon  # noqa: E402
from addon.animation.nla_layers import Mark  # noqa: E402
from addon.formats.take import read_take  # noqa: E402
from addon.scene import apply  # noqa: E402

SIZE, SAMPLES = (360, 420), 32
TARGET, DISTANCE, LENS = (0.0, 0.0, 1.24), 2.3, math.radians(30)
VIEWS = (0.0, 40.0)  # degrees to the body's left


def light(scene: bpy.types.Scene) -> None:
    world = bpy.data.worlds.new("World")
    if bpy.app.version < (5, 0, 0):
        world.use_nodes = True
    background = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value = (0.55, 0.58, 0.62, 1.0)
    background.inputs["Strength"].default_value = 0.55
    scene.world = world
    lamp = bpy.data.objects.new("Key", bpy.data.lights.new("Key", "AREA"))
    lamp.data.energy, lamp.data.size, lamp.location = 90.0, 1.2, (-1.6, -2.0, 2.6)
    lamp.rotation_euler = (Vector((0.0, 0.0, 1.2)) - lamp.location).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(lamp)


def look(scene: bpy.types.Scene, degrees: float) -> None:
    camera = scene.camera or bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    if scene.camera is None:
        scene.collection.objects.link(camera)
        scene.camera = camera
    camera.data.angle = LENS
    angle, target = math.radians(degrees), Vector(TARGET)
    camera.location = target + DISTANCE * Vector((math.sin(angle), -math.cos(angle), 0.0))
    camera.rotation_euler = (target - camera.location).to_track_quat("-Z", "Y").to_euler()


def picture(scene: bpy.types.Scene, path: Path) -> np.ndarray:
    """(H, W, 4) of the scene as it is now, row 0 at the bottom."""
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    pixels = np.empty(SIZE[0] * SIZE[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels.reshape(SIZE[1], SIZE[0], 4)


def main(take_file: str, out: str, *frames: str) -> None:
    addon.register()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    bpy.ops.mien.add_body(identity="adult")
    light(scene)
    speaker, take, mark = bpy.context.object, read_take(Path(take_file)), Mark("take", 1, 1)
    changes = apply.plan(speaker, take, mark)
    apply.apply_take(speaker, take, changes, 1.0, mark, "line, take", take.fps or Fraction(25))
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", SAMPLES, False
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.image_settings.file_format = "PNG"
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for degrees in reversed(VIEWS):
            look(scene, degrees)
            row = []
            for frame in frames or ("1", "60", "90"):
                scene.frame_set(int(frame))
                row.append(picture(scene, Path(folder) / f"{degrees}-{frame}.png"))
            rows.append(np.concatenate(row, 1))
    sheet = np.concatenate(rows, 0)
    image = bpy.data.images.new("sheet", sheet.shape[1], sheet.shape[0])
    image.pixels.foreach_set(np.ascontiguousarray(sheet).ravel())
    image.file_format, image.filepath_raw = "JPEG", str(Path(out).resolve())
    image.save(quality=88)


if __name__ == "__main__":
    main(*sys.argv[sys.argv.index("--") + 1 :])
