# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters linked from another file: what of them can be animated, and the overrides that this needs.

Measured in 4.2, 4.5, 5.0 and 5.2. Linked datablocks themselves take no animation. A library override saves the object,
its NLA, modifiers and properties with the film. A mesh that is still linked gets an override of its own: its shape keys
then take NLA tracks, which are saved too. New shape keys, wider sliders and custom properties are not saved: a film
that is opened again has the library's.
"""

import bpy
import numpy as np

from ...shape_keys.recognition import short_list


def refusal(obj: bpy.types.Object) -> str:
    """Why a linked mesh object cannot be animated, without a full stop; '' when it can or is not linked."""
    if obj.library is None:
        return ""
    return (
        f"'{obj.name}' is linked from '{file_of(obj)}': make a library override of it (Object > Library Override > "
        "Make), or make it local"
    )


def file_of(id_: bpy.types.ID) -> str:
    """The name of the file from which a datablock is linked or overridden."""
    source = id_ if id_.library is not None or id_.override_library is None else id_.override_library.reference
    return bpy.path.basename(source.library.filepath) if source.library is not None else ""


def has_linked_mesh(obj: bpy.types.Object) -> bool:
    """Whether the object's mesh is linked, so that its shape keys cannot be animated before `open_mesh`."""
    return obj.library is None and obj.data.library is not None


def has_library_mesh(obj: bpy.types.Object) -> bool:
    """Whether the mesh is a library's, linked or overridden: shape keys added to it are not saved."""
    return obj.data.library is not None or obj.data.override_library is not None


def make_editable(obj: bpy.types.Object) -> None:
    """Make a system override editable, or the order of its modifiers is not saved."""
    if obj.override_library is not None and obj.override_library.is_system_override:
        obj.override_library.is_system_override = False


def open_mesh(obj: bpy.types.Object) -> None:
    """Give an object with a linked mesh a library override of the mesh; other users of the mesh keep theirs."""
    if has_linked_mesh(obj):
        make_editable(obj)
        obj.data = obj.data.override_create(remap_local_usages=False)


def clipping_note(obj: bpy.types.Object, values: dict[str, np.ndarray]) -> str:
    """A sentence on shape keys of a library's mesh whose sliders end before these values (F,), '' without any: wider
    sliders would not be saved."""
    if not has_library_mesh(obj):
        return ""
    blocks = obj.data.shape_keys.key_blocks
    clipped = tuple(
        name
        for name, weights in values.items()
        if weights.min(initial=0.0) < blocks[name].slider_min or weights.max(initial=0.0) > blocks[name].slider_max
    )
    if not clipped:
        return ""
    return (
        f"The sliders of these end before what the take asks, and only '{file_of(obj.data)}' can widen them: "
        f"{short_list(clipped)}."
    )
