# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a take drives what on a mesh: the one question that applying a take asks about shape keys.

`targets` answers it for one mesh and changes nothing. A speaker of several meshes asks for each, `part=True` for all
but the face, and says once, with `lacking`, what none of them shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from . import curves, default_head, key_table, keys, mouths
from .recognition import Recognised, recognised, some
from .take import Take


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
    """What a take with weights drives on a mesh object. Changes nothing, raises nothing but key_table.TableError for
    a table that was edited into nonsense.

    Keys with a driver are left to it; a part says nothing of what it lacks.
    """
    names = keys.names(thing.data)
    if not names:
        return Targets({}, "", take.channels, (), f"'{thing.name}' has no shape keys.")
    table = table_of(thing, part)
    known = set(names)
    rows = [row for row in table.rows if row.key in known]
    if not rows:
        return Targets(
            {},
            "",
            take.channels,
            table.left,
            f"None of the {len(names)} shape keys of '{thing.name}' has a name that Mien knows (ARKit's jawOpen, "
            "visemes like viseme_PP ...). Give them sources in the table under Driving, or bind the mesh.",
        )
    driven_paths = curves.driven_paths(thing.data.shape_keys)
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
    values = key_table.values(rows, _sources(take, table.rows), take.frames)
    notes = [] if part else list(table.left)
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
    missing = tuple(name for name in take.channels if name in table.lacking)
    return Targets(values, table.scheme, missing, tuple(notes), "")


def lacking(take: Take, meshes: Sequence[Targets]) -> str:
    """The sentence on channels of the take that none of a speaker's meshes shows, '' when all are shown."""
    nowhere = set(take.channels).intersection(*(each.missing for each in meshes))
    if not nowhere:
        return ""
    named = sorted(nowhere, key=lambda name: (not name.startswith(("jaw", "mouth")), take.channels.index(name)))
    return f"{len(named)} of {len(take.channels)} shape keys are not there: {some(named)}."


def table_of(thing: bpy.types.Object, part: bool = False) -> Recognised:
    """The table that drives this mesh: by its keys' names."""
    return recognised(keys.names(thing.data), part)


def _sources(take: Take, rows: Sequence[key_table.Row]) -> dict[str, np.ndarray]:
    """name -> (F,) of every channel of the take and every mouth of the rows."""
    weights = take.weights.astype(float)
    sources = {name: weights[:, column] for column, name in enumerate(take.channels)}
    wanted = key_table.mouths_of(rows)
    if wanted:
        shut = mouths.shut(take.channels, weights, take.mouth_holds, float(take.start), float(take.fps))
        apart = key_table.channels_of(rows)
        mixed = mouths.mixed(weights, take.channels, wanted, apart, mouths.lips(default_head.find_file()), shut)
        sources |= dict(zip(wanted, mixed.T, strict=True))
    return sources
