# SPDX-License-Identifier: GPL-3.0-or-later
"""Words or phones of a line as markers of the timeline. They are dragged to retime the mouth, and words retyped to
correct them; the take follows only there."""

import json
from dataclasses import dataclass
from fractions import Fraction

import bpy
import numpy as np

from ...animation import fcurves, nla_layers, takes
from ...animation.nla_layers import Mark
from ...formats.take import Take
from ...shape_keys import driving, key_table, keys
from .. import apply
from . import marker_changes, transcript
from .marker_changes import Changes, Marker

MOUTH = ("jaw", "mouth", "tongue", "cheekPuff")  # beginnings of the channels that follow the words
EDGE_S = 0.08  # seconds over which a corrected word and its neighbours blend


class WordError(Exception):
    """The markers cannot be followed; the message says why and what to do. The scene is unchanged."""


@dataclass(frozen=True)
class Shown:
    """The markers of a line: in which scene, of which kind ('words' or 'phones'), and as they were placed."""

    scene: str
    kind: str
    markers: tuple[Marker, ...]

    def to_text(self) -> str:
        return json.dumps([self.scene, self.kind, self.markers])


def shown(line) -> Shown | None:
    """The markers of a line as they were placed; None where none are."""
    if not line.words:
        return None
    scene, kind, markers = json.loads(line.words)
    return Shown(scene, kind, tuple((str(name), int(frame)) for name, frame in markers))


def known(speaker: bpy.types.Object, line, kind: str) -> list[tuple[str, float, float]]:
    """(text, first frame, last frame) of the active take's words or phones, in the scene's frames; none where the take
    does not know them."""
    layer = _layer(speaker, line)
    if layer is None:
        return []
    facts = json.loads(layer.strip.action.get(nla_layers.FACTS, "{}"))
    entries = json.loads(facts.get("meta", {}).get(kind, "[]"))
    if not entries:
        return []
    start, fps = float(facts["start_frame"]) + _shift(layer), float(Fraction(facts["fps"]))
    return [(str(text), start + begin * fps, start + end * fps) for text, begin, end in entries]


def show(scene: bpy.types.Scene, speaker: bpy.types.Object, line, kind: str) -> int:
    """Place a marker at the beginning of each word or phone of the active take, in place of the line's former ones;
    their number."""
    hide(line)
    entries = known(speaker, line, kind)
    markers = tuple((text, round(begin)) for text, begin, _ in entries)
    for name, frame in markers:
        scene.timeline_markers.new(name, frame=frame).select = False  # else a drag would move all of them
    line.words = Shown(scene.name, kind, markers).to_text() if markers else ""
    return len(markers)


def hide(line) -> None:
    """Remove the line's markers, also those that were moved or retyped."""
    placed = shown(line)
    scene = bpy.data.scenes.get(placed.scene) if placed is not None else None
    if placed is not None and scene is not None:
        for marker in changes(line).present:
            _remove(scene, marker)
    line.words = ""


def changes(line) -> Changes:
    """What the animator did to the line's markers. Markers of other lines, as they were placed, are not taken for
    them."""
    placed = shown(line)
    scene = bpy.data.scenes.get(placed.scene) if placed is not None else None
    if placed is None or scene is None:
        return Changes((), ())
    found = [(marker.name, marker.frame) for marker in scene.timeline_markers]
    for other in line.id_data.mien.lines:
        theirs = shown(other) if other.uid != line.uid else None
        for marker in theirs.markers if theirs is not None else ():
            if marker in found and marker not in placed.markers:
                found.remove(marker)
    return marker_changes.compare(placed.markers, found)


def move(line, frames: int) -> None:
    """Move the line's markers along with it."""
    placed = shown(line)
    scene = bpy.data.scenes.get(placed.scene) if placed is not None else None
    if placed is None or scene is None:
        return
    mine = [marker for marker in changes(line).present if marker is not None]
    for marker in scene.timeline_markers:
        if (marker.name, marker.frame) in mine:
            mine.remove((marker.name, marker.frame))
            marker.frame += frames
    line.words = Shown(placed.scene, placed.kind, tuple((n, f + frames) for n, f in placed.markers)).to_text()


