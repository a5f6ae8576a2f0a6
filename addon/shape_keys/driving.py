# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a take drives what on a mesh: the one question that applying a take asks about shape keys.

`targets` answers it for one mesh and changes nothing. A speaker of several meshes asks for each, `part=True` for all
but the face, and says once, with `lacking`, what none of them shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import bpy
import numpy as np

from ..animation import fcurves
from ..formats import head_file
from ..formats.channels import sides
from ..formats.take import Take
from . import bones, key_table, keys, viseme_mix
from .recognition import Recognised, recognised, some, unshown

HEAD_VERTICES = 4538  # of Mien's own head
FLAME_VERTICES = 5023  # the mesh of every FLAME
# A weight of 1 means 30 degrees (docs/articulation.md, section 10); the eyes of the default head turn by this many at
# a key's value of 1 (rigid fit to its eyeballs; a test measures it anew).
EYE_TURNS = {"eyeLookDown": 10.58, "eyeLookUp": 9.24, "eyeLookIn": 14.17, "eyeLookOut": 13.66}
GAZE_GAINS = {side: 30.0 / turn for name, turn in EYE_TURNS.items() for side in sides(name)}
LID_SHARE = 0.27  # of a blink: how far its lids close at an eyeLookDown key of 1 (a test measures it anew)


@dataclass(frozen=True, eq=False)
class Targets:
    """values: shape key -> (F,) float32, one for each frame of the take, in the key's own units; sliders have yet to
    be fitted to them (`keys.fit_range`). scheme: whose names the keys have, for the panel. missing: channels of the
    take that this mesh has nothing for. notes: sentences for the animator. refusal: why nothing of the take shows on
    this mesh, '' when something does."""

    values: dict[str, np.ndarray]
    scheme: str
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    refusal: str


def targets(thing: bpy.types.Object, take: Take, part: bool = False) -> Targets:
    """What a take with weights drives on a mesh object. Changes nothing.

    Keys with a driver are left to it; a part says nothing of what it lacks.
    """
    names = keys.names(thing.data)
    if not names:
        return Targets({}, "", take.channels, (), f"'{thing.name}' has no shape keys.")
    table = table_of(thing, part)
    known = set(names)
    wrong = tuple(row.key for row in table.rows if key_table.fault(row.source))
    rows = [row for row in table.rows if row.key in known and row.key not in wrong]
    if not rows:
        return Targets(
            {},
            "",
            take.channels,
            table.left,
            f"None of the {len(names)} shape keys of '{thing.name}' has a name that Mien knows (ARKit's jawOpen, "
            "visemes like viseme_PP ...). Give them sources in the table under Driving, or bind the mesh.",
        )
    driven_paths = fcurves.driven_paths(thing.data.shape_keys)
    driven = tuple(row.key for row in rows if keys.value_path(row.key) in driven_paths)
    if len(driven) == len(rows):
        return Targets(
            {},
            table.scheme,
            (),
            table.left,
            f"Every shape key of '{thing.name}' that the take drives has a driver, which overrules curves; remove the "
            "drivers first.",
        )
    rows = [row for row in rows if row.key not in driven]
    values = key_table.values(rows, _sources(take, rows), take.frames)
    notes = [] if part else list(table.left)
    if wrong:
        notes.append(f"The sources of these cannot be read, so they were left; see the table: {some(wrong)}.")
    gone = tuple(row.key for row in table.rows if row.key not in known)
    if gone and not part:
        notes.append(f"The table names keys that '{thing.name}' does not have: {some(gone)}.")
    if driven and not part:
        notes.append(f"These have drivers of their own and were left to them: {some(driven)}.")
    blocks = thing.data.shape_keys.key_blocks
    muted = tuple(name for name in values if blocks[name].mute)
    if muted:
        notes.append(f"These are muted, so they do not show: {some(muted)}.")
    if thing.show_only_shape_key:
        notes.append("One shape key is pinned (Solo), so the others do not show.")
    moved = bones.shown(thing.mien_driving.bones())
    twice = sorted(moved & key_table.channels_of(rows))
    if twice and not part:
        notes.append(f"Both a bone and a shape key show these: {some(twice)}.")
    missing = tuple(name for name in take.channels if name in table.lacking and name not in moved)
    return Targets(values, table.scheme, missing, tuple(notes), "")


def lacking(take: Take, meshes: Sequence[Targets]) -> str:
    """The sentence on channels of the take that none of a speaker's meshes shows, '' when all are shown."""
    nowhere = set(take.channels).intersection(*(each.missing for each in meshes))
    if not nowhere:
        return ""
    named = sorted(nowhere, key=lambda name: (not name.startswith(("jaw", "mouth")), take.channels.index(name)))
    return f"{len(named)} of {len(take.channels)} shape keys are not there: {some(named)}."


def table_of(thing: bpy.types.Object, part: bool = False) -> Recognised:
    """The table that drives this mesh: the animator's, where it was edited, else by its keys' names."""
    own = thing.mien_driving
    if own.edited:
        rows = own.rows()
        return Recognised(rows, own.table_name, unshown(rows), ())
    found = recognised(keys.names(thing.data), part)
    return replace(found, rows=with_true_gaze(found.rows)) if has_heads_eyes(thing) else found


def has_heads_eyes(thing: bpy.types.Object) -> bool:
    """Whether the keys are those of Mien's own head, by its topology, or were made from them by binding."""
    mesh = thing.data
    return len(mesh.vertices) == HEAD_VERTICES or (mesh.shape_keys is not None and keys.BOUND in mesh.shape_keys)


def with_true_gaze(rows: Sequence[key_table.Row]) -> tuple[key_table.Row, ...]:
    """The table with gains by which eyes that turn as little as the default head's look where the take does. As lids go
    down with the eyes, a blink has only the rest of the way to go."""
    looks = key_table.channels_of(rows)
    out = []
    for row in rows:
        down = row.source.replace("Blink", "LookDown")
        if row.source in sides("eyeBlink") and down in looks:
            out.append(replace(row, source=f"{row.source} - {LID_SHARE * GAZE_GAINS[down]:.2g} {down}"))
        else:
            out.append(replace(row, gain=row.gain * GAZE_GAINS.get(row.source, 1.0)))
    return tuple(out)


def _sources(take: Take, rows: Sequence[key_table.Row]) -> dict[str, np.ndarray]:
    """name -> (F,) of every channel of the take and every mouth of the rows."""
    weights = take.weights.astype(float)
    sources = {name: weights[:, column] for column, name in enumerate(take.channels)}
    wanted = key_table.mouths_of(rows)
    if wanted:
        shut = viseme_mix.shut(take.channels, weights, take.mouth_holds, float(take.start), float(take.fps))
        apart = key_table.channels_of(rows)
        mixed = viseme_mix.mixed(weights, take.channels, wanted, apart, viseme_mix.lips(head_file.find_file()), shut)
        sources |= dict(zip(wanted, mixed.T, strict=True))
    return sources
