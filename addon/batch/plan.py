# SPDX-License-Identifier: GPL-3.0-or-later
"""Every line of a file's speakers, and which of them are due: those whose take would come out otherwise today.

Asks no backend, and changes nothing: what a backend has said of its engines is handed in.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import bpy

from ..animation import nla_layers, point_cache, takes
from ..animation.nla_layers import Mark
from ..connection.client import BackendInfo
from ..generation import fingerprint, requests
from ..generation.state import Request
from ..scene import lines, sound, speakers
from .report import Entry

FROM_FILE = "Its take was put there from a file, so it is left; Make Take Anew replaces it."
BAKED = "Its speaker is baked down to one action; press Back to Takes first."


class SurveyError(Exception):
    """What was asked for is not in the file; the message says what is."""


@dataclass(frozen=True)
class Choice:
    """Names of what is looked at; everything where nothing is named."""

    scenes: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


EVERYTHING = Choice()


@dataclass(frozen=True)
class Found:
    """A line, and what to ask for when it is due."""

    entry: Entry
    request: Request | None = None


def survey(
    context: bpy.types.Context, choice: Choice = EVERYTHING, info: BackendInfo | None = None, force: bool = False
) -> list[Found]:
    """Every chosen line in the order of scenes, names of speakers, and their lines.

    info: of the backend that would be asked; without it, engines are not compared. force: what is up to date is due,
    too. Raises SurveyError.
    """
    _check(choice)
    owners: dict[bpy.types.ID, bpy.types.Object] = {}
    out = []
    for scene, speaker in _speakers():
        shared = _shared(speaker, owners)
        for line in speaker.mien.lines:
            place = _scene_of(line, scene)
            chosen = (
                (not choice.scenes or place.name in choice.scenes)
                and (not choice.speakers or speaker.name in choice.speakers)
                and (not choice.lines or line.name in choice.lines)
            )
            if chosen:
                out.append(_look(context, place, speaker, line, info, force, shared))
    return out


def _speakers() -> Iterator[tuple[bpy.types.Scene, bpy.types.Object]]:
    """Each object with lines once, with the first scene that has it."""
    seen = set()
    for scene in bpy.data.scenes:
        for thing in sorted(scene.objects, key=lambda thing: thing.name):
            if thing.type == "MESH" and len(thing.mien.lines) and thing not in seen:
                seen.add(thing)
                yield scene, thing


def _check(choice: Choice) -> None:
    """Raises SurveyError for a name that nothing has."""
    things = [thing for _, thing in _speakers()]
    there = {
        "scene": (choice.scenes, [scene.name for scene in bpy.data.scenes]),
        "speaker": (choice.speakers, [thing.name for thing in things]),
        "line": (choice.lines, [line.name for thing in things for line in thing.mien.lines]),
    }
    for kind, (asked, known) in there.items():
        for name in asked:
            if name not in known:
                has = ", ".join(f"'{each}'" for each in dict.fromkeys(known)) or "none"
                raise SurveyError(f"There is no {kind} '{name}' with lines in this file; it has {has}.")


def _scene_of(line, scene: bpy.types.Scene) -> bpy.types.Scene:
    """The scene whose sequencer has the line's strip, else the speaker's."""
    own = bpy.data.scenes.get(line.scene) if line.strip else None
    return own or scene


def _shared(speaker: bpy.types.Object, owners: dict[bpy.types.ID, bpy.types.Object]) -> str:
    """Why takes of this speaker would overwrite another's; '' when they would not."""
    for mesh in takes.meshes(speaker):
        shape_keys = mesh.data.shape_keys
        if shape_keys is None or shape_keys.library is not None:  # a linked mesh gets an override for each speaker
            continue
        owner = owners.setdefault(shape_keys, speaker)
        if owner != speaker:
            return (
                f"'{mesh.name}' has the same mesh as '{owner.name}', so their takes would overwrite each other: make "
                "it single-user (Object > Relations > Make Single User)"
            )
    return ""


def _look(context, scene, speaker, line, info: BackendInfo | None, force: bool, shared: str) -> Found:
    seen = takes.active(line)
    entry = Entry(
        scene=scene.name,
        speaker=speaker.name,
        line=line.name,
        uid=line.uid,
        state="fresh",
        take=seen.name if seen is not None else "",
        seed=seen.seed if seen is not None else 0,
        start_frame=line.start_frame,
    )
    if not line.sound.strip():
        return Found(replace(entry, state="skipped", why="It has no sound yet."))
    if speaker.mien.baked:
        return Found(replace(entry, state="skipped", why=BAKED))
    if seen is not None and not seen.content and not force:
        return Found(replace(entry, state="skipped", why=FROM_FILE))
    reason = speakers.refusal(speaker) or shared or lines.refusal(line)
    if reason:
        return Found(replace(entry, state="failed", why=f"{reason}."))
    seed = seen.seed if seen is not None else requests.new_seeds(line)[0]
    try:
        asked = requests.of_line(context, scene, speaker, line, [seed], seen.uid if seen is not None else 0)[0]
    except sound.SoundError as error:
        return Found(replace(entry, state="failed", why=str(error)))
    request = replace(asked, sound_to_place="")  # the sequencer is left as it is
    why = _why(speaker, line, seen, request, info) or ("It was asked for anew." if force else "")
    if not why:
        return Found(entry)
    locked = _locked(speaker, line, seen)
    if locked:
        return Found(replace(entry, state="skipped", why=f"{why} {locked}"))
    return Found(replace(entry, state="due", why=why, seed=seed), request)


def _why(speaker, line, seen, request: Request, info: BackendInfo | None) -> str:
    """Why the line is due, '' when it is not."""
    if seen is None:
        return "It has no take yet."
    mark = Mark("take", line.uid, seen.uid)
    moved = any(nla_layers.find(id_, mark) is not None for id_ in takes.driven(speaker))
    if not moved and not point_cache.there(speaker, mark):
        return "The animation of its take is gone."
    now = fingerprint.with_engine(request.fingerprint, fingerprint.engine_of(info, request.engine, request.head))
    changed = fingerprint.changes(seen.content, now)
    return f"Since its take was made, {' and '.join(changed)}." if changed else ""


def _locked(speaker: bpy.types.Object, line, seen) -> str:
    """A sentence where the animator locked the take's track, '' where not."""
    if seen is None:
        return ""
    for id_ in takes.driven(speaker):
        layer = nla_layers.find(id_, Mark("take", line.uid, seen.uid))
        if layer is not None and layer.track.lock:
            return f"Its NLA track '{layer.track.name}' is locked, so it is left."
    return ""


def due(found: Sequence[Found]) -> tuple[Request, ...]:
    """What to ask for, in order."""
    return tuple(each.request for each in found if each.request is not None)
