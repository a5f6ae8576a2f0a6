# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests of a line: everything that the backend and the runner need for each of its takes, as plain values."""

import json
from dataclasses import astuple, dataclass, replace
from functools import partial

import bpy

from ..animation import takes
from ..body.bone_names import bones_of
from ..connection import engines
from ..connection.address import is_loopback
from ..connection.preferences import preferences
from ..scene import direction, gesture_layer, retiming, strip_sync
from ..scene.sound import SoundError, line_fps
from ..scene.timeline import words
from ..shape_keys import driving
from . import fingerprint
from .recorded_part import recorded_part
from .runner import runner
from .sent_sound import SentSound
from .state import Request


@dataclass(frozen=True)
class LineSound:
    """What is sent of a line: a sound, and the scene's frames of its second 0 and of its end (None if unknown)."""

    sound: SentSound
    start_frame: float
    last_frame: float | None


def sound_of_line(line, scene: bpy.types.Scene) -> LineSound:
    """The line's sound, or the excerpt that its trimmed strip plays. Raises SoundError; writes nothing."""
    fps = float(line_fps(line, scene))
    sent = _sent(line)
    seconds, start = sent.length_s(), line.start_frame + line.trim_start * fps
    return LineSound(sent, start, None if seconds is None else start + seconds * fps)


def prepare(speaker: bpy.types.Object, line) -> None:
    """Bring the line to where its strip is and write the file that is sent where it is not there yet: before the
    requests of `of_line` are sent. Raises SoundError."""
    strip_sync.sync_line(line)
    _sent(line).write()
    recorded = recorded_part(speaker, line)
    if recorded is not None:
        recorded.write()


def _sent(line) -> SentSound:
    """Raises SoundError for a strip whose retiming cannot be read."""
    if line.retiming.startswith("!"):
        raise SoundError(line.retiming.removeprefix("! "))
    # a FloatProperty is a float32: rounded, so that the same strip sends the same sound
    offset, speed = round(line.sound_offset, 6), retiming.from_text(line.retiming)
    return SentSound(line.sound, line.trim_start, line.trim_end, offset, speed)


def of_line(
    context: bpy.types.Context, scene: bpy.types.Scene, speaker: bpy.types.Object, line, seeds: list[int], take: int = 0
) -> tuple[Request, ...]:
    """A request for each seed; `take` is the uid of the take that is replaced, 0 for new ones. Raises SoundError.

    Changes nothing, neither in the scene nor on disk: call `prepare` before the requests are sent.
    """
    settings, line_sound, fps = preferences(context), sound_of_line(line, scene), line_fps(line, scene)
    performance = direction.performance_of(speaker, line)
    head, driven = head_of(speaker), how_driven(speaker, gestures=performance.gestures > 0.0)
    recorded = recorded_part(speaker, line)
    if recorded is not None and head:
        raise SoundError(
            "A recorded take has 52 channels, for which this mesh has no keys; choose none under Recorded."
        )
    supports = partial(engines.supports, runner.state.info, performance.engine)
    requests = []
    for number, seed in enumerate(seeds):
        text = direction.direction(
            speaker, line, scene, seed, line_sound.start_frame, line_sound.last_frame, float(fps), supports
        )
        requests.append(
            Request(
                speaker=speaker.name,
                speaker_uid=getattr(speaker, "session_uid", 0),
                scene=scene.name,
                scene_uid=getattr(scene, "session_uid", 0),
                sound=str(line_sound.sound.file),
                start_frame=line_sound.start_frame,
                direction=text,
                engine=performance.engine,
                fps=str(fps),
                address=settings.address,
                start_own=settings.start_own and is_loopback(settings.address),
                command=settings.command,
                sound_to_place=line.sound if speaker.mien.place_sound and not line.strip else "",
                head=head,
                line=line.uid,
                line_name=line.name,
                line_start=line.start_frame,
                take=take,
                show=number == 0,
                recorded=str(recorded.file) if recorded is not None else "",
                recorded_part=recorded.part if recorded is not None else "",
                fingerprint=fingerprint.of_request(
                    line_sound.sound.digest(), text, str(fps), head, driven, recorded.stamp if recorded else ""
                ),
            )
        )
    return tuple(requests)


def of_corrected_words(
    context: bpy.types.Context, scene: bpy.types.Scene, speaker: bpy.types.Object, line
) -> tuple[Request, ...]:
    """The request of the active take with the words that were retyped: only they replace what the take has. Raises
    SoundError, WordError."""
    text, spans = words.corrected(line)
    take = takes.active(line)
    (request,) = of_line(context, scene, speaker, line, [take.seed], take.uid)
    direction_text = json.dumps({**json.loads(request.direction), "transcript": text}, sort_keys=True)
    return (replace(request, direction=direction_text, spans=spans, transcript=text, fingerprint=""),)


def how_driven(speaker: bpy.types.Object, gestures: bool = False) -> str:
    """A text that changes whenever takes would be applied to the speaker's meshes and bones differently; with gestures
    also to the armature of its body."""
    meshes = [
        [
            len(mesh.data.vertices),
            mesh.mien_driving.vertices,
            [astuple(row) for row in driving.table_of(mesh, mesh != speaker, speaker).rows],
        ]
        for mesh in takes.meshes(speaker)
    ]
    head_object = speaker.mien.head_object
    chosen = speaker.mien_driving.bones()
    names = (*chosen.names, chosen.facing)
    bones = [head_object.name if head_object is not None else "", names]
    return json.dumps([meshes, bones, *_how_set_up(speaker), *(_how_it_gestures(speaker) if gestures else ())])


def _how_it_gestures(speaker: bpy.types.Object) -> list:
    """The armature of the body, and which of its bones gesture."""
    body = gesture_layer.body_of(speaker)
    return [] if body is None else [body.name, bones_of(body.data.bones.keys())]


def _how_set_up(speaker: bpy.types.Object) -> list:
    """What of the gaze was set and of controls was learnt; nothing where nothing was, so that takes of former versions
    stay up to date."""
    mapping = speaker.mien_driving
    objects = [obj.name if obj is not None else "" for obj in (mapping.eye_left_object, mapping.eye_right_object)]
    settings = [mapping.gaze, *objects, mapping.eye_left_gain, mapping.eye_right_gain]
    learnt = [mapping.control_map] if mapping.control_map else []
    return learnt if settings == ["AUTO", "", "", 1.0, 1.0] else [settings, *learnt]


def new_seeds(line) -> list[int]:
    """The seeds of the next takes: from the line's own on; where it is not locked, seeds that no take has."""
    seeds: list[int] = []
    for _ in range(line.count):
        seed = seeds[-1] + 1 if seeds else line.seed
        seeds.append(seed if line.lock_seed else takes.free_seed(line, seed))
    return seeds


def head_of(speaker: bpy.types.Object) -> str:
    """The head that takes must be made for: 'flame' for FLAME's mesh without shape keys that Mien knows, else ''."""
    flame = len(speaker.data.vertices) == driving.FLAME_VERTICES
    return "flame" if flame and not driving.table_of(speaker).rows else ""
