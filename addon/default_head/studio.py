# SPDX-License-Identifier: GPL-3.0-or-later
"""A camera and three lights before the head, as the preview has them."""

import math

import bpy
import numpy as np
from mathutils import Matrix, Vector

NAME = "Mien studio"  # of the collection
CAMERA = "Mien camera"
VIEW_ANGLE = math.radians(17.0)  # of a portrait lens; wide angles make noses grow
FRAME = 0.33  # metres of the head that the shorter side of the picture shows: a turning head with hair stays inside
AIM = 0.56  # of the head's height, from below
DISTANCE = 1.1  # metres from the middle of the head to each light
# Degrees to the camera's left and up, colour, watts at that distance, side of the light in metres.
LIGHTS = {
    "Mien key": (-36.0, 32.0, (1.0, 0.93, 0.85), 13.0, 0.35),
    "Mien fill": (48.0, 6.0, (0.76, 0.85, 1.0), 4.5, 0.60),
    "Mien rim": (148.0, 36.0, (0.83, 0.88, 1.0), 14.0, 0.30),
}
SPREAD = math.radians(170.0)  # of the light: nothing grazes a wall behind it


def add_studio(context: bpy.types.Context, speaker: bpy.types.Object) -> bpy.types.Object:
    """Set up camera and lights before the head, wherever it stands and however large it is; those of an earlier call
    are moved. The camera becomes the scene's; it is returned. The caller makes the undo step."""
    scene = context.scene
    collection = _collection(scene)
    place, turn, scale = speaker.matrix_world.decompose()
    size = sum(abs(part) for part in scale) / 3
    frame = Matrix.LocRotScale(place, turn, Vector((size, size, size)))
    target = frame @ _middle(speaker)
    camera = _object(collection, CAMERA, "CAMERA", lambda: bpy.data.cameras.new(CAMERA))
    distance = FRAME / 2 / math.tan(VIEW_ANGLE / 2)
    _stand(camera, target, turn, 0.0, 0.0, distance * size)
    upright = scene.render.resolution_x < scene.render.resolution_y
    camera.data.sensor_fit = "HORIZONTAL" if upright else "VERTICAL"
    camera.data.angle = VIEW_ANGLE
    camera.data.clip_start = 0.05 * size
    camera.data.clip_end = max(camera.data.clip_end, 100.0 * size)
    for name, (left, up, colour, watts, side) in LIGHTS.items():
        light = _object(collection, name, "LIGHT", lambda name=name: bpy.data.lights.new(name, "AREA"))
        _stand(light, target, turn, left, up, DISTANCE * size)
        light.data.color, light.data.energy, light.data.size = colour, watts * size * size, side * size
        light.data.spread = SPREAD
    scene.camera = camera
    return camera


def _middle(speaker: bpy.types.Object) -> Vector:
    """What the camera looks at, in the head's own space."""
    points = np.array(speaker.bound_box)
    low, high = points.min(0), points.max(0)
    return Vector((0.0, (low[1] + high[1]) / 2, low[2] + AIM * (high[2] - low[2])))


def _collection(scene: bpy.types.Scene) -> bpy.types.Collection:
    """The studio's collection in this scene."""
    for collection in scene.collection.children:
        if collection.name.partition(".")[0] == NAME and collection.library is None:
            return collection
    collection = bpy.data.collections.new(NAME)
    scene.collection.children.link(collection)
    return collection


def _object(collection: bpy.types.Collection, name: str, kind: str, data) -> bpy.types.Object:
    """The object of that name and type in the collection, made where it has none."""
    for obj in collection.objects:
        if obj.name.partition(".")[0] == name and obj.type == kind:
            return obj
    obj = bpy.data.objects.new(name, data())
    collection.objects.link(obj)
    return obj


def _stand(obj: bpy.types.Object, target: Vector, turn, left: float, up: float, distance: float) -> None:
    """Stand the object so many degrees to the left of the face's front and up, at a distance, looking at the target."""
    left, up = math.radians(left), math.radians(up)
    # The head faces -y; the camera's left is the head's right, -x.
    direction = Vector((-math.sin(left) * math.cos(up), -math.cos(left) * math.cos(up), math.sin(up)))
    direction = turn @ direction
    obj.location = target + distance * direction
    obj.rotation_mode = "XYZ"
    # As `to_track_quat` has it, but with the head's own up, so that a head that lies down is not seen askew.
    back, above = direction, turn @ Vector((0.0, 0.0, 1.0))
    side = above.cross(back).normalized()
    obj.rotation_euler = Matrix((side, back.cross(side), back)).transposed().to_euler()
