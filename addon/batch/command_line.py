# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line without a window: `blender -b film.blend --command mien bake|report|render|dub`.

Blender writes log lines to stdout, so scripts read a file (--json). The exit status is 0 where every line is up to
date, 1 where one failed or is due, 2 for a wrong command line, 130 after an interrupt.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import bpy

from ..formats.atomic_write import atomic_write
from ..generation.runner import runner
from ..scene.sound import SoundError
from ..video import command as dub_command
from ..video.run import run as film_run
from . import rendering
from .plan import Choice, PlanError
from .report import STATES, Report
from .run import Batch, BatchError

NAME = "mien"
DONE, INCOMPLETE, USAGE_ERROR, INTERRUPTED = 0, 1, 2, 130
SAVE_S = 60.0  # between two saves of a bake; a Blender that is killed loses no more, and cached takes replace it

_commands: list = []  # handles of the registered command


class CommandError(Exception):
    """The command cannot be carried out; the message says why."""


def run(arguments: Sequence[str]) -> int:
    """The command line after `--command mien`; the exit status."""
    try:
        options = _parser().parse_args(list(arguments))
    except SystemExit as end:  # argparse has printed the fault, or the help
        return int(end.code or 0)
    try:
        _refuse_missing_file(sys.argv)
        return options.do(options)
    except (BatchError, PlanError, CommandError, rendering.RenderError) as error:
        print(f"mien: {error}", file=sys.stderr)
        if options.json:
            _write_json(options.json, Report(bpy.data.filepath, (), error=str(error)), options.name, USAGE_ERROR)
        return USAGE_ERROR


def _refuse_missing_file(arguments: Sequence[str]) -> None:
    """Raises CommandError where Blender was given a film and has not opened it: it runs the command all the same, with
    its startup file."""
    before = arguments[: arguments.index("--command")] if "--command" in arguments else []
    named = [name for name in before[1:] if name.lower().endswith(".blend") and not name.startswith("-")]
    if not named or bpy.data.filepath:
        return
    path = Path(named[-1])
    if not path.is_file():
        raise CommandError(f"'{path}' is not there; nothing was done. Write the film's path before --command.")
    raise CommandError(f"Blender could not open '{path}'; nothing was done. It says why above.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="blender -b FILE.blend --command mien", description="Lip-sync of a whole file, without a window."
    )
    commands = parser.add_subparsers(dest="name", required=True, metavar="bake|report|render|dub")
    chosen = argparse.ArgumentParser(add_help=False)
    chosen.add_argument("--scene", action="append", default=[], help="only this scene; may be given again")
    chosen.add_argument("--speaker", action="append", default=[], help="only this object; may be given again")
    chosen.add_argument("--line", action="append", default=[], help="only lines of this name; may be given again")
    chosen.add_argument(
        "--backend", default="", metavar="URL", help="the backend to ask, in place of the one in the preferences"
    )
    chosen.add_argument("--json", type=Path, metavar="FILE", help="write the report there, too")
    where_saved = argparse.ArgumentParser(add_help=False)
    where = where_saved.add_mutually_exclusive_group()
    where.add_argument("--save", action="store_true", help="save the file itself, now and then and at the end")
    where.add_argument("--output", type=Path, metavar="FILE", help="save it as this file, now and then and at the end")
    saved = argparse.ArgumentParser(add_help=False, parents=[where_saved])
    saved.add_argument("--force", action="store_true", help="make what is up to date, too")
    bake = commands.add_parser("bake", parents=[chosen, saved], help="make the lines that are due")
    bake.set_defaults(do=_bake)
    report = commands.add_parser("report", parents=[chosen], help="say what is due, missing or broken; make nothing")
    report.set_defaults(do=_report)
    render = commands.add_parser("render", parents=[chosen, saved], help="make what is due, then render the animation")
    render.add_argument(
        "--to", default="", metavar="PATH", help="where pictures or the film go, as Blender writes paths"
    )
    render.add_argument("--preview", action="store_true", help="a small film by Workbench, whatever the scene's engine")
    render.add_argument("--frames", default="", metavar="A-B", help="only these frames")
    render.add_argument("--anyway", action="store_true", help="render although lines failed")
    render.set_defaults(do=_render)
    dub = commands.add_parser("dub", parents=[where_saved], help="dub a movie strip by a sound strip")
    dub_command.add_arguments(dub)
    dub.set_defaults(do=_dub)
    return parser


def _bake(options: argparse.Namespace) -> int:
    report, status = _bake_lines(options)
    _print_report(options, report, status)
    return status


def _report(options: argparse.Namespace) -> int:
    report = Batch(_choice(options), options.backend).dry_run()
    status = DONE if report.whole else INCOMPLETE
    _print_report(options, report, status)
    return status


