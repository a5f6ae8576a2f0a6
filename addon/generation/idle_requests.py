# SPDX-License-Identifier: GPL-3.0-or-later
"""The request of an idle: a take of silence, as long as the scene or the speaker's lines, by the engine that lives
without a voice."""

from functools import partial

import bpy

from ..connection import engines
from ..connection.address import is_loopback
from ..connection.preferences import preferences
from ..scene import direction
from ..scene.sound import scene_fps
from ..scene.timeline import idle
from . import sent_sound
from .runner import runner
from .state import Request

ENGINE = "articulation"  # of silence it makes blinks, gaze, brows and breath, and leaves the mouth at rest


def of_speaker(context: bpy.types.Context, scene: bpy.types.Scene, speaker: bpy.types.Object) -> tuple[Request, ...]:
    """The request of the speaker's idle, in its performance's mood. Writes the silence that is sent."""
    settings, fps = preferences(context), scene_fps(scene)
    first, last = idle.span(scene, speaker)
    known = runner.state.info
    there = known is None or engines.engine_by_name(known, ENGINE) is not None
    engine = ENGINE if there else speaker.mien.performance.engine
    text = direction.direction(
        speaker, None, scene, speaker.mien.idle_seed, first, last, float(fps), partial(engines.supports, known, engine)
    )
    request = Request(
        speaker=speaker.name,
        speaker_uid=getattr(speaker, "session_uid", 0),
        scene=scene.name,
        scene_uid=getattr(scene, "session_uid", 0),
        sound=str(sent_sound.write_silence((last - first + 1) / float(fps))),
        start_frame=first,
        direction=text,
        engine=engine,
        fps=str(fps),
        address=settings.address,
        start_own=settings.start_own and is_loopback(settings.address),
        command=settings.command,
        line_name="Idle",
        idle=True,
    )
    return (request,)
