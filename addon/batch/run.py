# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake all: generates the take of every line that is due, in the background or before returning, and reports on each
line.

Takes are cached by their fingerprints: after a bake that was interrupted, even by a killed Blender, the next one
requests only the rest from the backend. A bake changes the lines' own tracks and leaves the sequencer as it is.
"""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bpy

from .. import package
from ..animation import takes
from ..connection.address import is_loopback
from ..connection.backend_info import BackendInfo
from ..connection.credentials import credentials, parse_invitation, plain_address
from ..connection.errors import ClientError
from ..connection.local_backend import LocalBackendError
from ..connection.preferences import preferences
from ..generation import requests, worker
from ..generation import state as jobs
from ..generation.runner import runner
from ..generation.take_cache import TakeCache
from ..scene import lines, strip_sync
from ..scene.sound import SoundError
from .plan import EVERYTHING, Choice, PlanError, PlannedLine, due_requests, plan_lines
from .report import Entry, Report

FOLDER = "MIEN_KEPT_TAKES"  # environment variable: another folder of the cache, such as one that machines share

OnReport = Callable[[Report], None]
_current: "Batch | None" = None


class BatchError(Exception):
    """The bake cannot start; the message says why and what to do."""


class Batch:
    """One bake, from the plan to the report. Methods are called on the main thread.

    address: of the backend; '' is the one of the preferences, started if they say so. force: generate the takes of
    lines that are up to date as well, without the cache.
    """

    def __init__(self, choice: Choice = EVERYTHING, address: str = "", force: bool = False) -> None:
        settings = preferences(bpy.context)
        credential = parse_invitation(address)
        if address and (credential.token or credential.sha256):
            credentials.put(address, credential)
        self.choice, self.force = choice, force
        self.address = plain_address(address) or settings.address
        self.start_own = not address and settings.start_own and is_loopback(self.address)
        self.command = settings.command
        self.running = False
        self._planned: list[PlannedLine] = []
        self._outcomes: tuple[jobs.Outcome, ...] = ()
        self._info: BackendInfo | None = None
        self._backend, self._error = "", ""
        self._started, self._seconds = 0.0, 0.0
        self._on_report: OnReport | None = None

    def report(self) -> Report:
        """The report so far: lines that were not generated yet are due."""
        outcomes = dict(zip(due_requests(self._planned), self._outcomes, strict=False))
        entries = tuple(
            line.entry if line.request is None else _entry_after(line.entry, outcomes.get(line.request))
            for line in self._planned
        )
        seconds = time.monotonic() - self._started if self.running else self._seconds
        return Report(bpy.data.filepath, entries, self._backend, seconds, self._error)

    def dry_run(self) -> Report:
        """The report of what is due. Neither the scene nor a file is changed, and no backend is started; without one
        that answers engines are not compared. Raises PlanError."""
        self._set_backend(*self._connect(start_own=False))
        self._planned = plan_lines(bpy.context, self.choice, self._info, self.force)
        return self.report()

    def run(self, on_report: OnReport | None = None) -> Report:
        """Bake before returning. on_report is called after each line. Raises BatchError and PlanError before a take
        is requested."""
        self._start(on_report)
        try:
            self._set_backend(*self._connect(self.start_own))
            due = self._plan()
            if due:
                runner.run(due, self._on_state, self._cache())
            self._finish()
        finally:
            self.running = False
        return self.report()

    def begin(self, on_report: OnReport | None = None) -> None:
        """Bake in the background. on_report is called after each line, and at the end. Raises BatchError where it
        cannot start now."""
        if runner.working_in_background:
            raise BatchError("Backends are being looked for, or takes generated already; press again in a moment.")
        self._start(on_report)

        def connect() -> Callable[[], None]:
            connection = self._connect(self.start_own)
            return lambda: self._begin(*connection)

        runner.report_backend(None, "Looking for the backend ...")
        runner.run_in_background(connect)

    def _begin(self, info: BackendInfo | None, sentence: str) -> None:
        due: tuple[jobs.Request, ...] = ()
        try:
            self._set_backend(info, sentence)
            due = self._plan()
        except PlanError as error:
            self._error = str(error)
        except Exception:
            self.running = False  # a fault of ours must not keep the next bake from starting
            raise
        if due and runner.state.running:
            due, self._error = (), "Other takes were asked for meanwhile, so nothing was made."
        if due:
            runner.begin(due, self._cache(), self._on_state)
        else:
            self._finish()

    def _start(self, on_report: OnReport | None) -> None:
        global _current
        if runner.state.running or (_current is not None and _current.running):
            raise BatchError("Takes are being generated already; wait for them or cancel them.")
        _current = self
        self.running, self._on_report, self._started = True, on_report, time.monotonic()
        self._outcomes, self._error = (), ""

    def _connect(self, start_own: bool) -> tuple[BackendInfo | None, str]:
        """The backend's info and a sentence on it, or None and why there is none. May be called from any thread."""
        try:
            info = worker.connect(self.address, start_own, self.command, runner.local)[1]
        except (ClientError, LocalBackendError) as error:
            return None, str(error)
        return info, worker.describe(info)

    def _set_backend(self, info: BackendInfo | None, sentence: str) -> None:
        self._info, self._backend = info, sentence
        runner.report_backend(info, sentence)

    def _plan(self) -> tuple[jobs.Request, ...]:
        """Bring lines in step with their strips, plan them and write their sounds; the requests to run. Without a
        backend there are none: lines that are due have failed."""
        strip_sync.sync_all()
        planned = plan_lines(bpy.context, self.choice, self._info, self.force)
        self._planned = [line if line.request is None else self._prepare(line.entry, line.request) for line in planned]
        due = due_requests(self._planned)
        if due and self._info is None:
            self._outcomes = tuple(jobs.Outcome(request, "failed", self._backend) for request in due)
            return ()
        return due

    def _prepare(self, entry: Entry, request: jobs.Request) -> PlannedLine:
        """Write the sound of a line that is due and put this batch's backend into its request; failed where there is no
        sound."""
        try:
            speaker = bpy.data.objects[entry.speaker]
            requests.prepare(speaker, lines.find(speaker, entry.uid))
        except SoundError as error:
            return PlannedLine(replace(entry, state="failed", why=str(error)))
        return PlannedLine(entry, replace(request, address=self.address, start_own=self.start_own))

    def _cache(self) -> TakeCache | None:
        """The cache of takes; None where all are generated again."""
        return None if self.force else TakeCache(cache_folder())

    def _on_state(self, state: jobs.State) -> None:
        """Follow the runner: report after each line and at the end."""
        line_ended, self._outcomes = len(state.outcomes) > len(self._outcomes), state.outcomes
        if not state.running:
            self._finish()
        elif line_ended and self._on_report is not None:
            self._on_report(self.report())

    def _finish(self) -> None:
        if not self.running:
            return
        self.running, self._seconds = False, time.monotonic() - self._started
        if self._on_report is not None:
            self._on_report(self.report())


def cache_folder() -> Path:
    """The folder of cached takes: the one that the environment names, else the extension's own for this user."""
    if os.environ.get(FOLDER, "").strip():
        return Path(os.environ[FOLDER]).expanduser()
    try:
        return Path(bpy.utils.extension_path_user(package.NAME, path="takes", create=True))
    except ValueError:  # not installed as an extension: a checkout under test
        return Path(bpy.app.tempdir) / "mien-takes"


def _entry_after(entry: Entry, outcome: jobs.Outcome | None) -> Entry:
    """The entry of a line after the outcome of its request, None for none yet."""
    if outcome is None:
        return entry
    entry = replace(entry, state="made" if outcome.state == "done" else outcome.state, why=outcome.sentence)
    speaker = bpy.data.objects.get(entry.speaker)
    line = lines.find(speaker, entry.uid) if speaker is not None else None
    take = takes.active(line) if line is not None else None
    return replace(entry, take=take.name, seed=take.seed) if take is not None else entry
