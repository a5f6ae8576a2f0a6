# SPDX-License-Identifier: GPL-3.0-or-later
"""A mouth is cut open in Blender: new vertices in order, and all that is stored on the mesh stays."""

import bpy
import numpy as np
import pytest
import retopology
import sealed_mouth
from blender_scene import shown
from mathutils import Vector
from mien.bind.bind import bind
from mien.heads.default import load_head
from mien.service.workers.bind_process import read_mesh

from addon.binding import mesh as binding
from addon.binding import mouth_cut, picks
from addon.binding import run as binding_run
from addon.scene.apply import ApplyError
from addon.shape_keys import keys

SIDE = 7
ROW = SIDE // 2  # of the cut
HEAD = load_head()


def sheet(faces: list) -> bpy.types.Object:
    x, y = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    mesh = bpy.data.meshes.new("Sheet")
    mesh.from_pydata([(float(a), float(b), 0.0) for a, b in zip(x.ravel(), y.ravel(), strict=True)], [], faces)
    layer = mesh.uv_layers.new(name="UV")
    for loop in mesh.loops:
        point = mesh.vertices[loop.vertex_index].co
        layer.data[loop.index].uv = (point.x / 10, point.y / 10)
    for number, polygon in enumerate(mesh.polygons):
        polygon.material_index = number % 2
    for material in ("one", "other"):
        mesh.materials.append(bpy.data.materials.new(material))
    obj = bpy.data.objects.new("Sheet", mesh)
    bpy.context.collection.objects.link(obj)
    obj.vertex_groups.new(name="all").add(range(SIDE * SIDE), 0.25, "REPLACE")
    rest = keys.rest(mesh)
    keys.add(obj, "mine", rest + [0, 0, 1])
    return obj


def quads() -> list:
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    return np.stack([a, b, c, d], -1).reshape(-1, 4).tolist()


def below(mesh: bpy.types.Mesh, doubled: list) -> np.ndarray:
    """The loop triangles below the row of the cut that touch it."""
    mesh.calc_loop_triangles()
    return np.array([
        triangle.index for triangle in mesh.loop_triangles
        if set(triangle.vertices) & set(doubled) and triangle.center.y < ROW
    ])  # fmt: skip


def test_the_lower_side_takes_copies_with_all_that_is_stored() -> None:
    obj = sheet(quads())
    mesh, count = obj.data, SIDE * SIDE
    doubled = [ROW * SIDE + column for column in range(2, SIDE - 2)]
    mouth_cut.cut_mouth(mesh, np.array(doubled), below(mesh, doubled))
    assert len(mesh.vertices) == count + len(doubled) and len(mesh.polygons) == (SIDE - 1) ** 2
    rest = keys.rest(mesh)
    np.testing.assert_array_equal(rest[count:], rest[doubled])
    points = np.empty(len(rest) * 3, np.float32)
    mesh.shape_keys.key_blocks["mine"].points.foreach_get("co", points)
    np.testing.assert_allclose(points.reshape(-1, 3) - rest, np.tile([0, 0, 1], (len(rest), 1)))
    assert all(vertex.groups[0].weight == 0.25 for vertex in mesh.vertices)
    for polygon in mesh.polygons:
        copies = [number for number in polygon.vertices if number >= count]
        assert bool(copies) == (ROW - 1 < polygon.center.y < ROW and 1 < polygon.center.x < SIDE - 2)
        for loop in polygon.loop_indices:
            corner = mesh.vertices[mesh.loops[loop].vertex_index].co
            assert (mesh.uv_layers["UV"].data[loop].uv - Vector((corner.x / 10, corner.y / 10))).length < 1e-6
    assert sorted(polygon.material_index for polygon in mesh.polygons) == [0] * 18 + [1] * 18
    assert not mesh.validate()


def test_a_quad_across_the_cut_is_split_along_its_diagonal() -> None:
    obj = sheet(quads())
    mesh = obj.data
    doubled = [ROW * SIDE + 2, ROW * SIDE + 3, (ROW + 1) * SIDE + 4]
    mesh.calc_loop_triangles()
    across = [t for t in mesh.loop_triangles if {doubled[1], doubled[2]} <= set(t.vertices)]
    if len(across) != 2:
        pytest.skip("this Blender splits the quad along its other diagonal")
    lower = [
        t.index for t in mesh.loop_triangles
        if set(t.vertices) & set(doubled) and t.center.y < np.interp(t.center.x, [3, 4], [ROW, ROW + 1])
    ]  # fmt: skip
    mouth_cut.cut_mouth(mesh, np.array(doubled), np.array(lower))
    assert len(mesh.polygons) == (SIDE - 1) ** 2 + 1 and len(mesh.vertices) == SIDE * SIDE + len(doubled)
    assert not mesh.validate()


def test_a_large_face_across_the_cut_is_refused_and_nothing_changed() -> None:
    corners = [ROW * SIDE + 1, ROW * SIDE + 3, (ROW + 1) * SIDE + 3, (ROW + 2) * SIDE + 2, (ROW + 1) * SIDE]
    obj = sheet([corners])
    obj.data.calc_loop_triangles()
    with pytest.raises(ApplyError, match="more than four corners"):
        mouth_cut.cut_mouth(obj.data, np.array(corners), np.array([0]))
    assert len(obj.data.vertices) == SIDE * SIDE and len(obj.data.polygons) == 1


def test_a_sealed_face_opens_its_mouth(backend, tmp_path) -> None:
    """From the mesh in Blender to shape keys, by the binding itself."""

    def shapes(mesh: bytes) -> bytes:
        bind(*read_mesh(mesh), head=HEAD).write(tmp_path / "shapes.safetensors", HEAD)
        return (tmp_path / "shapes.safetensors").read_bytes()

    backend.shapes = shapes
    vertices, triangles = sealed_mouth.sealed(HEAD, HEAD.vertices.astype(float))
    mesh = bpy.data.meshes.new("Scan")
    half = (HEAD.quad_part == HEAD.parts.index("skin")).sum()
    skin = np.concatenate([triangles[:half], triangles[half : 2 * half, 2:]], 1).tolist()
    mesh.from_pydata(keys.to_blender(vertices).tolist(), [], skin + triangles[2 * half :].tolist())
    obj = bpy.data.objects.new("Scan", mesh)
    bpy.context.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    obj.select_set(True)
    for name, place in retopology.picked(HEAD, HEAD.vertices).items():
        if name in {point.name for point in picks.POINTS}:
            picks.place_empty(bpy.context, obj, name, Vector(keys.to_blender(np.array(place)).tolist()))
    bpy.context.view_layer.update()
    assert binding.refusal(obj) == ""
    assert bpy.ops.mien.bind() == {"FINISHED"}
    assert any("the mouth is cut open" in sentence for sentence in binding_run.run.warnings)
    count = len(vertices)
    assert len(mesh.vertices) > count + 8 and not mesh.validate()
    assert len(mesh.polygons) == len(skin) + len(triangles) - 2 * half  # no quad was split: there are edges on the line
    obj.data.shape_keys.key_blocks["jawOpen"].value = 1.0
    at = shown(obj)
    doubled = np.flatnonzero(
        (np.abs(keys.rest(mesh)[:count, None] - keys.rest(mesh)[None, count:]) < 1e-7).all(2).any(1)
    )
    assert (at[doubled, 2].max() - at[count:, 2].min()) > 0.03  # m between the lips
    binding_run.run.dismiss()
