# SPDX-License-Identifier: GPL-3.0-or-later
"""The request and the key of each line: their files are read, so that what cannot be made is said before any work."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mien.audio.speech import read_speech
from mien.batch.job import Job
from mien.batch.line import Line
from mien.batch.plan import Plan, sentence_of
from mien.engines import Progress, no_progress
from mien.errors import MienError
from mien.film_request import FilmRequest
from mien.heads.lookup import head_named
from mien.settings import Settings
from mien.take_request import TakeRequest, code_digest
from mien.video.consent import file_digest, require_consent

READERS = 2  # threads; the decoder and the meter of loudness let others run, the rest of the reading does not
_Sound = tuple[str, int, Any]  # sha256, length and reading
_Sounds = dict[tuple[Path, int | None], Future[_Sound]]
"""The sounds of takes, by file and track: lines of one sound read it once."""


def jobs_of(plan: Plan, output: Path, settings: Settings, progress: Progress = no_progress) -> list[Job]:
    """For each line what makes it; those of equal keys make the same. Consent that a row states is recorded. PlanError
    that says all rows whose sound, film, head or consent cannot be used."""
    faults = _consent_faults(plan)
    jobs: list[Job] = []
    with _sounds(plan, settings) as sounds:
        for number, line in enumerate(plan.lines):
            progress(number / len(plan.lines), f"reading {number} of {len(plan.lines)} sounds")
            try:
                jobs.append(_job(line, output.absolute(), settings, sounds))
            except (MienError, OSError) as error:
                faults.append((line.row, sentence_of(error)))
    plan.refuse(list(dict.fromkeys(faults)))
    return jobs


@contextmanager
def _sounds(plan: Plan, settings: Settings) -> Iterator[_Sounds]:
    """Read by threads, in the order of the lines; those that have not begun are dropped when the block is left."""

    def read(voice: Path, track: int | None) -> _Sound:
        speech = read_speech(voice, limit_s=settings.limit_s, track=track)
        return speech.sha256, len(speech.samples), speech.reading.to_json()

    pool = ThreadPoolExecutor(READERS)
    keys = dict.fromkeys((line.voice.absolute(), line.track) for line in plan.lines if line.shown is None)
    try:
        yield {key: pool.submit(read, *key) for key in keys}
    finally:
        pool.shutdown(cancel_futures=True)


def _job(line: Line, output: Path, settings: Settings, sounds: _Sounds) -> Job:
    voice = line.voice.absolute()
    shown = None if line.shown is None else line.shown.absolute()
    if shown is None:
        digest, length, reading = sounds[voice, line.track].result()
        if line.head != "mien":
            head_named(line.head, settings.data_folder)
        request: TakeRequest | FilmRequest = TakeRequest(
            digest, length, voice.name, line.direction, line.engine, line.fps, line.head, reading
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
