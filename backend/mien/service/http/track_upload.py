# SPDX-License-Identifier: GPL-3.0-or-later
"""From the multipart body of POST /v1/tracks to a job. The film is only copied here: a process of its own reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from mien.errors import capitalized
from mien.face_tracking.choice import ChoiceError, FaceChoice
from mien.film_take import TrackOptions
from mien.service.http.job_responses import client_of, submission
from mien.service.http.problems import Problem
from mien.service.http.upload_form import copy_upload, file_and_texts, name_of, receive_form, upload_digest
from mien.service.jobs.errors import QueueFull, SourceNeeded
from mien.service.jobs.job import Job
from mien.service.jobs.scheduler import Scheduler
from mien.service.jobs.track_jobs import TRACK
from mien.settings import Settings
from mien.take import TakeError, parse_fps
from mien.track_request import TrackRequest

FIELDS = ("film", "face", "at", "neutral", "fps", "sound", "begin", "end")
SECONDS = r"[0-9]{1,6}(\.[0-9]{1,6})?"
RETRY_S = 10


async def submit_film(http: Request, settings: Settings, scheduler: Scheduler) -> Job:
    """The job of a request. Raises Problem with a sentence for what is wrong with it."""
    form = await receive_form(http, FIELDS)
    try:
        with submission(TRACK):
            return await run_in_threadpool(_submit, form, scheduler, client_of(http))
    finally:
        await form.close()


def _submit(form: FormData, scheduler: Scheduler, client: str) -> Job:
    film, options = read_form(form)
    sha256 = upload_digest(film)
    request = TrackRequest(sha256, name_of(film, "film") or "film", options)
    try:
        with suppress(SourceNeeded):  # the same film was sent before: it is not copied again
            return scheduler.submit(TRACK, request, client)
        scheduler.check_capacity(TRACK, client)  # before some hundred megabytes are copied
        copy = scheduler.storage.folder.new_file("film")
        try:
            copy_upload(film, copy)
            return scheduler.submit(TRACK, request, client, copy)
        finally:
            copy.unlink(missing_ok=True)
    except QueueFull as full:
        sentence = f"{full.limit} films are waiting to be tracked, as many as may. Ask again soon."
        raise Problem(429, sentence, {"Retry-After": str(RETRY_S)}) from None


def read_form(form: FormData | Mapping[str, object]) -> tuple[UploadFile, TrackOptions]:
    """The film and what is asked of it. Raises Problem."""
    film, texts = file_and_texts(form, FIELDS)
    face = _read(texts, "face", r"[0-9]{1,3}", "the number of a face, from 1 for the largest")
    at = _read(texts, "at", r"[0-9]{1,6}(\.[0-9]{1,6})?,[0-9]{1,6}(\.[0-9]{1,6})?", "pixels from the left and the top")
    neutral = _read(texts, "neutral", r"[0-9]{1,9}|[0-9]{1,6}(\.[0-9]{1,6})?s", "a picture, as 60, or a time, as 2.5s")
    sound = _read(texts, "sound", "yes|no", "yes, to close lips where the sound says so, or no")
    begin = _read(texts, "begin", SECONDS, "seconds, as 2.5")
    end = _read(texts, "end", SECONDS, "seconds, as 2.5")
    try:
        x, y = map(float, at.split(",")) if at else (0.0, 0.0)
        options = TrackOptions(
            choice=FaceChoice(int(face or 1), (x, y) if at else None),
            neutral=(float(neutral[:-1]) if neutral.endswith("s") else int(neutral)) if neutral else None,
            fps=parse_fps(texts["fps"]) if texts["fps"] else None,
            sound=sound != "no",
            begin=Fraction(begin or 0),
            end=Fraction(end) if end else None,
        )
    except (ChoiceError, TakeError) as error:
        raise Problem(422, capitalized(str(error))) from None
    return film, options


def _read(texts: Mapping[str, str], name: str, pattern: str, expected: str) -> str:
    """The text of a field, or '' where there is none. Raises Problem where it is not of the pattern."""
    text = texts[name]
    if text and not re.fullmatch(pattern, text, re.ASCII):
        raise Problem(422, f"The field {name!r} is {text[:40]!r}; send {expected}.")
    return text
