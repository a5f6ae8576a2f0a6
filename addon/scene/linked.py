# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters linked from another file: what of them can be animated here, and what has to be done for it.

Measured in 4.2, 4.5, 5.0 and 5.2. What is linked itself takes no animation. Of a library override the object, its NLA,
modifiers and properties are kept with the film. A mesh that the override left linked gets an override of its own: its
shape keys then take NLA tracks, and those are kept too. Not kept are new shape keys, wider sliders and custom
properties: a saved film has them as the library does.
"""

import bpy
import numpy as np

from ..shape_keys.recognition import some


def refusal(thing: bpy.types.Object) -> str:
    """Why a mesh object cannot be animated for where it comes from, without a full stop; '' when it can."""
    if thing.library is None:
        return ""
    return (
        f"'{thing.name}' is linked from '{file_of(thing)}': make a library override of it (Object > Library Override > "
        "Make), or make it local"
    )


def file_of(id_: bpy.types.ID) -> str:
    """The name of the file from which a datablock is linked or overridden."""
    source = id_ if id_.library is not None or id_.override_library is None else id_.override_library.reference
    return bpy.path.basename(source.library.filepath) if source.library is not None else ""


def is_closed(thing: bpy.types.Object) -> bool:
    """Whether the object's mesh is linked, so that its shape keys cannot be animated before `open_mesh`."""
    return thing.library is None and thing.data.library is not None


def is_foreign(thing: bpy.types.Object) -> bool:
    """Whether the mesh is a library's, linked or overridden: shape keys cannot be added to it for good."""
    return thing.data.library is not None or thing.data.override_library is not None


def make_editable(thing: bpy.types.Object) -> None:
    """Let what is done to an override be the animator's, or the order of its modifiers is not kept."""
    if thing.override_library is not None and thing.override_library.is_system_override:
        thing.override_library.is_system_override = False


def open_mesh(thing: bpy.types.Object) -> None:
    """Give an object whose mesh is linked a library override of that mesh alone: others that use it keep theirs."""
    if is_closed(thing):
        make_editable(thing)
        thing.data = thing.data.override_create(remap_local_usages=False)


def clipped(thing: bpy.types.Object, values: dict[str, np.ndarray]) -> str:
    """A sentence on shape keys of a library's mesh whose sliders end before these values (F,), '' without any: they
    cannot be widened for good here."""
    if not is_foreign(thing):
        return ""
    blocks = thing.data.shape_keys.key_blocks
    short = tuple(
        name
        for name, weights in values.items()
        if weights.min(initial=0.0) < blocks[name].slider_min or weights.max(initial=0.0) > blocks[name].slider_max
    )
    if not short:
        return ""
    return (
        f"The sliders of these end before what the take asks, and only '{file_of(thing.data)}' can widen them: "
        f"{some(short)}."
    )
