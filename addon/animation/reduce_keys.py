# SPDX-License-Identifier: GPL-3.0-or-later
"""Key reduction of a take or a baked action, so that an animator can edit it by hand."""

import json
from dataclasses import dataclass

import bpy
import numpy as np

from ..formats.channels import folded
from . import baking, bezier_reduction, fcurves, key_reduction, nla_layers, takes
from .nla_layers import Mark

LID_WORDS = ("eye", "brow", "blink", "lid", "まばたき")  # in names of shape keys that do not move the lips


@dataclass(frozen=True)
class KeyReduction:
    """Numbers of keys before and after, the largest error, and the number of curves that were skipped because they were
    edited by hand."""

    before: int
    after: int
    error: float
    skipped: int


def reduce_keys(speaker: bpy.types.Object, line, error: float, bezier: bool = False) -> KeyReduction:
    """Reduce the keys of the baked action, or else of the line's active take, to straight lines between them or to
    Bezier curves. Where lips or lids are shut all keys of
    the curves that move them stay. Raises CurveError, changing nothing, where a layer is locked or in tweak mode."""
    before = after = skipped = 0
    worst = 0.0
    actions = list(_actions(speaker, line))
    for id_, mark, _, _ in actions:
        nla_layers.refuse_layer(id_, mark)
    for _, _, action, slot in actions:
        facts = json.loads(action.get(nla_layers.FACTS, "{}"))
        for fcurve in fcurves.fcurves_of(action, slot):
            if not fcurves.is_own(fcurve):
                continue
            if any(point.interpolation != "LINEAR" for point in fcurve.keyframe_points) or len(fcurve.modifiers):
                skipped += 1
                continue
            frames, values = fcurves.keys_of(fcurve)
            held = _contact_keys(fcurve.data_path, frames, facts)
            before += len(frames)
            if bezier and len(frames) > 2:
                fitted = bezier_reduction.fit(frames, values, error, held)
                worst, after = max(worst, fitted.error), after + len(fitted.indices)
                fcurve.keyframe_points.clear()
                points = np.stack([frames[fitted.indices], values[fitted.indices]], 1)
                fcurves.set_bezier_keys(fcurve, points, fitted.left, fitted.right)
                continue
            indices = key_reduction.keys_to_keep(frames, values, error, held)
            worst = max(worst, key_reduction.largest_error(frames, values, indices))
            after += len(indices)
            if len(indices) < len(frames):
                fcurve.keyframe_points.clear()
                fcurves.set_keys(fcurve, frames[indices], values[indices])
        facts["thinned"] = facts.get("thinned", 0.0) + worst
        action[nla_layers.FACTS] = json.dumps(facts)
    return KeyReduction(before, after, worst, skipped)


def _actions(speaker: bpy.types.Object, line):
    """(datablock, mark, action, slot) of the actions whose keys are reduced."""
    for id_ in takes.driven(speaker):
        if speaker.mien.baked:
            action = baking.baked_action(id_)
            if action is not None:
                layer = nla_layers.find(id_, baking.BAKED)
                slot = layer.slot if layer is not None else getattr(id_.animation_data, "action_slot", None)
                yield id_, baking.BAKED, action, slot
            continue
        take = takes.active(line)
        layer = nla_layers.find(id_, Mark("take", line.uid, take.uid)) if take is not None else None
        if layer is not None:
            yield id_, layer.mark, layer.strip.action, layer.slot


def _contact_keys(path: str, frames: np.ndarray, facts: dict) -> np.ndarray | None:
    """(N,) bool: the keys that must stay because lips or lids are shut there; None for other curves."""
    if not path.startswith("key_blocks"):
        return None
    name = folded(path.removeprefix('key_blocks["').removesuffix('"].value'))
    spans = facts.get("eye_holds" if any(word in name for word in LID_WORDS) else "mouth_holds", [])
    return key_reduction.inside_spans(frames, spans)
