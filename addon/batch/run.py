# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake all: every line that is due is made, in the background or before returning, and a report says what became of
each line.

Takes that arrive are kept by what they were made from: a bake that was broken off, even by a killed Blender, asks the
backend only for the rest when it is started again. Only a line's own tracks change; the sequencer is left as it is.
"""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bpy

from .. import package
from ..animation import takes
from ..connection.client import BackendInfo, ClientError, is_loopback
from ..connection.credentials import credentials, parse_invitation, plain_address
from ..connection.local_backend import LocalBackendError
from ..connection.preferences import preferences
from ..generation import requests, worker
from ..generation import state as jobs
from ..generation.runner import runner
from ..generation.take_cache import TakeCache
from ..scene import lines, strip_sync
from ..scene.sound import SoundError
from . import plan
from .plan import EVERYTHING, Choice, Found
from .report import Entry, Report

FOLDER = "MIEN_KEPT_TAKES"  # environment variable: another folder for kept takes, such as one that machines share


_at_work: "Batch | None" = None


class BatchError(Exception):
    """The bake cannot be begun; the message says why and what to do."""


class Batch:
    """One bake, from the survey to the report. Everything here is called on the main thread.

    address: the backend to ask; '' is the one that the preferences name, started if they say so. force: make what is
    up to date, too, and make it anew.
    """

    def __init__(self, choice: Choice = EVERYTHING, address: str = "", force: bool = False) -> None:
        wanted = preferences(bpy.context)
        key = parse_invitation(address)
        if address and (key.token or key.sha256):
            credentials.put(address, key)
        self.choice, self.force = choice, force
        self.address = plain_address(address) or wanted.address
        self.start_own = not address and wanted.start_own and is_loopback(self.address)
        self.command = wanted.command
        self.running = False
        self._found: list[Found] = []
        self._outcomes: tuple[jobs.Outcome, ...] = ()
        self._heard, self._backend, self._error = False, "", ""
        self._began, self._seconds = 0.0, 0.0
        self._told: Callable[[Report], None] | None = None

    def report(self) -> Report:
        """What stands now: while it runs, what is not made yet is due."""
        became = dict(zip(plan.due(self._found), self._outcomes, strict=False))
        entries = tuple(_became(each, became.get(each.request)) for each in self._found)
        seconds = time.monotonic() - self._began if self.running else self._seconds
        return Report(bpy.data.filepath, entries, self._backend, seconds, self._error)

    def look(self) -> Report:
        """Only say what is due. A backend that does not answer is left out of it: then engines are not compared."""
        self._learn(*self._connect(start_own=False))
        self._found = plan.survey(bpy.context, self.choice, runner.state.info if self._heard else None, self.force)
        return self.report()

    def run(self, told: Callable[[Report], None] | None = None) -> Report:
        """Bake before returning. `told` hears the report after each line. Raises BatchError and SurveyError before
        anything is changed."""
        self._start(told)
        try:
            self._learn(*self._connect(self.start_own))
            asked = self._asked()
            if asked:
                runner.run(asked, self._hear, self._kept())
            self._finish()
        finally:
            self.running = False
        return self.report()

    def begin(self, told: Callable[[Report], None] | None = None) -> None:
        """Bake in the background. `told` hears the report after each line, the last time when it is over. Raises
        BatchError when it cannot begin now."""
        if runner.working_in_background:
            raise BatchError("Backends are being looked for, or takes generated already; press again in a moment.")
        self._start(told)

        def connect() -> Callable[[], None]:
            seen = self._connect(self.start_own)
            return lambda: self._begin(*seen)

        runner.report_backend(None, "Looking for the backend ...")
        runner.run_in_background(connect)

    def _begin(self, info: BackendInfo | None, sentence: str) -> None:
        asked: tuple[jobs.Request, ...] = ()
        try:
            self._learn(info, sentence)
            asked = self._asked()
        except plan.SurveyError as error:
            self._error = str(error)
        except Exception:
            self.running = False  # a fault of ours must not keep the next bake from beginning
            raise
        if asked and runner.state.running:
            asked, self._error = (), "Other takes were asked for meanwhile, so nothing was made."
        if asked:
            runner.begin(asked, self._kept(), self._hear)
        else:
            self._finish()

    def _start(self, told: Callable[[Report], None] | None) -> None:
        global _at_work
        if runner.state.running or (_at_work is not None and _at_work.running):
            raise BatchError("Takes are being generated already; wait for them or cancel them.")
        _at_work = self
        self.running, self._told, self._began = True, told, time.monotonic()
        self._outcomes, self._error = (), ""

    def _connect(self, start_own: bool) -> tuple[BackendInfo | None, str]:
        """What the backend says of itself, or None and why not. May be called off the main thread."""
        try:
            info = worker.connect(self.address, start_own, self.command, runner.local)[1]
        except (ClientError, LocalBackendError) as error:
            return None, str(error)
        return info, worker.describe(info)

    def _learn(self, info: BackendInfo | None, sentence: str) -> None:
        self._heard, self._backend = info is not None, sentence
        runner.report_backend(info, sentence)

    def _asked(self) -> tuple[jobs.Request, ...]:
        """What to ask for. Without a backend nothing is: what is due has failed for want of it."""
        strip_sync.sync_all()
        found = plan.survey(bpy.context, self.choice, runner.state.info if self._heard else None, self.force)
        self._found = [each if each.request is None else self._prepared(each) for each in found]
        asked = plan.due(self._found)
        if asked and not self._heard:
            self._outcomes = tuple(jobs.Outcome(each, "failed", self._backend) for each in asked)
            return ()
        return asked

    def _prepared(self, due: Found) -> Found:
        """A due line with its sound written and this batch's backend; one whose sound cannot be written has failed."""
        try:
            requests.prepare(lines.find(bpy.data.objects[due.entry.speaker], due.entry.uid))
        except SoundError as error:
            return Found(replace(due.entry, state="failed", why=str(error)))
        return replace(due, request=replace(due.request, address=self.address, start_own=self.start_own))

    def _kept(self) -> TakeCache | None:
        """Where takes are kept; nowhere when all are wanted anew."""
        return None if self.force else TakeCache(kept_folder())

    def _hear(self, state: jobs.State) -> None:
        told, self._outcomes = len(state.outcomes) > len(self._outcomes), state.outcomes
        if not state.running:
            self._finish()
        elif told and self._told is not None:
            self._told(self.report())

    def _finish(self) -> None:
        if not self.running:
            return
        self.running, self._seconds = False, time.monotonic() - self._began
        if self._told is not None:
            self._told(self.report())


def kept_folder() -> Path:
    """Where takes are kept: the extension's own folder of this user, or what the environment names."""
    if os.environ.get(FOLDER, "").strip():
        return Path(os.environ[FOLDER]).expanduser()
    try:
        return Path(bpy.utils.extension_path_user(package.NAME, path="takes", create=True))
    except ValueError:  # not installed as an extension: a checkout under test
        return Path(bpy.app.tempdir) / "mien-takes"


def _became(found: Found, outcome: jobs.Outcome | None) -> Entry:
    """The entry of a line, with what became of it."""
    entry = found.entry
    if outcome is None:
        return entry
    entry = replace(entry, state="made" if outcome.state == "done" else outcome.state, why=outcome.sentence)
    speaker = bpy.data.objects.get(entry.speaker)
    line = lines.find(speaker, entry.uid) if speaker is not None else None
    seen = takes.active(line) if line is not None else None
    return replace(entry, take=seen.name, seed=seen.seed) if seen is not None else entry
