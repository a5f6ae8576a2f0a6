# SPDX-License-Identifier: GPL-3.0-or-later
"""Six characters as other programs leave them, made of Mien's own head: names, meshes and rigs are those of their
origin, and nothing of them is set up for Mien."""

import bpy
import numpy as np

from addon.formats import head_file
from addon.formats.channels import ARKIT
from addon.shape_keys import keys

SKIN = ("skin", "lips", "mouth", "socket")
# Mouths of VRoid Studio as channels of the head they are made of.
VROID_MOUTHS = {
    "A": {"jawOpen": 0.55},
    "I": {"mouthStretchLeft": 0.6, "mouthStretchRight": 0.6, "jawOpen": 0.1},
    "U": {"mouthPucker": 0.8},
    "E": {"jawOpen": 0.3, "mouthStretchLeft": 0.3, "mouthStretchRight": 0.3},
    "O": {"jawOpen": 0.35, "mouthFunnel": 0.6},
}
VROID_BROWS = {
    "Fcl_BRW_Angry": {"browDownLeft": 1.0, "browDownRight": 1.0},
    "Fcl_BRW_Sorrow": {"browInnerUp": 1.0},
    "Fcl_BRW_Surprised": {"browOuterUpLeft": 1.0, "browOuterUpRight": 1.0, "browInnerUp": 1.0},
}


def head() -> head_file.HeadFile:
    return head_file.read_head(head_file.find_file())


def face(name: str, shapes: dict[str, dict[str, float]], materials=SKIN) -> bpy.types.Object:
    """A mesh of these materials of the head, with a shape key for each entry: name -> share of each channel."""
    source = head()
    names = [material["name"] for material in source.materials]
    chosen = np.isin(source.quad_material, [names.index(material) for material in materials])
    used, corners = np.unique(source.quads[chosen], return_inverse=True)
    rest = keys.to_blender(source.vertices[used])
    obj = mesh_object(name, rest, corners.reshape(-1, 4))
    for material in materials:
        number = names.index(material)
        own = bpy.data.materials.new(f"{name} {material}")
        own.diffuse_color = (*source.materials[number]["colour"][:3], 1.0)
        obj.data.materials.append(own)
    places = np.searchsorted(np.array([names.index(material) for material in materials]), source.quad_material[chosen])
    obj.data.polygons.foreach_set("material_index", places.astype(np.int32))
    obj.data.shade_smooth()
    for key, shares in shapes.items():
        delta = sum(share * source.deltas[source.channels.index(channel)][used] for channel, share in shares.items())
        keys.add(obj, key, rest + keys.to_blender(delta))
    return obj


def teeth(name: str, shapes: dict[str, str]) -> bpy.types.Object:
    """The head's teeth, with a key for each name -> channel."""
    source = head().accessories
    rest = keys.to_blender(source.teeth_vertices)
    obj = mesh_object(name, rest, source.teeth_quads)
    for key, channel in shapes.items():
        delta = source.teeth_deltas[source.teeth_channels.index(channel)]
        keys.add(obj, key, rest + keys.to_blender(delta))
    return obj


def mesh_object(name: str, points: np.ndarray, quads: np.ndarray) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points.tolist(), [], quads.tolist())
    mesh.update()
    obj = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(obj)
    return obj


def eyeball(name: str, side: int, at_origin: bool = True) -> bpy.types.Object:
    """A ball with a dark iris in the place of the head's left (0) or right (1) eye; its origin is in its middle, or
    where the head's is."""
    numbers = head().accessories.eyeballs[side]
    centre, radius = keys.to_blender(numbers[:3]), float(numbers[3])
    rings, around = 12, 16
    polar, angle = np.meshgrid(np.linspace(0.02, np.pi - 0.02, rings), np.arange(around) * 2 * np.pi / around)
    directions = np.stack([np.sin(polar) * np.cos(angle), -np.cos(polar), np.sin(polar) * np.sin(angle)], -1)
    points = radius * directions.reshape(-1, 3)
    quads = [
        [i * rings + j, ((i + 1) % around) * rings + j, ((i + 1) % around) * rings + j + 1, i * rings + j + 1]
        for i in range(around)
        for j in range(rings - 1)
    ]
    obj = mesh_object(name, points if at_origin else points + centre, np.array(quads))
    for colour in ((0.9, 0.9, 0.88, 1.0), (0.1, 0.12, 0.2, 1.0)):
        material = bpy.data.materials.new(f"{name} {len(obj.data.materials)}")
        material.diffuse_color = colour
        obj.data.materials.append(material)
    obj.data.polygons.foreach_set("material_index", np.tile([1, 1, *[0] * (rings - 3)], around).astype(np.int32))
    if at_origin:
        obj.location = centre.tolist()
    return obj


