# SPDX-License-Identifier: GPL-3.0-or-later
"""USD (Pixar's UsdSkel schemas): a mesh with BlendShapes, a Skeleton with a neck, one SkelAnimation for both.

Needs the extra `usd` (usd-core). Metres, y up, as the head is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.export.blendshape_rig import Shapes, shapes_of
from mien.export.errors import ExportError
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.take import Take

JOINTS = ("root", "root/neck")


def write(take: Take, head: Head | Flame, path: Path) -> None:
    """.usda as text, .usdc and .usd binary; frame i is time code start x fps + i. ExportError without usd-core;
    HeadError when the take is of another head."""
    try:
        from pxr import Usd, UsdGeom, UsdSkel
    except ImportError:
        raise ExportError("USD needs a package that is not here; install it: pip install 'mien[usd]'") from None
    shapes = shapes_of(take, head)
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    fps = float(take.fps)
    first = take.start * fps
    stage.SetTimeCodesPerSecond(fps)
    stage.SetFramesPerSecond(fps)
    stage.SetStartTimeCode(first)
    stage.SetEndTimeCode(first + take.frames - 1)
    root = UsdSkel.Root.Define(stage, "/head")
    stage.SetDefaultPrim(root.GetPrim())
    root.GetPrim().SetCustomDataByKey("licence", shapes.licence)
    skeleton = _skeleton(stage, shapes)
    mesh = _mesh(stage, shapes, skeleton)
    _blend_shapes(stage, mesh, shapes)
    animation = _animation(stage, shapes, first)
    UsdSkel.BindingAPI.Apply(skeleton.GetPrim()).CreateAnimationSourceRel().SetTargets([animation.GetPath()])
    stage.GetRootLayer().Export(str(path))


def _skeleton(stage, shapes: Shapes):
    from pxr import Gf, UsdSkel

    pivot = Gf.Matrix4d(1).SetTranslate(Gf.Vec3d(*map(float, shapes.pivot)))
    places = [Gf.Matrix4d(1), pivot]
    skeleton = UsdSkel.Skeleton.Define(stage, "/head/skeleton")
    skeleton.CreateJointsAttr(JOINTS)
    skeleton.CreateBindTransformsAttr(places)
    skeleton.CreateRestTransformsAttr(places)
    return skeleton


def _mesh(stage, shapes: Shapes, skeleton):
    from pxr import Sdf, Tf, Usd, UsdGeom, UsdShade, UsdSkel, Vt

    faces = [face for _, _, _, group in shapes.groups for face in group]
    mesh = UsdGeom.Mesh.Define(stage, "/head/face")
    mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(np.array(shapes.vertices, np.float32)))
    mesh.CreateFaceVertexCountsAttr([len(face) for face in faces])
    mesh.CreateFaceVertexIndicesAttr(np.concatenate(faces).astype(int).tolist())
    mesh.CreateExtentAttr([tuple(map(float, end)) for end in (shapes.vertices.min(0), shapes.vertices.max(0))])
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.catmullClark)
    begin = 0
    for name, colour, roughness, group in shapes.groups:
        name = Tf.MakeValidIdentifier(name)
        material = UsdShade.Material.Define(stage, f"/head/materials/{name}")
        shader = UsdShade.Shader.Define(stage, f"/head/materials/{name}/surface")
        shader.CreateIdAttr("UsdPreviewSurface")
        shader.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).Set(tuple(map(float, colour)))
        shader.CreateInput("roughness", Sdf.ValueTypeNames.Float).Set(roughness)
        material.CreateSurfaceOutput().ConnectToSource(shader.ConnectableAPI(), "surface")
        subset = UsdGeom.Subset.CreateGeomSubset(
            mesh, name, UsdGeom.Tokens.face, Vt.IntArray(range(begin, begin + len(group))), "materialBind"
        )
        UsdShade.MaterialBindingAPI.Apply(subset.GetPrim()).Bind(material)
        begin += len(group)
    binding = UsdSkel.BindingAPI.Apply(mesh.GetPrim())
    binding.CreateSkeletonRel().SetTargets([skeleton.GetPath()])
    binding.CreateJointIndicesPrimvar(False, 2).Set(Vt.IntArray([0, 1] * len(shapes.neck)))
    shares = np.stack([1 - shapes.neck, shapes.neck], 1).astype(np.float32)
    binding.CreateJointWeightsPrimvar(False, 2).Set(Vt.FloatArray.FromNumpy(shares.reshape(-1)))
    Usd.ModelAPI(stage.GetDefaultPrim()).SetKind("component")
    return mesh


def _blend_shapes(stage, mesh, shapes: Shapes) -> None:
    from pxr import Tf, UsdSkel, Vt

    made = []
    for name, delta in zip(shapes.names, shapes.deltas, strict=True):
        moved = np.flatnonzero(np.abs(delta).max(1) > 0)
        shape = UsdSkel.BlendShape.Define(stage, mesh.GetPath().AppendChild(Tf.MakeValidIdentifier(name)))
        shape.CreateOffsetsAttr(Vt.Vec3fArray.FromNumpy(np.array(delta[moved], np.float32)))
        shape.CreatePointIndicesAttr(Vt.IntArray.FromNumpy(moved.astype(np.int32)))
        made.append(shape.GetPath())
    binding = UsdSkel.BindingAPI(mesh.GetPrim())
    binding.CreateBlendShapesAttr(shapes.names)
    binding.CreateBlendShapeTargetsRel().SetTargets(made)


def _animation(stage, shapes: Shapes, first: float):
    from pxr import Gf, UsdSkel, Vt

    animation = UsdSkel.Animation.Define(stage, "/head/skeleton/take")
    animation.CreateJointsAttr(JOINTS)
    animation.CreateBlendShapesAttr(shapes.names)
    animation.CreateTranslationsAttr([Gf.Vec3f(0), Gf.Vec3f(*map(float, shapes.pivot))])
    animation.CreateScalesAttr([Gf.Vec3h(1)] * len(JOINTS))
    rotations, weights = animation.CreateRotationsAttr(), animation.CreateBlendShapeWeightsAttr()
    for frame, (turn, row) in enumerate(zip(shapes.turns.tolist(), shapes.weights, strict=True)):
        x, y, z, w = turn
        rotations.Set([Gf.Quatf(1), Gf.Quatf(w, x, y, z)], first + frame)
        weights.Set(Vt.FloatArray.FromNumpy(np.array(row, np.float32)), first + frame)
    return animation
