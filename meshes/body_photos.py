# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
"""Half-length pictures of the default body in eight poses, and of how each moves: photos for `mien talk`, with their
truth. tests/samples/photo/half_length.jpg is `belly`, frame 0.

python meshes/body_photos.py FOLDER                                              # a take for each person
blender -b --factory-startup -P meshes/body_photos.py -- FOLDER [NAME ...]       # NAME_0.png to NAME_6.png of it
"""

import math
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SIDE, SAMPLES, FRAMES = 512, 12, 7
DISTANCE, TARGET = 2.05, (0.0, 0.0, 1.36)
# of the hands over frame 0, in shoulder widths: the left one outwards and up, then the right one
MOVES = np.array([
    (0, 0, 0, 0), (0.1, 0.12, 0, 0.05), (0.2, 0.25, 0.05, 0.18), (0.05, 0.35, 0.15, 0.3),
    (-0.1, 0.1, 0.25, 0.1), (0.25, -0.1, -0.05, -0.08), (-0.05, 0.2, 0.2, 0.25),
])  # fmt: skip


@dataclass(frozen=True)
class Person:
    """left, right: where the wrist is, where the hand looks, where its palm does; metres, model axes, x outwards.
    curl: radians of each finger joint; shirt, wall: colours; loose: metres of folds."""

    identity: str
    left: tuple
    right: tuple
    curl: float
    shirt: tuple[float, float, float]
    wall: tuple[float, float, float]
    loose: float = 0.0


_OUT = ((0.24, 0.22, 0.28), (0.1, 0.15, 1), (0, 0.3, 1))
PEOPLE = {
    "apart": Person("adult", _OUT, _OUT, 0.35, (0.75, 0.74, 0.70), (0.3, 0.35, 0.4)),
    "crossed": Person("man_b", ((-0.06, 0.26, 0.22), (-1, 0.1, 0.3), (0, -0.2, -1)),
                      ((-0.02, 0.20, 0.26), (-1, 0.1, 0.3), (0, -0.2, -1)), 0.3, (0.05, 0.07, 0.15), (0.6, 0.55, 0.5)),
    "up": Person("woman_c", ((0.30, 0.50, 0.16), (0.05, 1, 0.15), (0, 0, 1)),
                 ((0.30, 0.46, 0.18), (0.05, 1, 0.15), (0, 0, 1)), 0.15, (0.8, 0.8, 0.82), (0.25, 0.3, 0.25), 0.03),
    "chest": Person("old_man", ((0.02, 0.30, 0.20), (-0.9, 0.35, 0.1), (0, 0, -1)),
                    ((0.33, 0.02, 0.12), (0.2, -1, 0.3), (-1, 0, 0)), 0.25, (0.25, 0.05, 0.06), (0.55, 0.6, 0.65)),
    "wide": Person("man_d", ((0.42, 0.30, 0.16), (0.7, 0.3, 0.6), (0, 1, 0.3)),
                   ((0.40, 0.26, 0.18), (0.7, 0.3, 0.6), (0, 1, 0.3)), 0.2, (0.02, 0.02, 0.02), (0.7, 0.7, 0.68), 0.02),
    "one_up": Person("woman_a", ((0.26, 0.58, 0.14), (-0.1, 1, 0.1), (-0.3, 0, 1)),
                     ((0.20, 0.16, 0.26), (-0.6, 0, 0.8), (0, 1, 0.2)), 0.3, (0.55, 0.45, 0.25), (0.35, 0.4, 0.5),
                     0.03),
    "belly": Person("old_woman", ((0.12, 0.14, 0.24), (-0.8, 0.05, 0.5), (0, -0.3, -1)),
                    ((0.14, 0.24, 0.26), (-0.7, 0.3, 0.4), (0, 0.1, -1)), 0.4, (0.2, 0.35, 0.3), (0.62, 0.58, 0.5)),
    "beside": Person("round_woman", ((0.30, 0.36, 0.26), (-0.2, 0.5, 0.9), (-1, 0, 0.2)),
                     ((0.22, 0.10, 0.25), (-0.3, 0.1, 0.9), (0, -1, 0)), 0.5, (0.7, 0.55, 0.6), (0.2, 0.22, 0.26),
                     0.03),
}  # fmt: skip


