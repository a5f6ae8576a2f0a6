# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of takes from video: a film, or the part of one that a movie strip shows, as one take of a line."""

import json

import bpy

from ..connection.address import is_loopback
from ..connection.preferences import preferences
from ..scene import lines, sound
from ..scene.movie_strips import MovieStrip
from .state import Request


def of_film(
    context: bpy.types.Context, scene: bpy.types.Scene, speaker: bpy.types.Object, path: str, options: dict[str, str]
) -> tuple[Request, ...]:
    """The request of a film, by its path in Blender's form: a take of the active line, whose sound starts with the
    film's. A speaker without a line gets one, with the film's sound. options: as `Client.submit_film` has them."""
    line = lines.active(speaker)
    start = line.start_frame if line is not None else scene.frame_current
    return (_request(context, scene, speaker, path, options, start, line),)


def of_strip(
    context: bpy.types.Context,
    scene: bpy.types.Scene,
    speaker: bpy.types.Object,
    strip: MovieStrip,
    options: dict[str, str],
) -> tuple[Request, ...]:
    """The request of the part of a film that a movie strip shows, at its place: a take of the line with the film's
    sound there, else of a new line."""
    part = {name: f"{at:.6f}" for name, at in (("begin", strip.begin_s), ("end", strip.end_s)) if at}
    same = (
        line
        for line in speaker.mien.lines
        if sound.same_file(line.sound, strip.path) and line.start_frame == strip.start_frame
    )
    line = next(same, None)
    return (
        _request(
            context, scene, speaker, strip.path, options | part, strip.start_frame, line, new_line=line is None,
            first_picture=True,
        ),
    )  # fmt: skip


def of_take(
    context: bpy.types.Context, scene: bpy.types.Scene, speaker: bpy.types.Object, line, take
) -> tuple[Request, ...]:
    """The request that makes a take from video anew, of the same film as before."""
    options = json.loads(take.film_fields or "{}")
    first_picture = bool(options.get("begin") or options.get("end"))
    return (
        _request(
            context, scene, speaker, take.film, options, line.start_frame, line, take=take.uid,
            first_picture=first_picture,
        ),
    )  # fmt: skip


def _request(
    context,
    scene,
    speaker,
    path: str,
    options: dict[str, str],
    start_frame: float,
    line=None,
    take: int = 0,
    first_picture: bool = False,
    new_line: bool = False,
) -> Request:
    settings, fps = preferences(context), str(sound.line_fps(line, scene))
    fields = {name: value for name, value in options.items() if value} | {"fps": fps}
    other_voice = line is not None and bool(line.sound) and not sound.same_file(line.sound, path)
    placed = speaker.mien.place_sound and not other_voice and not (line is not None and line.strip)
    return Request(
        speaker=speaker.name,
        speaker_uid=getattr(speaker, "session_uid", 0),
        scene=scene.name,
        scene_uid=getattr(scene, "session_uid", 0),
        sound=str(sound.absolute(path)),
        start_frame=start_frame,
        direction="{}",
        engine="",
        fps=fps,
        address=settings.address,
        start_own=settings.start_own and is_loopback(settings.address),
        command=settings.command,
        sound_to_place=path if placed else "",
        line=line.uid if line is not None else 0,
        line_name=line.name if line is not None else "",
        line_start=line.start_frame if line is not None else 0,
        take=take,
        kind="tracks",
        film=path,
        fields=tuple(sorted(fields.items())),
        first_picture=first_picture,
        new_line=new_line,
    )
