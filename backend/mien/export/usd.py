# SPDX-License-Identifier: GPL-3.0-or-later
"""USD (Pixar's UsdSkel schemas): a mesh with BlendShapes, a Skeleton with a neck, one SkelAnimation for both.

Needs the extra `usd` (usd-core). Metres, y up, as the head is.
"""

# pxr has no type stubs
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import numpy as np

from mien.export.blendshape_rig import BlendshapeRig, rig_of
from mien.export.errors import PackageMissing
from mien.export.gltf_paint import BROWS
from mien.export.usd_parts import add_material, add_part, add_shapes, bind_faces, parts_of
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.heads.hair import Hair
from mien.take import Take

JOINTS = ("root", "root/neck")


def write(
    take: Take, head: Head | Flame, path: Path, hair: Hair | None = None, brows: tuple[float, ...] = BROWS
) -> None:
    """.usda as text, .usdc and .usd binary; frame i is time code start x fps + i. brows: their colour, linear RGB.
    PackageMissing without usd-core; HeadError when the take is of another head."""
    try:
        from pxr import Usd, UsdGeom, UsdSkel
    except ImportError:
        raise PackageMissing("USD needs a package that is not here; install it: pip install 'mien[usd]'") from None
    rig = rig_of(take, head)
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
    root.GetPrim().SetCustomDataByKey("licence", rig.licence)
    skeleton = _skeleton(stage, rig)
    mesh = _mesh(stage, rig, skeleton)
    add_shapes(stage, mesh, dict(zip(rig.names, rig.deltas, strict=True)))
    for part in parts_of(head, rig, hair, brows) if isinstance(head, Head) else []:
        add_part(stage, part, skeleton, JOINTS.index("root/neck"))
    animation = _animation(stage, rig, first)
    UsdSkel.BindingAPI.Apply(skeleton.GetPrim()).CreateAnimationSourceRel().SetTargets([animation.GetPath()])
    _save(stage, path)


def _save(stage, path: Path) -> None:
    """OSError where USD cannot write the file, whose own error has the lines of its source and no errno."""
    from pxr import Tf

    try:
        if stage.GetRootLayer().Export(str(path)):
            return
        reason = ""
    except Tf.ErrorException as error:
        found = re.search(r"writing file: (.+?)'", str(error))
        reason = found[1] if found else ""
    number = next((n for n in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) if os.strerror(n) == reason), errno.EIO)
    raise OSError(number, reason or "USD could not write it", str(path))


def _skeleton(stage, rig: BlendshapeRig):
    from pxr import Gf, UsdSkel

    pivot = Gf.Matrix4d(1).SetTranslate(Gf.Vec3d(*map(float, rig.pivot)))
    transforms = [Gf.Matrix4d(1), pivot]
    skeleton = UsdSkel.Skeleton.Define(stage, "/head/skeleton")
    skeleton.CreateJointsAttr(JOINTS)
    skeleton.CreateBindTransformsAttr(transforms)
    skeleton.CreateRestTransformsAttr(transforms)
    return skeleton


def _mesh(stage, rig: BlendshapeRig, skeleton):
    from pxr import Usd, UsdGeom, UsdSkel, Vt

    faces = [face for _, _, _, group in rig.groups for face in group]
    mesh = UsdGeom.Mesh.Define(stage, "/head/face")
    mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(np.array(rig.vertices, np.float32)))
    mesh.CreateFaceVertexCountsAttr([len(face) for face in faces])
    mesh.CreateFaceVertexIndicesAttr(np.concatenate(faces).astype(int).tolist())
    mesh.CreateExtentAttr([tuple(map(float, end)) for end in (rig.vertices.min(0), rig.vertices.max(0))])
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.catmullClark)
    begin = 0
    for name, colour, roughness, group in rig.groups:
        bind_faces(mesh, name, np.arange(begin, begin + len(group)), add_material(stage, name, colour, roughness))
        begin += len(group)
    # A material for each face and no more: what UsdShade's validator asks of subsets that materials are bound to.
    UsdGeom.Subset.SetFamilyType(mesh, "materialBind", UsdGeom.Tokens.partition)
    binding = UsdSkel.BindingAPI.Apply(mesh.GetPrim())
    binding.CreateSkeletonRel().SetTargets([skeleton.GetPath()])
    binding.CreateJointIndicesPrimvar(False, 2).Set(Vt.IntArray([0, 1] * len(rig.neck)))
    weights = np.stack([1 - rig.neck, rig.neck], 1).astype(np.float32)
    binding.CreateJointWeightsPrimvar(False, 2).Set(Vt.FloatArray.FromNumpy(weights.reshape(-1)))
    Usd.ModelAPI(stage.GetDefaultPrim()).SetKind("component")
    return mesh


def _animation(stage, rig: BlendshapeRig, first: float):
    from pxr import Gf, UsdSkel, Vt

    animation = UsdSkel.Animation.Define(stage, "/head/skeleton/take")
    animation.CreateJointsAttr(JOINTS)
    animation.CreateBlendShapesAttr(rig.names)
    animation.CreateTranslationsAttr([Gf.Vec3f(0), Gf.Vec3f(*map(float, rig.pivot))])
    animation.CreateScalesAttr([Gf.Vec3h(1)] * len(JOINTS))
    rotations, weights = animation.CreateRotationsAttr(), animation.CreateBlendShapeWeightsAttr()
    for frame, (rotation, row) in enumerate(zip(rig.rotations.tolist(), rig.weights, strict=True)):
        x, y, z, w = rotation
        rotations.Set([Gf.Quatf(1), Gf.Quatf(w, x, y, z)], first + frame)
        weights.Set(Vt.FloatArray.FromNumpy(np.array(row, np.float32)), first + frame)
    return animation
