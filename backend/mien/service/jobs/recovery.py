# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery: the jobs that an earlier server accepted and did not finish."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

from mien.service.jobs.database import JobDatabase, Row
from mien.service.jobs.file_cache import FileCache
from mien.service.jobs.job import Job, cancelled, done, failed
from mien.service.jobs.job_kind import JobKind
from mien.service.jobs.state_folder import StateFolder

log = logging.getLogger(__name__)

TRIES = 2  # a job during which the server died so often is not begun again


def adopt(abandoned: StateFolder, database: JobDatabase, cache: FileCache) -> None:
    """Take over the files and jobs of a server that ran beside another and runs no more; its folder is cleared."""
    theirs = JobDatabase(abandoned.database)
    for sha256, _ in theirs.files():
        if (abandoned.files / sha256).exists():
            cache.put(abandoned.files / sha256, sha256)
    for result_key, sha256 in theirs.results():
        database.set_result(result_key, sha256)
    for row in theirs.jobs():
        database.add(row)
    theirs.close()
    abandoned.clear()
    abandoned.close()


def recover(
    database: JobDatabase, cache: FileCache, kinds: Mapping[str, JobKind], data_folder: Path, now: float
) -> Iterator[tuple[Job, str]]:
    """(job, the reason why it has failed meanwhile, or '') of each row. A job that was running waits again. Rows that
    another version of Mien wrote and this one cannot read are dropped."""
    for row in database.jobs():
        try:
            kind = kinds[json.loads(row.work).get("kind", "take")]
            request = kind.read_request(row.work)
            result_key = request.result_key(data_folder)
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # a DirectionError is a ValueError
            log.warning("the job %s is of another version of Mien (%s) and is dropped", row.id, error)
            database.drop([row.id])
            continue
        job = Job(row.id, row.client, kind, result_key, request, now)
        if row.state == "done":
            yield done(job, row.sha256 or "", now), ""
        elif row.state == "failed":
            yield failed(job, row.error or "", now), ""
        elif row.state == "cancelled":
            yield cancelled(job, now), ""
        else:
            yield job, _refusal(row, job, cache)


def _refusal(row: Row, job: Job, cache: FileCache) -> str:
    """Why a job cannot be taken up again; empty when it can."""
    kind = job.kind
    if row.state == "running" and row.tries >= TRIES:
        return (
            f"The backend died {row.tries} times while it made this {kind.name}. {kind.advice}, and report it with the "
            "backend's log."
        )
    if not all(sha256 in cache for sha256 in job.request.sources):
        return f"The backend was ended, and its copy of the {kind.source} is gone. Ask for the {kind.name} anew."
    return ""
