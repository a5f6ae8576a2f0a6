# SPDX-License-Identifier: GPL-3.0-or-later
"""The speaker that is selected, and why an object cannot speak."""

import bpy

from ..shape_keys import driving
from .library import linked

NOBODY = "Select the mesh of a face, or use Add Default Head"
BAKED = "The takes are baked down to one action; press Back to Takes first"


def speaker_of(context: bpy.types.Context) -> bpy.types.Object | None:
    """The active mesh, the face of which it is a part, or the mesh whose head the active empty rotates."""
    active = context.view_layer.objects.active if context.view_layer else None
    if active is None:
        return None
    parent = active.parent
    if active.type == "EMPTY" and parent is not None and parent.type == "MESH" and parent.mien.head_object == active:
        return parent
    if active.type != "MESH":
        return None
    if not len(active.mien.lines):
        for obj in context.view_layer.objects:
            if obj.type == "MESH" and any(part.mesh == active for part in obj.mien.parts):
                return obj
    return active


def refusal(speaker: bpy.types.Object | None) -> str:
    """Why this object cannot speak, '' when it can."""
    if speaker is None:
        return NOBODY
    if linked.refusal(speaker):
        return linked.refusal(speaker)
    if len(speaker.data.vertices) in (driving.HEAD_VERTICES, driving.FLAME_VERTICES):
        return ""
    if not driving.table_of(speaker).rows:
        return (
            f"'{speaker.name}' has none of ARKit's shape keys (jawOpen, ...), nor other keys that Mien knows: "
            "give it a table under Driving, bind it, or use Add Default Head"
        )
    return ""
