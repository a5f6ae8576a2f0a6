# SPDX-License-Identifier: GPL-3.0-or-later
"""Applies a take that arrived from the backend, or was read from a file, as a take of a line."""

import datetime
import json
from pathlib import Path

import bpy

from ..animation import corrections, recorded_takes, takes
from ..animation.nla_layers import Mark
from ..formats.take import Take
from ..scene import apply, lines, sound, strip_sync
from ..scene.frame_sampling import evaluate_again
from ..scene.timeline import idle, words
from . import fingerprint
from .state import Request


def receive(scene: bpy.types.Scene, speaker: bpy.types.Object, take: Take, request: Request) -> str:
    """Apply a take from the backend to the speaker, as the take that `request` names, the one with the same seed, or a
    new one of its line. Returns a sentence on what was done.

    Raises ApplyError before anything is changed. The caller makes the undo step.
    """
    if request.idle:
        said = idle.put(scene, speaker, take, request.start_frame)
        evaluate_again(scene)
        return said
    line = lines.find(speaker, request.line) if request.line else lines.active(speaker)
    if request.new_line:
        line = None
    if line is None and request.line:
        raise apply.ApplyError(f"The line '{request.line_name}' of '{speaker.name}' is not there any more.")
    if request.spans and line is not None:
        return _correct(scene, speaker, line, take, request)
    seed = int(take.meta.get("seed") or 0)
    item = None
    if line is not None:
        item = takes.find(line, request.take) or next(
            (other for other in line.takes if other.film == request.film and (request.film or other.seed == seed)), None
        )
    mark = Mark("take", line.uid if line is not None else 0, item.uid if item is not None else 0)
    plan = apply.plan(speaker, take, mark)
    if line is None:
        line = lines.add(speaker, request.film or request.sound_to_place, round(request.start_frame))
    elif request.film and not line.sound:
        line.sound = request.film
    if item is None:
        item = line.takes.add()
        item.uid, line.next_take = line.next_take, line.next_take + 1
        item.name = f"Take {item.uid}"
    item.film, item.film_fields = request.film, json.dumps(dict(request.fields)) if request.film else ""
    recorded_takes.keep(item, take)
    item.seed, item.content = seed, fingerprint.with_engine(request.fingerprint, take.meta.get("made_with", ""))
    item.made = datetime.datetime.now().isoformat(timespec="seconds")
    mark = Mark("take", line.uid, item.uid)
    fps = sound.line_fps(line, scene)
    start = request.start_frame + (line.start_frame - request.line_start if request.line else 0)
    if request.first_picture:
        start -= take.film_start * float(fps)
    placed = apply.apply_take(speaker, take, plan, start, mark, takes.label(line, item), fps)
    for id_ in takes.driven(speaker):
        corrections.fit(id_, line)
    notes = [*take.warnings, *placed.notes]
    item.last_frame, item.said = placed.last_frame, " ".join(notes)
    if request.show or len(line.takes) == 1:
        takes.choose(line, item.uid)
    else:
        takes.audition(line, None)
    if request.sound_to_place and take.film_has_sound:
        notes += _place_sound(scene, speaker, line, request)
    evaluate_again(scene)  # evaluate it now
    frames = f"from frame {round(start)} to {placed.last_frame}"
    origin = f" ({_origin(request, seed)})" if request.show else ""  # of the take that is seen alone
    return " ".join([f"'{speaker.name}' speaks {frames}{origin}.", *notes])


def _correct(scene: bpy.types.Scene, speaker: bpy.types.Object, line, take: Take, request: Request) -> str:
    """Put corrected words into a take. Raises ApplyError before anything is changed."""
    shift = line.start_frame - request.line_start
    spans = tuple((first + shift, last + shift) for first, last in request.spans)
    said = words.splice(speaker, line, request.take, take, request.start_frame + shift, spans)
    line.transcript = request.transcript
    words.show(scene, speaker, line, "words")
    evaluate_again(scene)
    return " ".join([said, *take.warnings])


def _origin(request: Request, seed: int) -> str:
    return f"from {Path(request.sound).name}" if request.film else f"seed {seed}"


def put(scene: bpy.types.Scene, speaker: bpy.types.Object, take: Take, start_frame: int | None = None) -> str:
    """Apply a take that was not requested, such as one of a file, to the active line, which is added where there is
    none: second 0 of its sound at start_frame, by default where the line starts (without a line, the current frame).
    Result and errors as of `receive`."""
    line = lines.active(speaker)
    start = line.start_frame if line is not None else scene.frame_current
    place_sound = line is not None and speaker.mien.place_sound and not line.strip and not sound.refusal(line.sound)
    request = Request(
        speaker=speaker.name,
        scene=scene.name,
        sound="",
        start_frame=start if start_frame is None else start_frame,
        direction="{}",
        engine="",
        fps=str(sound.line_fps(line, scene)),
        address="",
        start_own=False,
        sound_to_place=line.sound if place_sound else "",
        line=line.uid if line is not None else 0,
        line_name=line.name if line is not None else "",
        line_start=start,
    )
    return receive(scene, speaker, take, request)


def _place_sound(scene: bpy.types.Scene, speaker: bpy.types.Object, line, request: Request) -> list[str]:
    """Add the line's sound to the sequencer and let the line follow it; sentences where that failed."""
    if strip_sync.strip_of(line) is not None:
        return []
    try:
        name = sound.add_strip(scene, f"{speaker.name}/{line.uid}", request.sound_to_place, line.start_frame)
    except sound.SoundError as error:
        return [str(error)]
    strip_sync.attach_strip(line, scene, name)
    return []