def armature(name: str, bones: dict[str, tuple], parents: dict[str, str]) -> bpy.types.Object:
    """bones: name -> (head, tail) in Blender's axes."""
    data = bpy.data.armatures.new(name)
    obj = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    for bone_name, (first, last) in bones.items():
        bone = data.edit_bones.new(bone_name)
        bone.head, bone.tail = first, last
    for child, parent in parents.items():
        data.edit_bones[child].parent = data.edit_bones[parent]
    bpy.ops.object.mode_set(mode="OBJECT")
    return obj


def head_bones(neck: str, top: str, left: str, right: str) -> tuple[dict, dict]:
    source = head()
    pivot = tuple(keys.to_blender(source.pivot).tolist())
    left_eye, right_eye = (keys.to_blender(numbers[:3]) for numbers in source.accessories.eyeballs)
    bones = {
        neck: ((0.0, 0.02, 0.0), pivot),
        top: (pivot, (0.0, 0.0, 0.25)),
        left: (tuple(left_eye), (left_eye[0], left_eye[1] - 0.02, left_eye[2])),
        right: (tuple(right_eye), (right_eye[0], right_eye[1] - 0.02, right_eye[2])),
    }
    return bones, {top: neck, left: top, right: top}


def deform(obj: bpy.types.Object, rig: bpy.types.Object, bone: str) -> None:
    """Let one bone carry the whole mesh."""
    obj.vertex_groups.new(name=bone).add(range(len(obj.data.vertices)), 1.0, "REPLACE")
    obj.modifiers.new("Armature", "ARMATURE").object = rig
    obj.parent = rig


def arkit_multi_mesh() -> bpy.types.Object:
    """As avatars for the web are: head, teeth, eyes by bones, and eyeLook keys on the head that move its lids."""
    rig = armature("Armature", *head_bones("Neck", "Head", "LeftEye", "RightEye"))
    obj = face("Wolf3D_Head", {name: {name: 1.0} for name in ARKIT})
    deform(obj, rig, "Head")
    deform(
        teeth("Wolf3D_Teeth", {name: name for name in ("jawOpen", "jawForward", "jawLeft", "jawRight")}), rig, "Head"
    )
    deform(face("Wolf3D_Tongue", {name: {name: 1.0} for name in ("jawOpen", "tongueOut")}, ("tongue",)), rig, "Head")
    deform(eyeball("EyeLeft", 0, False), rig, "LeftEye")
    deform(eyeball("EyeRight", 1, False), rig, "RightEye")
    return obj


def vrm_like() -> bpy.types.Object:
    """As VRoid Studio's with keys for face tracking added, whose jaw hardly opens."""
    rig = armature("Armature", *head_bones("J_Bip_C_Neck", "J_Bip_C_Head", "J_Adj_L_FaceEye", "J_Adj_R_FaceEye"))
    weak = {name: {name: 0.15 if name == "jawOpen" else 1.0} for name in ARKIT}
    mouths = {f"Fcl_MTH_{key}": shares for key, shares in VROID_MOUTHS.items()}
    lids = {"Fcl_EYE_Close": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}}
    obj = face("Face", {**VROID_BROWS, **lids, **mouths, **weak})
    deform(obj, rig, "J_Bip_C_Head")
    deform(eyeball("Eye_L", 0, False), rig, "J_Adj_L_FaceEye")
    deform(eyeball("Eye_R", 1, False), rig, "J_Adj_R_FaceEye")
    return obj


def with_eye_objects() -> bpy.types.Object:
    """As modelled by hand: a face with keys, eyes that are objects, one of them with its origin elsewhere, an empty."""
    root = bpy.data.objects.new("Character", None)
    bpy.context.scene.collection.objects.link(root)
    looks = [name for name in ARKIT if not name.startswith("eyeLook")]
    obj = face("Bust", {name: {name: 1.0} for name in looks})
    parts = [eyeball("Eye.L", 0), eyeball("Eye.R", 1, False), teeth("Teeth", {"jawOpen": "jawOpen"})]
    for part in (obj, *parts):
        part.parent = root
    return obj