def take_of(person: Person):
    """The Take of a person: hands by inverse kinematics, a little of chest, head and jaw."""
    from mien.body.kinematics import curl, reach
    from mien.body.skeleton import FINGERS, JOINTS, REST
    from mien.channels import ARKIT
    from mien.take import Take
    from scipy.spatial.transform import Rotation

    time = np.arange(FRAMES)
    joints = np.zeros((FRAMES, len(JOINTS), 3), np.float32)
    chest = Rotation.from_rotvec(
        np.stack([0.02 * np.sin(time), 0.05 * np.sin(1.1 * time), 0.03 * np.sin(0.7 * time)], 1)
    )
    found = {"upper_chest": chest.as_rotvec()}
    width = float(np.linalg.norm(np.subtract(REST["left_upper_arm"], REST["right_upper_arm"])))
    for side, (wrist, hand, palm), moves in (
        ("left", person.left, MOVES[:, :2]),
        ("right", person.right, MOVES[:, 2:]),
    ):
        mirror = np.array([1 if side == "left" else -1, 1, 1])
        goal = np.array(wrist) * mirror + np.c_[moves * width, np.zeros(FRAMES)] * mirror
        looks = np.array(hand) * mirror + np.c_[np.zeros(FRAMES), 0.25 * moves[:, 1], np.zeros(FRAMES)]
        looks /= np.linalg.norm(looks, axis=1, keepdims=True)
        out = np.array(palm) * mirror - (looks @ (np.array(palm) * mirror))[:, None] * looks
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        shoulder = REST["upper_chest"] + chest.apply(REST[f"{side}_upper_arm"] - REST["upper_chest"])
        found |= reach(side, shoulder, chest, goal, looks, out)
        bent = {finger: np.full(FRAMES, person.curl * (0.4 if finger == "thumb" else 1)) for finger in FINGERS}
        found |= curl(side, bent)
    for name, turns in found.items():
        joints[:, JOINTS.index(name)] = turns
    weights = np.zeros((FRAMES, len(ARKIT)), np.float32)
    weights[:, ARKIT.index("jawOpen")] = 0.12 * (1 - np.cos(1.3 * time))
    head = np.stack([0.03 * np.sin(time), 0.06 * np.sin(0.9 * time), 0.02 * np.sin(0.8 * time)], 1).astype(np.float32)
    return Take(fps=Fraction(25), duration=Fraction(FRAMES, 25), channels=ARKIT, weights=weights, head_rotation=head,
                joints=joints, joint_names=JOINTS)  # fmt: skip


def draw(folder: Path, name: str, person: Person) -> None:
    """The pictures of a person into the folder, in Blender."""
    import body_sheet
    import bpy

    from addon.animation.nla_layers import Mark
    from addon.formats.take import read_take
    from addon.scene import apply

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    bpy.ops.mien.add_body(identity=person.identity)
    speaker, take, mark = bpy.context.object, read_take(folder / f"{name}.take.safetensors"), Mark("take", 1, 1)
    apply.apply_take(speaker, take, apply.plan(speaker, take, mark), 1.0, mark, "line, take", Fraction(25))
    body_sheet.light(scene)
    body_sheet.DISTANCE, body_sheet.TARGET = DISTANCE, TARGET
    body_sheet.look(scene, 0.0)
    _paint(next(m for m in bpy.data.materials if m.name.endswith(" shirt")), person.shirt, 90.0)
    if person.loose:
        _loosen(bpy.data.objects["Mien body"], person.loose)
    bpy.ops.mesh.primitive_plane_add(size=6, location=(0, 1.3, 1.2), rotation=(math.pi / 2, 0, 0))
    bpy.context.object.data.materials.append(_paint(bpy.data.materials.new("wall"), person.wall, 2.5))
    bpy.ops.mesh.primitive_cube_add(size=1, location=(-0.75, 1.2, 1.7), scale=(0.5, 0.1, 0.7))
    bpy.context.object.data.materials.append(_paint(bpy.data.materials.new("frame"), (0.12, 0.1, 0.08), 2.5))
    scene.render.engine, scene.cycles.samples, scene.cycles.max_bounces = "CYCLES", SAMPLES, 3
    scene.render.resolution_x = scene.render.resolution_y = SIDE
    scene.render.fps, scene.render.image_settings.file_format = 25, "PNG"
    scene.view_settings.view_transform = "Standard"
    for frame in range(FRAMES):
        scene.frame_set(1 + frame)
        scene.render.filepath = str(folder / f"{name}_{frame}.png")
        bpy.ops.render.render(write_still=True)


def _paint(material, colour: tuple[float, float, float], grain: float):
    """The material in a colour that is uneven."""
    import bpy

    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    noise, mix = nodes.new("ShaderNodeTexNoise"), nodes.new("ShaderNodeMix")
    noise.inputs["Scale"].default_value, mix.data_type = grain, "RGBA"
    mix.inputs[6].default_value = (*(0.75 * part for part in colour), 1)
    mix.inputs[7].default_value = (*(min(1.0, 1.2 * part) for part in colour), 1)
    links.new(noise.outputs[0], mix.inputs[0])
    links.new(mix.outputs[2], shader.inputs["Base Color"])
    return material


def _loosen(body, folds: float) -> None:
    """Folds into the shirt."""
    import bpy

    rows = {i for i, material in enumerate(body.data.materials) if material.name.endswith(" shirt")}
    group = body.vertex_groups.new(name="shirt")
    group.add(sorted({v for p in body.data.polygons if p.material_index in rows for v in p.vertices}), 1.0, "ADD")
    texture = bpy.data.textures.new("folds", "CLOUDS")
    texture.noise_scale = 0.09
    displace = body.modifiers.new("folds", "DISPLACE")
    displace.texture, displace.strength, displace.mid_level = texture, 2 * folds, 0.2
    displace.vertex_group = "shirt"


def main(folder: str, *names: str) -> None:
    if "bpy" in sys.modules:
        sys.path[:0] = [str(ROOT), str(ROOT / "meshes")]
        import addon

        addon.register()
        for name in names or PEOPLE:
            draw(Path(folder), name, PEOPLE[name])
        return
    from mien.take import write_take

    for name, person in PEOPLE.items():
        write_take(take_of(person), Path(folder) / f"{name}.take.safetensors")


if __name__ == "__main__":
    main(*(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]))
