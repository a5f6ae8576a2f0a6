# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything a .blend holds as plain values, by RNA: to compare a file before and after, datablock by datablock.

    blender -b film.blend --python tests/blender/headless/snapshot.py -- write before.json
    blender -b film.blend --python tests/blender/headless/snapshot.py -- compare before.json

compare prints what differs beyond what a bake may change, and ends with 1 where something does.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Container, Iterator
from pathlib import Path

import bpy
import numpy as np

LONG = 512  # elements from which on a collection is taken as arrays of its commonest properties
ARRAYS = {"co": 3, "vertex_index": 1, "index": 1, "value": 1, "vector": 2, "loop_start": 1, "material_index": 1}
EVALUATED = {"bound_box", "dimensions", "matrix_local", "matrix_world"}  # of an object; they follow from the rest
# Of the evaluation and of tools, which are not saved; uv_sculpt.brush and the UV layers point
# at nothing in 4.2.
SKIPPED = {"depsgraph", "particle_edit", "uv_sculpt", "rna_type", "id_data", "session_uid", "users", "is_evaluated"}
SKIPPED |= {"original", "preview", "tag", "name_full", *EVALUATED, "uv_layer_clone", "uv_layer_stencil"}
KINDS = {"WINDOWMANAGER", "SCREEN", "WORKSPACE", "LIBRARY"}  # of the window, and where a file was found


def snapshot(known: Container[str] | None = None) -> dict[str, dict[str, object]]:
    """'Object Cube' -> {data path: value} of every datablock of the open file, as drivers have it at its frame. Only
    those that are `known` are looked into: the takes of a film have a million keys."""
    bpy.context.scene.frame_set(bpy.context.scene.frame_current)
    out = {}
    for kind in bpy.data.bl_rna.properties:
        if kind.type != "COLLECTION":
            continue
        for id_ in getattr(bpy.data, kind.identifier):
            if id_.id_type in KINDS:
                continue
            name = f"{id_.id_type.capitalize()} {id_.name_full}"
            out[name] = dict(values(id_)) if known is None or name in known else {}
            animation = getattr(id_, "animation_data", None)
            for driver in animation.drivers if animation is not None else ():
                out[name].pop(_path(driver.data_path, id_), None)  # what it is at this frame follows from the rest
    return out


def _path(path: str, id_: bpy.types.ID) -> str:
    """A driver's data path in the form of `values`: key blocks by number."""
    match = re.fullmatch(r'key_blocks\["(.*)"\]\.value', path)
    return f"key_blocks[{id_.key_blocks.find(bpy.utils.unescape_identifier(match[1]))}].value" if match else path


def values(struct, path: str = "", visited: set | None = None) -> Iterator[tuple[str, object]]:
    """(data path, value) of every property of a struct and of the structs that it owns; other datablocks by name. A
    struct that is reached on several paths, like a node link, is listed once."""
    visited = set() if visited is None else visited
    identity = (struct.as_pointer(), struct.bl_rna.identifier)
    if identity in visited:
        return
    visited.add(identity)
    for prop in struct.bl_rna.properties:
        name = prop.identifier
        if name in SKIPPED:
            continue
        at = f"{path}.{name}" if path else name
        try:
            value = getattr(struct, name)
        except (AttributeError, ValueError, RuntimeError):
            continue
        if prop.type == "POINTER":
            yield from _pointed(value, at, visited)
        elif prop.type == "COLLECTION":
            yield from _collected(value, at, visited)
        elif getattr(prop, "is_array", False):
            yield at, tuple(np.array(value).ravel().tolist())
        else:
            yield at, tuple(sorted(value)) if isinstance(value, set) else value
    if isinstance(struct, bpy.types.ID):
        for key, value in struct.items():
            if isinstance(value, int | float | str):
                yield f'["{key}"]', value


def _pointed(value, at: str, visited: set) -> Iterator[tuple[str, object]]:
    if value is None:
        yield at, None
    elif isinstance(value, bpy.types.ID) and not value.is_embedded_data:
        yield at, f"{value.id_type} {value.name_full}"
    else:
        yield from values(value, at, visited)


def _collected(value, at: str, visited: set) -> Iterator[tuple[str, object]]:
    yield f"len({at})", len(value)
    if len(value) > LONG:
        for name, width in ARRAYS.items():
            if hasattr(value[0], name) and not isinstance(getattr(value[0], name), str):
                numbers = np.empty(len(value) * width, np.float32)
                try:
                    value.foreach_get(name, numbers)
                except (TypeError, RuntimeError, AttributeError):
                    continue
                yield f"{at}[:].{name}", hashlib.sha256(numbers.tobytes()).hexdigest()
        return
    for number, element in enumerate(value):
        if isinstance(element, bpy.types.ID):
            yield f"{at}[{number}]", f"{element.id_type} {element.name_full}"
        else:
            yield from values(element, f"{at}[{number}]", visited)


def differences(before: dict, after: dict) -> list[tuple[str, str]]:
    """(datablock, data path) of every difference; the path is '' where a datablock is new or missing."""
    out = [(name, "") for name in sorted(before.keys() ^ after.keys())]
    for name in sorted(before.keys() & after.keys()):
        was, now = before[name], after[name]
        out += [
            (name, path) for path in sorted(was.keys() | now.keys()) if _shown(was.get(path)) != _shown(now.get(path))
        ]
    return out


def _shown(value: object) -> str:
    return repr(value)  # nan is nan


class Allowed:
    """The differences that a bake may make: takes of a speaker, animation and values of its shape keys and of its head
    object, and new actions."""

    def __init__(self, speakers: list[bpy.types.Object]) -> None:
        self._speakers = {f"Object {speaker.name_full}" for speaker in speakers}
        self._keys = {f"Key {speaker.data.shape_keys.name_full}" for speaker in speakers}
        targets = [speaker.mien.head_object for speaker in speakers if speaker.mien.head_object is not None]
        self._head_objects = {f"Object {obj.name_full}" for obj in targets}

    def __call__(self, difference: tuple[str, str], new_actions: set[str]) -> bool:
        name, path = difference
        last = path.rpartition(".")[2]
        if name in new_actions:
            return path == ""
        if name in self._speakers and path.startswith(("mien.lines", "len(mien.lines")):
            return ".takes" in path or last in ("active_take", "next_take")
        if name in self._keys:
            return "animation_data" in path or last in ("value", "slider_min", "slider_max")
        if name in self._head_objects:
            return "animation_data" in path or "mien_rest" in path or last.startswith(("rotation", "matrix"))
        return False


def main(what: str, file: str) -> int:
    if what == "write":
        Path(file).write_text(json.dumps(snapshot(), default=str), encoding="utf-8")
        return 0
    before = json.loads(Path(file).read_text(encoding="utf-8"))
    now = json.loads(json.dumps(snapshot(before), default=str))
    allowed = Allowed([obj for obj in bpy.data.objects if obj.type == "MESH" and len(obj.mien.lines)])
    new = {f"Action {action.name_full}" for action in bpy.data.actions if "mien_role" in action}
    differing = differences(before, now)
    wrong = [difference for difference in differing if not allowed(difference, new)]
    for name, path in wrong[:50]:
        was, is_now = before.get(name, {}).get(path), now.get(name, {}).get(path)
        print(f"SNAPSHOT differs: {name} {path}: {was!r} -> {is_now!r}")
    print(
        f"SNAPSHOT {len(before)} datablocks, {sum(map(len, before.values()))} values: {len(wrong)} differ that may not"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    status = main(*sys.argv[sys.argv.index("--") + 1 :])
    sys.stdout.flush()
    os._exit(status)