def all_driven() -> bpy.types.Object:
    """As a rig with a face board: every key has a driver, by the place of a control or a custom property."""
    obj = face("Driven", {name: {name: 1.0} for name in ARKIT})
    sided = [name for name in ARKIT if name.endswith("Left")]
    bones = {f"ctrl_{name}": ((0.3, 0.0, 0.02 * i), (0.3, 0.0, 0.02 * i + 0.01)) for i, name in enumerate(ARKIT)}
    bones["jaw_ctrl"] = ((0.0, -0.2, 0.02), (0.0, -0.2, 0.04))
    rig = armature("Face_rig", bones, {})
    for name in sided:
        rig.pose.bones[f"ctrl_{name}"][name] = 0.0
        rig.pose.bones[f"ctrl_{name}"].id_properties_ui(name).update(min=0.0, max=1.0)
    for name in ARKIT:
        driver = obj.data.shape_keys.key_blocks[name].driver_add("value").driver
        driver.type = "SCRIPTED"
        variable = driver.variables.new()
        variable.name = "v"
        if name in sided:
            variable.type = "SINGLE_PROP"
            variable.targets[0].id = rig
            variable.targets[0].data_path = f'pose.bones["ctrl_{name}"]["{name}"]'
            driver.expression = "v"
            continue
        variable.type = "TRANSFORMS"
        target = variable.targets[0]
        target.id, target.transform_space = rig, "LOCAL_SPACE"
        jaw = name in ("jawOpen", "jawLeft", "jawRight")
        target.bone_target = "jaw_ctrl" if jaw else f"ctrl_{name}"
        target.transform_type = "LOC_X" if name in ("jawLeft", "jawRight") else "LOC_Y"
        driver.expression = "max(0, -v * 20)" if name in ("jawOpen", "jawRight") else "max(0, v * 20)"
    return obj


def closed_scan() -> bpy.types.Object:
    """As a scanner leaves it: one surface without keys, the lips grown together, the eyes' lids and balls one skin."""
    from mien.heads.default import load_head
    from sealed_mouth import sealed

    source = load_head()
    vertices, triangles = sealed(source, source.vertices)
    for eye in source.eyeballs:
        vertices, triangles = _covered(vertices, triangles, eye[:3], float(eye[3]), eye[4:7])
    obj = mesh_object("Scan", keys.to_blender(vertices), triangles)
    obj.data.shade_smooth()
    return obj


def _covered(vertices: np.ndarray, triangles: np.ndarray, centre, radius: float, ahead) -> tuple:
    """The hole before an eyeball, covered by a fan of three rings on the ball."""
    edges = {(int(a), int(b)) for t in triangles for a, b in zip(t, np.roll(t, -1), strict=True)}
    after = {b: a for a, b in edges if (b, a) not in edges and np.linalg.norm(vertices[a] - centre) < 2.2 * radius}
    loop = [next(iter(after))]
    while (following := after[loop[-1]]) != loop[0]:
        loop.append(following)
    ring, points, added = np.array(loop), [vertices], []
    top = centre + radius * ahead
    for share in (0.33, 0.66):
        line = (1 - share) * vertices[loop] + share * top - centre
        points.append(centre + radius * line / np.linalg.norm(line, axis=1, keepdims=True))
        new = sum(map(len, points[:-1])) + np.arange(len(loop))
        added += _band(ring, new)
        ring = new
    points.append(np.array([top]))
    last = sum(map(len, points)) - 1
    added += [(a, b, last) for a, b in zip(ring, np.roll(ring, -1), strict=True)]
    return np.concatenate(points), np.concatenate([triangles, np.array(added)])


def _band(outer: np.ndarray, inner: np.ndarray) -> list[tuple]:
    """Triangles between two rings of as many vertices."""
    pairs = list(zip(outer, np.roll(outer, -1), inner, np.roll(inner, -1), strict=True))
    return [(a, b, d) for a, b, c, d in pairs] + [(a, d, c) for a, b, c, d in pairs]


def flame_like() -> bpy.types.Object:
    """FLAME's mesh as an importer of OBJ leaves it: 5,023 vertices, y up, the object turned; without keys."""
    import flame

    made = flame.of_published_size()
    obj = mesh_object("FLAME", made.template, made.triangles)
    obj.rotation_euler = (np.pi / 2, 0.0, 0.0)
    obj.data.shade_smooth()
    return obj


ALL = (arkit_multi_mesh, vrm_like, with_eye_objects, all_driven, closed_scan, flame_like)
