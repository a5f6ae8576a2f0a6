# SPDX-License-Identifier: GPL-3.0-or-later
"""A take, or what was baked down, with fewer keys: those that an animator can edit by hand."""

import json
from dataclasses import dataclass

import bpy
import numpy as np

from ..formats.channels import folded
from . import baking, fcurves, key_reduction, nla_layers, takes
from .nla_layers import Mark

LIDS = ("eye", "brow", "blink", "lid", "まばたき")  # in names of keys that no lip depends on
STRAIGHT = "LINEAR"


@dataclass(frozen=True)
class Thinned:
    """Keys before and after, the largest error, and how many curves were left because they were edited by hand."""

    before: int
    after: int
    error: float
    left: int


def thin(speaker: bpy.types.Object, line, error: float) -> Thinned:
    """Thin the baked action, or else the take of the line that is seen. Where lips or lids are shut every key of
    what moves them stays. Raises CurveError, changing nothing, when Blender would not let it."""
    before = after = left = 0
    worst = 0.0
    found = list(_actions(speaker, line))
    for id_, mark, _, _ in found:
        nla_layers.refuse_layer(id_, mark)
    for _, _, action, slot in found:
        facts = json.loads(action.get(nla_layers.FACTS, "{}"))
        for fcurve in fcurves.fcurves_of(action, slot):
            if not fcurves.is_own(fcurve):
                continue
            if any(point.interpolation != STRAIGHT for point in fcurve.keyframe_points) or len(fcurve.modifiers):
                left += 1
                continue
            frames, values = fcurves.keys_of(fcurve)
            indices = key_reduction.kept(frames, values, error, _held(fcurve.data_path, frames, facts))
            worst = max(worst, key_reduction.error_of(frames, values, indices))
            before, after = before + len(frames), after + len(indices)
            if len(indices) < len(frames):
                fcurve.keyframe_points.clear()
                fcurves.set_keys(fcurve, frames[indices], values[indices])
        facts["thinned"] = facts.get("thinned", 0.0) + worst
        action[nla_layers.FACTS] = json.dumps(facts)
    return Thinned(before, after, worst, left)


def _actions(speaker: bpy.types.Object, line):
    """(datablock, mark, action, slot) of what is to be thinned."""
    for id_ in takes.driven(speaker):
        if speaker.mien.baked:
            action = baking.baked_action(id_)
            if action is not None:
                layer = nla_layers.find(id_, baking.BAKED)
                slot = layer.slot if layer is not None else getattr(id_.animation_data, "action_slot", None)
                yield id_, baking.BAKED, action, slot
            continue
        seen = takes.active(line)
        layer = nla_layers.find(id_, Mark("take", line.uid, seen.uid)) if seen is not None else None
        if layer is not None:
            yield id_, layer.mark, layer.strip.action, layer.slot


def _held(path: str, frames: np.ndarray, facts: dict) -> np.ndarray | None:
    """(N,) bool: the keys that must stay, because lips or lids are shut there."""
    if not path.startswith("key_blocks"):
        return None
    name = folded(path.removeprefix('key_blocks["').removesuffix('"].value'))
    spans = facts.get("eye_holds" if any(part in name for part in LIDS) else "mouth_holds", [])
    return key_reduction.inside(frames, spans)
