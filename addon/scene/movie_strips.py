# SPDX-License-Identifier: GPL-3.0-or-later
"""Movie strips of the sequencer, and why a film cannot be used."""

from dataclasses import dataclass
from pathlib import Path

import bpy

from . import sound, strip_sync


@dataclass(frozen=True)
class MovieStrip:
    """name: of the strip; path: of its film, in Blender's form; start_frame: the scene's frame of the film's first
    picture; begin_s, end_s: the part that the strip shows, in seconds of the film; end_s is 0 at the film's end."""

    name: str
    path: str
    start_frame: int
    begin_s: float
    end_s: float


def all_strips(context: bpy.types.Context) -> list[MovieStrip]:
    """The movie strips of the sequencer that is edited, in order of time."""
    scene = strip_sync.sequencer_scene(context)
    movies = [strip for strip in sound.strips_of(scene, make=False) or () if strip.type == "MOVIE"]
    return [_movie_strip(strip, scene) for strip in sorted(movies, key=lambda strip: sound.span_of(strip)[0])]


def find(context: bpy.types.Context, name: str) -> MovieStrip | None:
    """The movie strip of this name, None where there is none."""
    return next((strip for strip in all_strips(context) if strip.name == name), None)


def refusal(path: str) -> str:
    """Why a film cannot be used, without a full stop; '' when it can."""
    if not path.strip():
        return "Choose a film first"
    if path.startswith("//") and not bpy.data.filepath:
        return "The film's path starts at a .blend that was never saved: save it, or choose the film again"
    file: Path = sound.absolute(path)
    return "" if file.is_file() else f"There is no film '{file}'"


def _movie_strip(strip, scene: bpy.types.Scene) -> MovieStrip:
    return MovieStrip(strip.name, strip.filepath, sound.start_of(strip), *sound.trim_of(strip, scene))
