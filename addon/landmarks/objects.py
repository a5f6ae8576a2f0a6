# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that show the landmarks of a line: added beside the face, found again, removed."""

import bpy

LINE, KIND = "mien_landmark_line", "mien_landmark_kind"  # custom properties: the line's uid, one of the two below
EMPTIES, STROKES = "empties", "strokes"


def add(
    speaker: bpy.types.Object, line, kind: str, name: str, data: bpy.types.ID | None, collection: bpy.types.Collection
) -> bpy.types.Object:
    """A new child of the speaker, in its axes."""
    obj = bpy.data.objects.new(name, data)
    obj[LINE], obj[KIND] = line.uid, kind
    obj.parent = speaker
    collection.objects.link(obj)
    return obj


def collection_of(speaker: bpy.types.Object) -> bpy.types.Collection:
    """Where new objects beside the speaker go: the first of its collections that can be changed, else the scene's."""
    own = [collection for collection in speaker.users_collection if collection.library is None]
    return own[0] if own else bpy.context.scene.collection


def of_line(speaker: bpy.types.Object, line, kind: str = "") -> list[bpy.types.Object]:
    """The objects of this kind, by default of both, that are children of the speaker."""
    return [obj for obj in speaker.children if obj.get(LINE) == line.uid and (not kind or obj.get(KIND) == kind)]


def remove(speaker: bpy.types.Object, line, kind: str = "") -> int:
    """Remove them with the empties below them, their actions and strokes; returns how many there were. What an animator
    made a child of them stays."""
    found = of_line(speaker, line, kind)
    for obj in found:
        for child in [child for child in obj.children if "mien_landmark" in child]:
            _remove(child)
        _remove(obj)
    return len(found)


def _remove(obj: bpy.types.Object) -> None:
    action = obj.animation_data.action if obj.animation_data is not None else None
    data = obj.data
    materials = list(data.materials) if data is not None else []
    bpy.data.objects.remove(obj)
    for id_ in (action, data, *materials):  # the data before its materials
        if id_ is not None and not id_.users:
            bpy.data.batch_remove([id_])
