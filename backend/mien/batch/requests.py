# SPDX-License-Identifier: GPL-3.0-or-later
"""The request and the key of each line: their files are read, so that what cannot be made is said before any work."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path

from mien.audio.speech import read_speech
from mien.batch.job import Job
from mien.batch.line import Line
from mien.batch.plan import Plan, sentence_of
from mien.batch.sounds import Key, Readers, reading
from mien.engines import Progress, no_progress
from mien.errors import MienError
from mien.film_request import FilmRequest
from mien.heads.lookup import head_named
from mien.settings import Settings
from mien.take_request import TakeRequest, code_digest
from mien.video.consent import file_digest, require_consent


def jobs_of(
    plan: Plan, output: Path, settings: Settings, progress: Progress = no_progress, readers: Readers | None = None
) -> list[Job]:
    """For each line what makes it; those of equal keys make the same. Consent that a row states is recorded. `readers`:
    processes that read sounds, too. PlanError that says all rows whose sound, film, head or consent cannot be used."""
    faults = _consent_faults(plan)
    jobs: list[Job] = []
    keys = dict.fromkeys((line.voice.absolute(), line.track) for line in plan.lines if line.shown is None)
    with reading(keys, settings.limit_s, readers) as sounds:
        for number, line in enumerate(plan.lines):
            progress(number / len(plan.lines), f"reading {number} of {len(plan.lines)} sounds")
            try:
                jobs.append(_job(line, output.absolute(), settings, sounds))
            except (MienError, OSError) as error:
                faults.append((line.row, sentence_of(error)))
    plan.refuse(list(dict.fromkeys(faults)))
    return jobs


def _job(line: Line, output: Path, settings: Settings, sounds: Mapping[Key, Future]) -> Job:
    voice = line.voice.absolute()
    shown = None if line.shown is None else line.shown.absolute()
    if shown is None:
        digest, length, how = sounds[voice, line.track].result()
        if line.head != "mien":
            head_named(line.head, settings.data_folder)
        request: TakeRequest | FilmRequest = TakeRequest(
            digest, length, voice.name, line.direction, line.engine, line.fps, line.head, how
        )
    else:
        assert line.options is not None
        read_speech(voice, limit_s=settings.limit_s)
        subject = file_digest(shown)
        consent = require_consent(subject, shown.name, settings.data_folder, line.consent)
        request = FilmRequest(
            line.make, subject, shown.name, file_digest(voice), voice.name, line.options, consent
        )  # fmt: skip
    key = request.result_key(settings.data_folder)
    return Job(
        key, request, voice, output, code_digest(), platform.node(), line.id, shown, line.track, settings.limit_s
    )


def _consent_faults(plan: Plan) -> list[tuple[int, str]]:
    """Rows that say of one film or photo what another row says otherwise."""
    first: dict[Path, Line] = {}
    faults = []
    for line in plan.lines:
        if line.shown is not None and line.consent is not None:
            other = first.setdefault(line.shown.resolve(), line)
            if other.consent != line.consent:
                faults.append(
                    (line.row, f"the consent for {line.shown.name} is another than in {plan.unit} {other.row}.")
                )
    return faults
