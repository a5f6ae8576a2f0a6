# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as the page lists them: those of one client, the newest first."""

from __future__ import annotations

from mien.film_request import FilmRequest
from mien.service.http import bind_routes, film_routes, job_responses, take_routes, track_routes
from mien.service.jobs.bind_jobs import BINDING
from mien.service.jobs.film_jobs import FILM
from mien.service.jobs.job import FINAL, Job, JobStatus
from mien.service.jobs.take_jobs import TAKE
from mien.service.jobs.track_jobs import TRACK
from mien.take_request import TakeRequest

PATHS = {
    TAKE.name: take_routes.PATH,
    BINDING.name: bind_routes.PATH,
    TRACK.name: track_routes.PATH,
    FILM.name: film_routes.PATH,
}
ENDED = 100  # how many jobs that have ended are listed; all that have not are


def listed(statuses: list[JobStatus]) -> list[dict]:
    """As JSON; statuses in the order of their submission."""
    ended = sum(status.job.state in FINAL for status in statuses)
    rows = []
    for status in statuses:
        if status.job.state in FINAL:
            ended -= 1
            if ended >= ENDED:
                continue
        rows.append(_row(status))
    return rows[::-1]


def _row(status: JobStatus) -> dict:
    job, path = status.job, PATHS[status.job.kind.name]
    return job_responses.described(status, path) | {
        "url": f"{path}/{job.id}",
        "position": status.position,
        "left_s": None if status.left_s is None else round(status.left_s),
        "name": job.request.name,
        **_of_request(job),
    }


def _of_request(job: Job) -> dict:
    """What a job makes: a row's `make`, and what the page shows of its request."""
    match job.request:
        case TakeRequest() as request:
            emotions = [name for name in request.direction.emotion if name != "neutral"]
            return {
                "make": "take",
                "engine": request.engine,
                "seed": request.direction.seed,
                "emotions": emotions,
                "seconds": round(request.seconds, 3),
                "head": request.head,
            }
        case FilmRequest() as request:
            return {"make": request.make, "voice": request.voice_name, "suffix": request.suffix}
        case _:
            return {"make": job.kind.name}
