# SPDX-License-Identifier: GPL-3.0-or-later
"""`blender -b film.blend --command mien dub`: a movie strip dubbed without a window."""

import argparse
import json
import sys
from pathlib import Path

import bpy

from ..connection.credentials import credentials, parse_invitation, plain_address
from ..formats.atomic_write import atomic_write
from ..generation.runner import runner
from ..scene import sound, strip_sync
from ..scene.sound import SoundError
from . import consent, requests, strips
from .run import run

WHEN_LONGER = ("stop", "hold", "loop")


class DubRefused(Exception):
    """The strips cannot be dubbed; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `mien dub`, but for those of saving."""
    parser.add_argument("--scene", default="", help="whose sequencer (default: the one that the file shows)")
    parser.add_argument("--movie", default="", metavar="NAME", help="the movie strip (default: the selected one)")
    parser.add_argument("--sound", default="", metavar="NAME", help="the sound strip (default: the selected one)")
    parser.add_argument(
        "--consent", default="", metavar="WORDS", help="who agreed, and when (default: as the file has it)"
    )
    parser.add_argument("--strength", type=float, default=1.0, help="of the mouth's movement, 0 to 2")
    parser.add_argument("--opening", type=float, default=1.0, help="of the lips and the jaw, 0 to 2")
    parser.add_argument("--keep-pauses", action="store_true", help="leave the film's own frames in pauses")
    parser.add_argument("--when-longer", choices=WHEN_LONGER, default="stop", help="where the sound is longer")
    parser.add_argument("--label", action="store_true", help="a visible line in the frames that says what the film is")
    parser.add_argument("--backend", default="", metavar="URL", help="in place of the one in the preferences")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what became of it there, too")


def dub(options: argparse.Namespace) -> str:
    """Dub as the options say; '' or a sentence on what went wrong. Raises DubRefused before anything is sent."""
    context = bpy.context
    scene = bpy.data.scenes.get(options.scene) if options.scene else strip_sync.sequencer_scene(context)
    if scene is None:
        raise DubRefused(f"There is no scene '{options.scene}'.")
    all_strips = sound.strips_of(scene, make=False) or ()
    for kind, name in (("MOVIE", options.movie), ("SOUND", options.sound)):
        if name:
            _choose(all_strips, kind, name)
    credential = parse_invitation(options.backend)
    if options.backend and (credential.token or credential.sha256):
        credentials.put(options.backend, credential)
    with context.temp_override(scene=scene):
        try:
            chosen = strips.dub_of(context)
        except SoundError as error:
            raise DubRefused(str(error)) from None
        words = options.consent or consent.recall(str(chosen.video))
        if consent.refusal(words):
            raise DubRefused(f"{consent.refusal(words)}: --consent WORDS.")
        wanted = {
            "strength": options.strength,
            "opening": options.opening,
            "keep_pauses": options.keep_pauses,
            "when_longer": options.when_longer,
            "label": options.label,
        }
        job = requests.dub_job(context, chosen, wanted, words, plain_address(options.backend))
    consent.remember(scene, str(chosen.video), words)
    error = run.run(job, chosen.movie, lambda path: strips.place_dub(chosen, path), runner.local)
    print(f"mien: {error or run.note}", file=sys.stderr)
    if options.json:
        _write_json(options.json, {"command": "dub", "film": "" if error else str(job.output), "error": error})
    return error


def _choose(all_strips, kind: str, name: str) -> None:
    """Select this strip, and no other of its kind."""
    of_kind = {"MOVIE": "movie", "SOUND": "sound"}[kind]
    if not any(strip.type == kind and strip.name == name for strip in all_strips):
        names = ", ".join(f"'{strip.name}'" for strip in all_strips if strip.type == kind) or "none"
        raise DubRefused(f"There is no {of_kind} strip '{name}'; there is {names}.")
    for strip in all_strips:
        if strip.type == kind:
            strip.select = strip.name == name


def _write_json(path: Path, report: dict[str, str]) -> None:
    try:
        with atomic_write(path) as file:
            file.write((json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise DubRefused(f"The report '{path}' cannot be written: {error.strerror or error}.") from None
