# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a bake: every line of a file's speakers, and which are due, because their take would differ today.

Planning changes neither the scene nor any file, and contacts no backend. Lines are planned where they are: bring them
in step with their strips before (`strip_sync.sync_all`), and write their sounds after (`requests.prepare`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import bpy

from ..animation import nla_layers, point_cache, takes
from ..animation.nla_layers import Mark
from ..connection.backend_info import BackendInfo
from ..generation import fingerprint, requests
from ..generation.state import Request
from ..scene import lines, sound, speakers
from .report import Entry

FROM_FILM = "Its take was tracked from a film, so it is left; Regenerate Take tracks it again."
FROM_FILE = "Its take was put there from a file, so it is left; Regenerate Take replaces it."
BAKED = "Its speaker is baked down to one action; press Back to Takes first."


class PlanError(Exception):
    """The file has nothing of a chosen name; the message says what it has."""


@dataclass(frozen=True)
class Choice:
    """Names of the scenes, speakers and lines to plan; all of a kind where none is named."""

    scenes: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


EVERYTHING = Choice()


@dataclass(frozen=True)
class PlannedLine:
    """The entry of a line, with its request where it is due."""

    entry: Entry
    request: Request | None = None


def plan_lines(
    context: bpy.types.Context, choice: Choice = EVERYTHING, info: BackendInfo | None = None, force: bool = False
) -> list[PlannedLine]:
    """The chosen lines, in the order of scenes, speakers' names and lines. Raises PlanError.

    info: of the backend that would make the takes; without it engines are not compared. force: lines that are up to
    date are due as well.
    """
    _check(choice)
    owners: dict[bpy.types.ID, bpy.types.Object] = {}
    out = []
    for first_scene, speaker in _speakers():
        shared = _shared_mesh(speaker, owners)
        for line in speaker.mien.lines:
            scene = sound.scene_of(line, first_scene)
            chosen = (
                (not choice.scenes or scene.name in choice.scenes)
                and (not choice.speakers or speaker.name in choice.speakers)
                and (not choice.lines or line.name in choice.lines)
            )
            if chosen:
                out.append(_plan_line(context, scene, speaker, line, info, force, shared))
    return out


def _speakers() -> Iterator[tuple[bpy.types.Scene, bpy.types.Object]]:
    """(the first scene that has it, object) of each object with lines."""
    visited = set()
    for scene in bpy.data.scenes:
        for obj in sorted(scene.objects, key=lambda obj: obj.name):
            if obj.type == "MESH" and len(obj.mien.lines) and obj not in visited:
                visited.add(obj)
                yield scene, obj


def _check(choice: Choice) -> None:
    """Raises PlanError for a name that the file does not have."""
    objects = [obj for _, obj in _speakers()]
    kinds = {
        "scene": (choice.scenes, [scene.name for scene in bpy.data.scenes]),
        "speaker": (choice.speakers, [obj.name for obj in objects]),
        "line": (choice.lines, [line.name for obj in objects for line in obj.mien.lines]),
    }
    for kind, (chosen, known) in kinds.items():
        for name in chosen:
            if name not in known:
                has = ", ".join(f"'{known_name}'" for known_name in dict.fromkeys(known)) or "none"
                raise PlanError(f"There is no {kind} '{name}' with lines in this file; it has {has}.")


def _shared_mesh(speaker: bpy.types.Object, owners: dict[bpy.types.ID, bpy.types.Object]) -> str:
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


def _plan_line(context, scene, speaker, line, info: BackendInfo | None, force: bool, shared: str) -> PlannedLine:
    take = takes.active(line)
    entry = Entry(
        scene=scene.name,
        speaker=speaker.name,
        line=line.name,
        uid=line.uid,
        state="fresh",
        take=take.name if take is not None else "",
        seed=take.seed if take is not None else 0,
        start_frame=line.start_frame,
    )
    if not line.sound.strip():
        return PlannedLine(replace(entry, state="skipped", why="It has no sound yet."))
    if speaker.mien.baked:
        return PlannedLine(replace(entry, state="skipped", why=BAKED))
    if take is not None and take.film:
        return PlannedLine(replace(entry, state="skipped", why=FROM_FILM))
    if take is not None and not take.content and not force:
        return PlannedLine(replace(entry, state="skipped", why=FROM_FILE))
    reason = speakers.refusal(speaker) or shared or lines.refusal(line)
    if reason:
        return PlannedLine(replace(entry, state="failed", why=f"{reason}."))
    seed = take.seed if take is not None else requests.new_seeds(line)[0]
    uid = take.uid if take is not None else 0
    try:
        (request,) = requests.of_line(context, scene, speaker, line, [seed], uid)
    except sound.SoundError as error:
        return PlannedLine(replace(entry, state="failed", why=str(error)))
    request = replace(request, sound_to_place="")  # a bake leaves the sequencer as it is
    why = _why_due(speaker, line, take, request, info) or ("It was asked for anew." if force else "")
    if not why:
        return PlannedLine(entry)
    locked = _locked(speaker, line, take)
    if locked:
        return PlannedLine(replace(entry, state="skipped", why=f"{why} {locked}"))
    return PlannedLine(replace(entry, state="due", why=why, seed=seed), request)


def _why_due(speaker, line, take, request: Request, info: BackendInfo | None) -> str:
    """Why the line is due, '' when it is not."""
    if take is None:
        return "It has no take yet."
    mark = Mark("take", line.uid, take.uid)
    has_layer = any(nla_layers.find(id_, mark) is not None for id_ in takes.driven(speaker))
    if not has_layer and not point_cache.exists(speaker, mark):
        return "The animation of its take is gone."
    engine = fingerprint.engine_of(info, request.engine, request.head, request.direction)
    now = fingerprint.with_engine(request.fingerprint, engine)
    changed = fingerprint.changes(take.content, now)
    return f"Since its take was made, {' and '.join(changed)}." if changed else ""


def _locked(speaker: bpy.types.Object, line, take) -> str:
    """A sentence where the animator locked a track of the take, '' where not."""
    if take is None:
        return ""
    for id_ in takes.driven(speaker):
        layer = nla_layers.find(id_, Mark("take", line.uid, take.uid))
        if layer is not None and layer.track.lock:
            return f"Its NLA track '{layer.track.name}' is locked, so it is left."
    return ""


def due_requests(planned: Sequence[PlannedLine]) -> tuple[Request, ...]:
    """The requests of the lines that are due, in order."""
    return tuple(line.request for line in planned if line.request is not None)
