# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of films, from what is selected and wanted for, and where their films are written."""

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

from ..connection.address import is_loopback
from ..connection.preferences import preferences
from ..scene.sound import scene_fps
from .film_job import FilmJob
from .strips import Dub, Voice

FPS = (24, 60)  # pictures a second that a portrait may have


def dub_job(
    context: bpy.types.Context, dub: Dub, options: Mapping[str, Any], consent: str, address: str = ""
) -> FilmJob:
    """The job of a dub. options: of the dialog, by the backend's names; address: of the backend, '' for the one of the
    preferences. Raises SoundError where the voice cannot be written."""
    wanted = {"begin": str(dub.begin), "end": None if dub.end is None else str(dub.end), **options}
    files = {"video": dub.video, "voice": dub.voice.write()}
    return _job(context, files, wanted, consent, output_path(dub.video, "dub", ".mp4"), address)


def portrait_job(
    context: bpy.types.Context,
    photo: Path,
    voice: Voice,
    options: Mapping[str, Any],
    consent: str,
    make: str = "portrait",
) -> FilmJob:
    """The job of a picture that speaks, at the scene's rate where that is one for portraits. make: "talk" where its
    body is to move, too. Raises SoundError."""
    fps = scene_fps(context.scene)
    fps = fps if FPS[0] * Fraction(1000, 1001) <= fps <= FPS[1] else Fraction(25)
    wanted = {"fps": str(fps), **options}
    output = output_path(photo, make, ".mov" if options.get("alpha") else ".mp4")
    files = {"photo": photo, "voice": voice.voice.write()}
    return _job(context, files, wanted, consent, output, make="" if make == "portrait" else make)


def output_path(source: Path, kind: str, suffix: str) -> Path:
    """An unused file for a film: in the folder `films` beside the .blend, or beside its source where that was never
    saved."""
    folder = Path(bpy.path.abspath("//")) / "films" if bpy.data.filepath else source.parent
    stem = f"{source.stem}_{kind}"
    names = (f"{stem}{suffix}", *(f"{stem}_{number}{suffix}" for number in range(2, 10000)))
    return next(folder / name for name in names if not (folder / name).exists())


def _job(
    context: bpy.types.Context,
    files: Mapping[str, Path],
    options: Mapping[str, Any],
    consent: str,
    output: Path,
    address: str = "",
    make: str = "",
) -> FilmJob:
    settings = preferences(context)
    start_own = not address and settings.start_own and is_loopback(settings.address)
    fields = {"options": json.dumps(options), "consent": consent.strip()} | ({"make": make} if make else {})
    return FilmJob(files, fields, output, address or settings.address, start_own, settings.command)
