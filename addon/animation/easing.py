# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes ease in before their first frame and out after their last, and neighbouring lines are bridged.

The strip of a take is longer than the take at both ends. There its curves hold their first and last values, and the
NLA blends them with what lies beneath: an idle, the rest, or the line before. Within the take nothing is blended,
unless two lines lie closer together than `BRIDGE_S`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace

import bpy
import numpy as np

from . import nla_layers
from .fcurves import Curve
from .nla_layers import Layer

LEAST_S, MOST_S = 0.4, 0.8  # seconds of an ease
BRIDGE_S = 0.25  # two lines blend for so long at least, into their first and last frames where there is no gap
HEAD_BRIDGE_S = MOST_S  # the head's rotation: it forms no sound, and turns far
LEAST_STEP = 0.02  # of a frame: a curve that moves less than this in its take may move so far in an ease


@dataclass(frozen=True)
class Ease:
    """Of a take in frames of its action: its first and last frame, and how long it eases in and out."""

    first: float
    last: float
    lead: float
    tail: float
    bridge: float

    def to_json(self) -> list[float]:
        return list(astuple(self))

    def of_head(self, frames_per_second: float) -> "Ease":
        """The same for curves that move no lips."""
        return replace(self, bridge=float(np.ceil(HEAD_BRIDGE_S * frames_per_second)))

    def moved(self, frames: float) -> "Ease":
        return replace(self, first=self.first + frames, last=self.last + frames)


@dataclass(frozen=True)
class Span:
    """Of a strip: its ends, and for how many frames it blends in and out."""

    first: float
    last: float
    blend_in: float
    blend_out: float


def ease_of_curves(curves: Iterable[tuple[Curve, float]], first: float, last: float, frames_per_second: float) -> Ease:
    """How a take from frame `first` to `last` eases: so slowly that none of its curves, pairs with the value at rest,
    is faster in an ease than within the take, as far as `MOST_S` allows."""
    lead = tail = LEAST_S * frames_per_second
    for curve, rest in curves:
        step = LEAST_STEP
        if len(curve.values) > 1:
            step = max(step, float(np.abs(np.diff(curve.values) / np.maximum(np.diff(curve.frames), 1e-3)).max()))
        lead = max(lead, abs(float(curve.values[0]) - rest) / step)
        tail = max(tail, abs(float(curve.values[-1]) - rest) / step)
    most = MOST_S * frames_per_second
    return Ease(
        first,
        last,
        float(np.ceil(min(lead, most))),
        float(np.ceil(min(tail, most))),
        float(np.ceil(BRIDGE_S * frames_per_second)),
    )


def span_of(own: Ease, others: Sequence[tuple[Ease, bool]]) -> Span:
    """The span of a take's strip among the visible takes of other lines, all in the scene's frames; each with whether
    its track lies above this one's. Of two neighbours whose eases meet, the upper one blends over the lower one."""
    first, blend_in = own.first - own.lead, own.lead
    former = [other for other in others if other[0].first <= own.first]
    if former:
        before, above = max(former, key=lambda other: other[0].last)
        if own.first - before.last < own.lead + before.tail:
            begin, end = _bridge(before, own)
            first, blend_in = begin, 0.0 if above else end - begin
    last, blend_out = own.last + own.tail, own.tail
    later = [other for other in others if other[0].first > own.first and other[0].last > own.last]
    if later:
        after, above = min(later, key=lambda other: other[0].first)
        if after.first - own.last < own.tail + after.lead:
            begin, end = _bridge(own, after)
            last, blend_out = end, 0.0 if above else end - begin
    return Span(first, last, blend_in, blend_out)


def _bridge(before: Ease, after: Ease) -> tuple[float, float]:
    """The frames in which one take becomes the next: those between them, or some more where these are few."""
    if after.first - before.last >= after.bridge:
        return before.last, after.first
    middle = min(after.first, (after.first + before.last) / 2)
    half = min(after.bridge / 2, (after.last - after.first) / 2, (before.last - before.first) / 2)
    return min(middle - half, before.last), max(middle + half, after.first)


def ease_of(layer: Layer) -> Ease | None:
    """How the take of a layer eases, in the scene's frames; None for takes of earlier versions of Mien, and where the
    animator has cut or stretched the strip."""
    strip, action = layer.strip, layer.strip.action
    numbers = json.loads(action.get(nla_layers.FACTS, "{}")).get("ease")
    cut = abs(strip.action_frame_start - action.frame_start) + abs(strip.action_frame_end - action.frame_end)
    if numbers is None or cut > 1e-3 or abs(strip.scale - 1.0) > 1e-4 or strip.repeat != 1.0:
        return None
    return Ease(*numbers).moved(strip.frame_start - strip.action_frame_start)


def fit(ids: Iterable[bpy.types.ID]) -> None:
    """Let takes and idles on these datablocks ease in and out, takes beside the visible takes of other lines.
    Datablocks and tracks that cannot be changed now are left alone."""
    for id_ in ids:
        data = id_.animation_data
        if id_.library is not None or data is None or data.use_tweak_mode:
            continue
        layers = [(layer, ease) for layer in nla_layers.layers(id_) if (ease := ease_of(layer)) is not None]
        for number, (layer, ease) in enumerate(layers):
            others = [
                (other, place > number)
                for place, (neighbour, other) in enumerate(layers)
                if {neighbour.mark.role, layer.mark.role} == {"take"}
                and neighbour.mark.line != layer.mark.line
                and not neighbour.track.mute
            ]
            if not layer.track.lock:
                _set(layer, span_of(ease, others))


def _set(layer: Layer, span: Span) -> None:
    strip, last = layer.strip, max(span.last, span.first + 1.0)
    wanted = (span.first, last, span.blend_in, span.blend_out)
    if np.allclose((strip.frame_start, strip.frame_end, strip.blend_in, strip.blend_out), wanted, atol=1e-3):
        return
    shift = strip.frame_start - strip.action_frame_start
    strip.blend_in = strip.blend_out = 0.0
    strip.action.frame_start, strip.action.frame_end = span.first - shift, last - shift
    strip.action_frame_start, strip.action_frame_end = span.first - shift, last - shift
    nla_layers.set_span(strip, span.first, last)
    strip.blend_in, strip.blend_out = span.blend_in, span.blend_out
