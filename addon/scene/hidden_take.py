# SPDX-License-Identifier: GPL-3.0-or-later
"""What hides a take that was applied: the NLA is off, another track is soloed, keys of the animator's own lie above."""

from collections.abc import Iterable, Mapping

import bpy

from ..animation.fcurves import Curve, fcurves_of
from ..animation.nla_layers import mark_of
from ..shape_keys.recognition import short_list


def hidden_notes(moved: Mapping[bpy.types.ID, Iterable[Curve]]) -> list[str]:
    """Why new layers with these curves do not show, a sentence for each datablock whose layer does not."""
    notes = [_note(id_, {(curve.path, curve.index) for curve in curves}) for id_, curves in moved.items()]
    return [note for note in notes if note]


def _note(id_: bpy.types.ID, moved: set[tuple[str, int]]) -> str:
    data = id_.animation_data
    if not data.use_nla:
        return f"The NLA of '{id_.name}' is switched off, so the take does not show: turn it on in the NLA editor."
    if any(track.is_solo for track in data.nla_tracks):
        return f"A track of '{id_.name}' is soloed, so the take does not show: leave the solo in the NLA editor."
    own = [] if mark_of(data.action) else fcurves_of(data.action, getattr(data, "action_slot", None))
    above = [curve for curve in own if not curve.mute and (curve.data_path, curve.array_index) in moved]
    names = sorted({_name_in(curve.data_path) for curve in above})
    return f"Keys of your own lie above the take and win: {short_list(names)}." if names else ""


def _name_in(path: str) -> str:
    """As jawOpen in key_blocks["jawOpen"].value; the path where there is none."""
    _, quote, rest = path.partition('["')
    return bpy.utils.unescape_identifier(rest.rpartition('"]')[0]) if quote else path