def _render(options: argparse.Namespace) -> int:
    scene = rendering.scene_of(options.scene)
    frames = rendering.frames_of(options.frames)
    report, status = _bake_lines(options)
    _print_report(options, report, status)
    if status == INTERRUPTED or (status != DONE and not options.anyway):
        print("mien: nothing was rendered; --anyway renders with what there is.", file=sys.stderr)
        return status
    print(f"mien: rendered to {rendering.render(scene, options.to, options.preview, frames)}", file=sys.stderr)
    return status


def _dub(options: argparse.Namespace) -> int:
    saving = Saving(options.save, options.output)
    try:
        with _signals() as interrupted:
            error = dub_command.dub(options)
    except (dub_command.DubRefused, SoundError) as refused:
        raise CommandError(str(refused)) from None
    if not error:
        saving.save()
    if saving.error:
        print(f"mien: {saving.error}", file=sys.stderr)
    return INTERRUPTED if interrupted() else INCOMPLETE if error or saving.error else DONE


def _bake_lines(options: argparse.Namespace) -> tuple[Report, int]:
    """Bake, and save the film where the options say so; the report and the exit status."""
    saving = Saving(options.save, options.output)
    batch = Batch(_choice(options), options.backend, options.force)
    shown = 0

    def on_report(report: Report) -> None:
        nonlocal shown
        ended = [entry for entry in report.entries if entry.state in ("made", "failed", "cancelled")]
        count = len(ended) + len(report.of("due"))
        for entry in ended[shown:]:
            shown += 1
            print(f"mien: {shown} of {count}: {entry.speaker}, {entry.line}: {STATES[entry.state]}", file=sys.stderr)
        if batch.running and report.of("made") and saving.due:
            saving.save()

    with _signals() as interrupted:
        report = batch.run(on_report)
    if report.of("made"):
        saving.save()
    report = replace(report, error=" ".join(error for error in (report.error, saving.error) if error))
    return report, INTERRUPTED if interrupted() else DONE if report.whole else INCOMPLETE


class Saving:
    """Saves the film as itself or as another file, or not at all. error: a sentence where the last save failed, or
    ''."""

    def __init__(self, itself: bool, output: Path | None) -> None:
        """Raises CommandError where the film cannot be saved so, before anything is baked."""
        self.error, self._saves, self._last = "", 0, time.monotonic()
        if itself and not bpy.data.filepath:
            raise CommandError("There is no file to save: name one before --command, or use --output FILE.")
        self.target = output.absolute() if output else Path(bpy.data.filepath) if itself else None
        if self.target and not os.access(self.target if self.target.exists() else self.target.parent, os.W_OK):
            raise CommandError(f"'{self.target}' cannot be written; choose another with --output FILE, or allow it.")
        self._copy = output is not None

    @property
    def due(self) -> bool:
        return self.target is not None and time.monotonic() - self._last > SAVE_S

    def save(self) -> None:
        if self.target is None:
            return
        paths = bpy.context.preferences.filepaths
        versions = paths.save_version
        if self._saves:
            paths.save_version = 0  # later saves must not replace the .blend1, the film before the bake
        try:
            if self._copy:
                bpy.ops.wm.save_as_mainfile(filepath=str(self.target), copy=True)
            else:
                bpy.ops.wm.save_mainfile()
            self.error = ""
        except RuntimeError as error:
            self.error = f"'{self.target}' was not saved: {str(error).strip()}"
        finally:
            paths.save_version = versions
        self._saves, self._last = self._saves + 1, time.monotonic()


@contextmanager
def _signals() -> Iterator[Callable[[], bool]]:
    """SIGINT and SIGTERM cancel the bake for the block; yields whether one was received. Blender itself would ignore
    the first Ctrl-C and quit at the second, with nothing saved."""
    received = []

    def on_signal(number: int, frame: object) -> None:
        received.append(number)
        runner.interrupt()
        film_run.interrupt()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _choice(options: argparse.Namespace) -> Choice:
    return Choice(tuple(options.scene), tuple(options.speaker), tuple(options.line))


def _print_report(options: argparse.Namespace, report: Report, status: int) -> None:
    for line in report.lines():
        print(f"mien: {line}", file=sys.stderr)
    if options.json:
        _write_json(options.json, report, options.name, status)


def _write_json(path: Path, report: Report, command: str, status: int) -> None:
    """Whole or not at all, so that a watcher never reads half a report."""
    data = {"command": command, "status": status, **report.as_json()}
    try:
        with atomic_write(path) as file:
            file.write((json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise CommandError(f"The report '{path}' cannot be written: {error.strerror or error}.") from None


def register() -> None:
    _commands.append(bpy.utils.register_cli_command(NAME, run))


def unregister() -> None:
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