def retime(speaker: bpy.types.Object, line) -> int:
    """Let the mouth of the line's active take follow the markers that were moved, between their neighbours; their
    number. Raises WordError, CurveError, changing nothing."""
    placed, found, layer = shown(line), changes(line), _layer(speaker, line)
    if placed is None or layer is None or not found.moved:
        return 0
    mark = layer.mark
    try:
        old, new = marker_changes.knots(found, nla_layers.start_of(layer), nla_layers.end_of(layer))
    except ValueError as error:
        raise WordError(
            f"The word '{error}' lies before the one that is said before it, or outside of its line: drag it back."
        ) from None
    layers = [(id_, each) for id_ in takes.driven(speaker) if (each := nla_layers.find(id_, mark)) is not None]
    for id_, _ in layers:
        nla_layers.refuse_layer(id_, mark)
    mouth = mouth_paths(speaker)
    for id_, each in layers:
        shift = _shift(each)
        for fcurve in each.fcurves:
            if (id_, fcurve.data_path) in mouth:
                frames, values = fcurves.keys_of(fcurve)
                if len(frames) > 1:
                    _replace_keys(fcurve, np.interp(frames + shift, old, new) - shift, values)
        _warp_facts(each, old - shift, new - shift)
    markers = tuple(now if now is not None else was for was, now in zip(found.placed, found.present, strict=True))
    names = [name for name, _ in found.placed]
    line.words = Shown(
        placed.scene, placed.kind, tuple((name, frame) for name, (_, frame) in zip(names, markers, strict=True))
    ).to_text()
    return len(found.moved)


def corrected(line) -> tuple[str, tuple[tuple[float, float], ...]]:
    """(the transcript with the words that were retyped, the scene's frames of those words). Raises WordError."""
    placed, found = shown(line), changes(line)
    if placed is None or placed.kind != "words" or not found.retyped:
        raise WordError("No word was retyped: rename a word's marker (F2 over the timeline) first.")
    text = transcript.of_line(line)
    if "-->" in text:
        raise WordError("The words come from subtitles with times; correct them in that file.")
    parts = apply_text(text, {number: now[0] for number in found.retyped if (now := found.present[number]) is not None})
    spans = []
    frames = [frame for _, frame in placed.markers]
    for number in found.retyped:
        after = frames[number + 1] if number + 1 < len(frames) else frames[number] + 24
        spans.append((float(frames[number]), float(after)))
    return parts, tuple(spans)


def apply_text(text: str, words: dict[int, str]) -> str:
    """A transcript in which the words of these numbers are others; what stands in square brackets counts as none.
    Raises WordError where there is no such word."""
    out, number, depth = [], 0, 0
    for token in text.split():
        opened, closed = token.count("["), token.count("]")
        is_tag = depth > 0 or token.startswith("[")
        depth = max(0, depth + opened - closed)
        if is_tag:
            out.append(token)
            continue
        out.append(words.get(number, token))
        number += 1
    if any(each >= number for each in words):
        raise WordError("The transcript was changed since the words were shown; show them again.")
    return " ".join(out)


def splice(
    speaker: bpy.types.Object, line, take_uid: int, take: Take, start_frame: float,
    spans: tuple[tuple[float, float], ...],
) -> str:  # fmt: skip
    """Put the mouth of a take of the corrected words into the take of this uid within spans of the scene's frames; the
    rest of it stays. Returns a sentence. Raises ApplyError, changing nothing."""
    mark = Mark("take", line.uid, take_uid)
    plan = apply.plan(speaker, take, mark)
    layer = _layer(speaker, line)
    if plan.kind != "channels" or layer is None or layer.mark != mark:
        raise apply.ApplyError("Only a take of named shape keys, the active one, can be corrected by words.")
    facts = json.loads(layer.strip.action[nla_layers.FACTS])
    fps = Fraction(facts["fps"])  # as the rest of the take has it
    frames, edge = take.scene_frames(fps, start_frame), EDGE_S * float(fps)
    mouth = mouth_paths(speaker)
    for mesh, targets in plan.targets:
        each = nla_layers.find(mesh.data.shape_keys, mark)
        if each is None:
            continue
        by_path = {curve.data_path: curve for curve in each.fcurves}
        for key, values in targets.values.items():
            path = keys.value_path(key)
            if path in by_path and (mesh.data.shape_keys, path) in mouth:
                keys.fit_range(mesh.data.shape_keys.key_blocks[key], float(values.min()), float(values.max()))
                _splice_curve(by_path[path], frames - _shift(each), values, spans, edge, _shift(each))
    for kind in ("words", "phones"):
        facts.setdefault("meta", {})[kind] = take.meta.get(kind, "[]")
    layer.strip.action[nla_layers.FACTS] = json.dumps(facts)
    return f"'{speaker.name}' says the corrected words; all else of the take is as it was."


