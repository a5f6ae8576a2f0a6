# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests of a line: what is asked of the backend for each of its takes, as plain values."""

import json
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path

import bpy

from ..animation import takes
from ..connection import engines
from ..connection.client import is_loopback
from ..connection.preferences import preferences
from ..scene import direction as performance
from ..scene import sound, strip_sync
from ..shape_keys import driving
from . import fingerprint
from .runner import pump
from .state import Request


@dataclass(frozen=True)
class Heard:
    """What is sent of a line: a file, the scene's frame of its second 0, and of its end (None if unknown)."""

    file: Path
    start_frame: float
    last_frame: float | None


def heard(line, scene: bpy.types.Scene) -> Heard:
    """The line's sound as it is sent: the file, or an excerpt where the strip is trimmed. Raises SoundError."""
    strip_sync.follow(line)
    file, fps = sound.file_of(line.sound), sound.scene_fps(scene)
    front, end = line.trim_start, line.trim_end
    if front or end:
        file = sound.excerpt(file, front, end)
    seconds = (end - front) if end else sound.length_s(str(file))
    start = line.start_frame + front * float(fps)
    return Heard(file, start, None if seconds is None else start + seconds * float(fps))


def of_line(
    context: bpy.types.Context, scene: bpy.types.Scene, speaker: bpy.types.Object, line, seeds: list[int], take: int = 0
) -> tuple[Request, ...]:
    """A request for each seed; `take` is the uid of the take to make anew. Raises SoundError."""
    wanted, said, fps = preferences(context), heard(line, scene), sound.scene_fps(scene)
    asked = performance.of_line(speaker, line)
    head, driven = head_of(speaker), how_driven(speaker)
    follows = partial(engines.supports, pump.state.info, asked.engine)
    made = []
    for number, seed in enumerate(seeds):
        direction = performance.direction(
            speaker, line, scene, seed, said.start_frame, said.last_frame, float(fps), follows
        )
        made.append(
            Request(
                speaker=speaker.name,
                speaker_uid=getattr(speaker, "session_uid", 0),
                scene=scene.name,
                sound=str(said.file),
                start_frame=said.start_frame,
                direction=direction,
                engine=asked.engine,
                fps=str(fps),
                address=wanted.address,
                start_own=wanted.start_own and is_loopback(wanted.address),
                command=wanted.command,
                heard=line.sound if speaker.mien.place_sound and not line.strip else "",
                head=head,
                line=line.uid,
                line_name=line.name,
                line_start=line.start_frame,
                take=take,
                show=number == 0,
                content=_content(said.file, direction, str(fps), head, driven),
            )
        )
    return tuple(made)


def _content(file: Path, *rest: str) -> str:
    try:
        return fingerprint.asked(file, *rest)
    except OSError as error:
        raise sound.SoundError(f"The sound file '{file}' cannot be read: {error.strerror or error}.") from None


def how_driven(speaker: bpy.types.Object) -> str:
    """How a take is put on the speaker's meshes: a text that differs where it would be put on otherwise."""
    meshes = [
        [
            len(thing.data.vertices),
            thing.mien_driving.vertices,
            [astuple(row) for row in driving.table_of(thing, part=thing != speaker).rows],
        ]
        for thing in takes.meshes(speaker)
    ]
    target = speaker.mien.head_object
    turned = [target.name if target is not None else "", astuple(speaker.mien_driving.bones())]
    return json.dumps([meshes, turned])


def new_seeds(line) -> list[int]:
    """The seeds of the next takes: from the line's own on, where it is not locked only such as no take has."""
    seeds: list[int] = []
    for _ in range(line.count):
        seed = seeds[-1] + 1 if seeds else line.seed
        seeds.append(seed if line.lock_seed else takes.free_seed(line, seed))
    return seeds


def head_of(speaker: bpy.types.Object) -> str:
    """The head whose vertices a take has to move: 'flame' for FLAME's mesh without keys that are known, else ''."""
    flame = len(speaker.data.vertices) == driving.FLAME_VERTICES
    return "flame" if flame and not driving.table_of(speaker).rows else ""
