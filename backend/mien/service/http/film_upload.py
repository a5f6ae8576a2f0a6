# SPDX-License-Identifier: GPL-3.0-or-later
"""From the multipart body of POST /v1/films to a job. Files are only copied here: a process of its own reads them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from mien.errors import MienError, capitalized
from mien.film_request import MAKES, FilmRequest, Options, read_options
from mien.service.errors import sentence_of
from mien.service.http.job_responses import client_of, submission
from mien.service.http.problems import Problem
from mien.service.http.upload_form import check_fields, copy_upload, name_of, receive_form, texts_of, upload_digest
from mien.service.jobs.errors import QueueFull, SourceNeeded
from mien.service.jobs.film_jobs import FILM
from mien.service.jobs.job import Job
from mien.service.jobs.scheduler import Scheduler
from mien.settings import Settings
from mien.video.consent import Consent, ConsentMissing, require_consent

FILES = (*dict.fromkeys(MAKES.values()), "voice")
TEXTS = ("make", "options", "consent")
FIELD_BYTES = 8 * 2**20  # options with a direction of 100,000 keys have some 3 MB
RETRY_S = 30


@dataclass(frozen=True)
class FilmForm:
    """The fields of a request: `shown` is the file of a video or photo, `consent` is None where nothing was sent."""

    make: str
    shown: UploadFile
    voice: UploadFile
    options: Options
    consent: str | None


async def submit_film(http: Request, settings: Settings, scheduler: Scheduler) -> Job:
    """The job of a request. Raises Problem with a sentence for what is wrong with it."""
    form = await receive_form(http, (*FILES, *TEXTS), FIELD_BYTES, files=len(FILES))
    try:
        with submission(FILM):
            return await run_in_threadpool(_submit, form, settings, scheduler, client_of(http))
    finally:
        await form.close()


def read_form(form: FormData | Mapping[str, object]) -> FilmForm:
    """What is asked for. Raises Problem."""
    check_fields(form, (*FILES, *TEXTS))
    texts = texts_of(form, TEXTS)
    sent = [field for field in dict.fromkeys(MAKES.values()) if field in form]
    if len(sent) != 1:
        raise Problem(422, "Send one file `video` to be dubbed, or one file `photo` to speak; with a file `voice`.")
    (shown_field,) = sent
    makes = [make for make, field in MAKES.items() if field == shown_field]
    make = texts["make"] or makes[0]
    if make not in makes:
        raise Problem(422, f"The field `make` is {make[:40]!r}; of a {shown_field} it can be {' or '.join(makes)}.")
    shown, voice = form.get(MAKES[make]), form.get("voice")
    for name, file in ((MAKES[make], shown), ("voice", voice)):
        if not isinstance(file, UploadFile):
            raise Problem(422, f"The request has no file `{name}`. Send the {name} as a file of that name.")
    try:
        options = read_options(make, texts["options"] or "{}")
    except MienError as error:
        raise Problem(422, capitalized(str(error))) from None
    assert isinstance(shown, UploadFile) and isinstance(voice, UploadFile)
    return FilmForm(make, shown, voice, options, texts["consent"] or None)


def _submit(form: FormData, settings: Settings, scheduler: Scheduler, client: str) -> Job:
    fields = read_form(form)
    files = fields.shown, fields.voice
    shown, voice = map(upload_digest, files)
    shown_name, voice_name = name_of(fields.shown, MAKES[fields.make]), name_of(fields.voice, "voice")
    consent = _consent(fields.consent, shown, shown_name, settings, client)
    request = FilmRequest(fields.make, shown, shown_name, voice, voice_name, fields.options, consent)
    try:
        with suppress(SourceNeeded):  # the same files were sent before: they are not copied again
            return scheduler.submit(FILM, request, client)
        scheduler.check_capacity(FILM, client)  # before some hundred megabytes are copied
        with ExitStack() as stack:
            copies = [scheduler.storage.folder.new_file("film") for _ in files]
            for source, copy in zip(files, copies, strict=True):
                stack.callback(copy.unlink, missing_ok=True)
                copy_upload(source, copy)
            return scheduler.submit(FILM, request, client, *copies)
    except QueueFull as full:
        sentence = f"{full.limit} films are waiting to be made, as many as may. Ask again soon."
        raise Problem(429, sentence, {"Retry-After": str(RETRY_S)}) from None


def _consent(statement: str | None, shown: str, name: str, settings: Settings, client: str) -> Consent:
    """On record here, or sent and kept. Raises Problem."""
    through = f"service, for {client}" if client else "service"
    try:
        return require_consent(shown, name, settings.data_folder, statement, through=through)
    except ConsentMissing:
        sentence = (
            f"{name} shows a person, and nobody has said that they agreed to such a film. Send who agreed and when as "
            "the field `consent`, as in: Maria Rossi, in writing, 12 March 2026."
        )
        raise Problem(422, sentence) from None
    except MienError as error:
        raise Problem(422, capitalized(sentence_of(error, settings.data_folder))) from None