def mouth_paths(speaker: bpy.types.Object) -> set[tuple[bpy.types.ID, str]]:
    """(datablock, data path) of everything that the words move: keys of channels of the mouth and of visemes, the jaw
    bone."""
    paths: set[tuple[bpy.types.ID, str]] = set()
    for mesh in takes.meshes(speaker):
        if mesh.data.shape_keys is None:
            continue
        for row in driving.table_of(mesh, part=mesh != speaker).rows:
            channels = key_table.channels_of([row])
            if key_table.visemes_of([row]) or any(channel.startswith(MOUTH) for channel in channels):
                paths.add((mesh.data.shape_keys, keys.value_path(row.key)))
    armature, jaw = speaker.mien_driving.armature, speaker.mien_driving.bones().jaw
    if armature is not None and jaw:
        bone = f'pose.bones["{bpy.utils.escape_identifier(jaw)}"].'
        names = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle")
        paths |= {(armature, bone + name) for name in names}
    return paths


def _layer(speaker: bpy.types.Object, line) -> nla_layers.Layer | None:
    """A layer of the line's active take: all of them have the same facts."""
    take = takes.active(line)
    if take is None:
        return None
    found = [nla_layers.find(id_, Mark("take", line.uid, take.uid)) for id_ in takes.driven(speaker)]
    return next((layer for layer in found if layer is not None), None)


def _shift(layer: nla_layers.Layer) -> float:
    return layer.strip.frame_start - layer.strip.action_frame_start


def _remove(scene: bpy.types.Scene, marker: Marker | None) -> None:
    for each in scene.timeline_markers:
        if marker is not None and (each.name, each.frame) == marker:
            scene.timeline_markers.remove(each)
            return


def _replace_keys(fcurve, frames: np.ndarray, values: np.ndarray) -> None:
    fcurve.keyframe_points.clear()
    fcurves.set_keys(fcurve, frames, values)


def _warp_facts(layer: nla_layers.Layer, old: np.ndarray, new: np.ndarray) -> None:
    """Warp the times of words, phones and lip contacts that are kept with an action, from old to new frames of it."""
    facts = json.loads(layer.strip.action.get(nla_layers.FACTS, "{}"))

    def warped(frame: float) -> float:
        return float(np.interp(frame, old, new)) if old[0] <= frame <= old[-1] else frame

    for kind in ("words", "phones"):
        entries = json.loads(facts.get("meta", {}).get(kind, "[]"))
        if entries:
            start, fps = float(facts["start_frame"]), float(Fraction(facts["fps"]))
            moved = [[t, *((warped(start + s * fps) - start) / fps for s in (b, e))] for t, b, e in entries]
            facts["meta"][kind] = json.dumps(moved)
    facts["mouth_holds"] = [[warped(first), warped(last)] for first, last in facts.get("mouth_holds", [])]
    layer.strip.action[nla_layers.FACTS] = json.dumps(facts)


def _splice_curve(
    fcurve, frames: np.ndarray, values: np.ndarray, spans: tuple[tuple[float, float], ...], edge: float, shift: float
) -> None:
    """Replace a curve within spans of the scene's frames by values (F,) at frames (F,) of the action, blended over
    `edge` frames at either end."""
    own, kept = fcurves.keys_of(fcurve)
    share = np.zeros(len(frames))
    for first, last in spans:
        at = frames + shift
        share = np.maximum(share, np.clip(np.minimum((at - first) / edge + 1, (last - at) / edge + 1), 0.0, 1.0))
    inside = np.convolve(share > 0.0, np.ones(3), "same") > 0.0  # with a frame on either side that stays as it is
    if not inside.any():
        return
    mixed = (1 - share) * np.interp(frames, own, kept) + share * values
    within = np.zeros(len(own), bool)
    for first, last in spans:
        within |= (own + shift >= first - edge) & (own + shift <= last + edge)
    at = np.concatenate([own[~within], frames[inside]])
    order = np.argsort(at, kind="stable")
    _replace_keys(fcurve, at[order], np.concatenate([kept[~within], mixed[inside]])[order])
