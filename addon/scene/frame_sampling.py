# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluates a scene again, or at several frames and restores it: the frame, and values that were set but not keyed."""

import contextlib
from collections.abc import Iterable, Iterator

import bpy

from ..animation import fcurves


def evaluate_again(scene: bpy.types.Scene) -> None:
    """Show the scene's frame as its animation is now."""
    scene.frame_set(scene.frame_current, subframe=scene.frame_subframe)


@contextlib.contextmanager
def sampled_frames(scene: bpy.types.Scene, frames: Iterable[float]) -> Iterator[Iterator[bpy.types.Depsgraph]]:
    """The evaluated depsgraphs of the scene at these frames, one after another, for the block.

    Blender evaluates a scene only at its current frame, and overwrites all animated values then. After the block the
    scene is at its former frame, and animated values that had been changed without a key are set again. Frame-change
    handlers of others run.
    """
    frame, subframe, values = scene.frame_current, scene.frame_subframe, _animated_values()

    def evaluate() -> Iterator[bpy.types.Depsgraph]:
        for number in frames:
            scene.frame_set(int(number // 1), subframe=float(number % 1))
            yield scene.view_layers[0].depsgraph

    try:
        yield evaluate()
    finally:
        scene.frame_set(frame, subframe=subframe)
        for (id_, path, index), value in values.items():
            if _read(id_, path, index) not in (value, None):
                _write(id_, path, index, value)


def _animated_values() -> dict[tuple[bpy.types.ID, str, int], object]:
    """(datablock, data path, index) -> current value of every property with an F-curve or a driver."""
    values = {}
    for id_ in _animated_datablocks():
        data = id_.animation_data
        owners = (data, *(strip for track in data.nla_tracks for strip in track.strips))
        curves = [curve for owner in owners for curve in _curves_of(owner)]
        for curve in (*curves, *data.drivers):
            key = (id_, curve.data_path, curve.array_index)
            if key not in values and (value := _read(*key)) is not None:
                values[key] = value
    return values


def _animated_datablocks() -> Iterator[bpy.types.ID]:
    """Every editable datablock with animation, embedded node trees included."""
    for prop in bpy.data.bl_rna.properties:
        for id_ in getattr(bpy.data, prop.identifier) if prop.type == "COLLECTION" else ():
            for block in (id_, getattr(id_, "node_tree", None)):
                if block is not None and block.library is None and getattr(block, "animation_data", None) is not None:
                    yield block


def _curves_of(owner) -> list:
    """The F-curves in the action of an AnimData or an NLA strip."""
    return fcurves.fcurves_of(owner.action, getattr(owner, "action_slot", None))


def _read(id_: bpy.types.ID, path: str, index: int) -> object:
    """The value of a property or of an element of it, None where the path leads nowhere."""
    try:
        value = id_.path_resolve(path)
        return value if isinstance(value, int | float | str) else value[index]
    except (ValueError, IndexError, TypeError):  # what was animated is gone
        return None


def _write(id_: bpy.types.ID, path: str, index: int, value: object) -> None:
    if path.endswith('"]'):  # a custom property
        owner, _, name = path.rpartition('["')
        parent = id_.path_resolve(owner) if owner else id_
        parent[bpy.utils.unescape_identifier(name[:-2])] = value
        return
    owner, _, name = path.rpartition(".")
    parent = id_.path_resolve(owner) if owner else id_
    if isinstance(getattr(parent, name), int | float | str):
        with contextlib.suppress(AttributeError):  # a property of an override that only its library can change
            setattr(parent, name, value)
    else:
        getattr(parent, name)[index] = value
