# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies beside the face in a USD file, a mesh each that the neck carries: teeth, brows with lashes, hair."""

# pxr has no type stubs
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mien.export.blendshape_rig import BlendshapeRig
from mien.export.strands import strands_of
from mien.heads.default import Head
from mien.heads.hair import Hair

MOVES = 1e-6  # metres; a shape that moves a part by less is not one of its shapes
ENAMEL, GUM = ("enamel", (0.80, 0.76, 0.68), 0.22), ("gum", (0.48, 0.17, 0.16), 0.35)  # linear RGB and roughness
LASHES = (0.016, 0.010, 0.008)
ROUGHNESS_OF_HAIR = 0.5


@dataclass(frozen=True, eq=False)
class Part:
    """A mesh: points (N, 3) metres, quads (Q, 4); surfaces: name, linear RGB and roughness of a material with the quads
    (Q,) that have it; shapes: what each named shape of the face adds to its points (N, 3); normals (N, 3) or None."""

    name: str
    points: np.ndarray
    quads: np.ndarray
    surfaces: Sequence[tuple[tuple[str, tuple[float, ...], float], np.ndarray]]
    shapes: dict[str, np.ndarray] = field(default_factory=dict)
    both_sides: bool = False
    normals: np.ndarray | None = None


def parts_of(head: Head, rig: BlendshapeRig, hair: Hair | None, brows: tuple[float, ...]) -> list[Part]:
    """The parts of a head. A take without the jaw's channels, as one of vertices, has no teeth; brows: their colour."""
    parts = []
    if set(head.teeth_channels) <= set(rig.names):
        gum = head.teeth_gum[head.teeth_quads[:, 0]] == 1
        shapes = dict(zip(head.teeth_channels, head.teeth_deltas, strict=True))
        surfaces = [(ENAMEL, ~gum), (GUM, gum)]
        parts.append(Part("teeth", head.teeth_vertices, head.teeth_quads, surfaces, shapes))
    strands = strands_of(head)
    if strands is not None:
        rest = strands.at(rig.vertices)
        moves = {
            name: strands.at(rig.vertices + delta) - rest for name, delta in zip(rig.names, rig.deltas, strict=True)
        }
        surfaces = [
            (("brows", brows, ROUGHNESS_OF_HAIR), ~strands.lash), (("lashes", LASHES, ROUGHNESS_OF_HAIR), strands.lash)
        ]  # fmt: skip
        parts.append(Part("brows", rest, strands.quads, surfaces, moves, both_sides=True))
    if hair is not None:
        surfaces = [(("hair", hair.colour, ROUGHNESS_OF_HAIR), np.ones(len(hair.quads), bool))]
        parts.append(Part("hair", hair.vertices, hair.quads, surfaces, both_sides=True, normals=hair.normals))
    return parts


def add_part(stage, part: Part, skeleton, neck: int) -> None:
    """Define the part's mesh, its materials and shapes; `neck`: the number of the joint that carries it."""
    from pxr import UsdGeom, UsdShade, UsdSkel, Vt

    mesh = UsdGeom.Mesh.Define(stage, f"/head/{part.name}")
    mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(np.array(part.points, np.float32)))
    mesh.CreateFaceVertexCountsAttr([4] * len(part.quads))
    mesh.CreateFaceVertexIndicesAttr(part.quads.ravel().tolist())
    mesh.CreateExtentAttr([tuple(map(float, end)) for end in (part.points.min(0), part.points.max(0))])
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    if part.both_sides:
        mesh.CreateDoubleSidedAttr(True)
    if part.normals is not None:
        mesh.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(np.array(part.normals, np.float32)))
        mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    for surface, chosen in part.surfaces:
        material = add_material(stage, *surface)
        if chosen.all():
            UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)
        else:
            bind_faces(mesh, surface[0], np.flatnonzero(chosen), material)
    if len(part.surfaces) > 1:
        UsdGeom.Subset.SetFamilyType(mesh, "materialBind", UsdGeom.Tokens.partition)
    binding = UsdSkel.BindingAPI.Apply(mesh.GetPrim())
    binding.CreateSkeletonRel().SetTargets([skeleton.GetPath()])
    binding.CreateJointIndicesPrimvar(True, 1).Set(Vt.IntArray([neck]))
    binding.CreateJointWeightsPrimvar(True, 1).Set(Vt.FloatArray([1.0]))
    add_shapes(stage, mesh, {name: delta for name, delta in part.shapes.items() if np.abs(delta).max() > MOVES})


def add_material(stage, name: str, colour: tuple[float, ...], roughness: float):
    """A UsdPreviewSurface of linear RGB."""
    from pxr import Sdf, Tf, UsdShade

    path = f"/head/materials/{Tf.MakeValidIdentifier(name)}"
    material = UsdShade.Material.Define(stage, path)
    shader = UsdShade.Shader.Define(stage, f"{path}/surface")
    shader.CreateIdAttr("UsdPreviewSurface")
    shader.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).Set(tuple(map(float, colour)))
    shader.CreateInput("roughness", Sdf.ValueTypeNames.Float).Set(roughness)
    material.CreateSurfaceOutput().ConnectToSource(shader.ConnectableAPI(), "surface")
    return material


def bind_faces(mesh, name: str, faces: np.ndarray, material) -> None:
    """Give the faces of a mesh, by number, this material."""
    from pxr import Tf, UsdGeom, UsdShade, Vt

    subset = UsdGeom.Subset.CreateGeomSubset(
        mesh, Tf.MakeValidIdentifier(name), UsdGeom.Tokens.face, Vt.IntArray(faces.tolist()), "materialBind"
    )
    UsdShade.MaterialBindingAPI.Apply(subset.GetPrim()).Bind(material)


def add_shapes(stage, mesh, shapes: dict[str, np.ndarray]) -> None:
    """The mesh's BlendShapes; the animation moves those of all meshes by their names."""
    from pxr import Tf, UsdSkel, Vt

    if not shapes:
        return
    targets = []
    for name, delta in shapes.items():
        moving = np.flatnonzero(np.abs(delta).max(1) > 0)
        shape = UsdSkel.BlendShape.Define(stage, mesh.GetPath().AppendChild(Tf.MakeValidIdentifier(name)))
        shape.CreateOffsetsAttr(Vt.Vec3fArray.FromNumpy(np.array(delta[moving], np.float32)))
        shape.CreatePointIndicesAttr(Vt.IntArray.FromNumpy(moving.astype(np.int32)))
        targets.append(shape.GetPath())
    binding = UsdSkel.BindingAPI(mesh.GetPrim())
    binding.CreateBlendShapesAttr(list(shapes))
    binding.CreateBlendShapeTargetsRel().SetTargets(targets)
