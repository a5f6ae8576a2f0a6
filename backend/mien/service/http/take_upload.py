# SPDX-License-Identifier: GPL-3.0-or-later
"""TakeForm: from the multipart body of POST /v1/takes to a job. No path that a client names is opened."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from fractions import Fraction

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from mien import engines
from mien.audio.speech import RATE
from mien.direction import Direction
from mien.engines import EngineError
from mien.engines.articulation.lips.model import model_path
from mien.heads.default import HeadChoice
from mien.heads.lookup import head_named
from mien.performance import PARTS, Performance
from mien.service.errors import SENTENCES, sentence_of
from mien.service.http.job_responses import client_of, submission
from mien.service.http.problems import Problem
from mien.service.http.upload_form import (
    check_fields,
    copy_upload,
    file_and_texts,
    name_of,
    receive_form,
    track_number,
    upload_digest,
)
from mien.service.jobs.errors import Closing, QueueFull, SourceNeeded
from mien.service.jobs.job import Job
from mien.service.jobs.scheduler import Scheduler
from mien.service.jobs.take_jobs import TAKE
from mien.service.workers.decode_process import Decoder, Sound
from mien.settings import Settings
from mien.take import parse_fps, read_take
from mien.take_request import TakeRequest

FIELDS = ("sound", "direction", "engine", "fps", "head", "track", "performance_part")
PERFORMANCE = "performance"  # the field of a second file
PERFORMANCE_BYTES = 64 * 2**20  # an hour of channels at 60 frames a second
FIELD_BYTES = 8 * 2**20  # a direction with 100,000 keys has some 3 MB
RETRY_S = 5.0  # when to ask again, as long as nothing was measured


@dataclass(frozen=True)
class TakeForm:
    """The fields of a request; `sound` is the file, called `name` in messages; `performance` a take's, or None."""

    sound: UploadFile
    name: str
    direction: Direction
    engine: str
    fps: Fraction | None
    head: str
    track: int | None = None
    performance: UploadFile | None = None
    performance_part: str = PARTS[0]

    def request(self, sound: str, samples: int, reading: str) -> TakeRequest:
        """For the decoded sound: sha256 and number of its samples, and how the file was read."""
        request = TakeRequest(sound, samples, self.name, self.direction, self.engine, self.fps, self.head, reading)
        if self.performance is None:
            return request
        digest, name = upload_digest(self.performance), name_of(self.performance, PERFORMANCE)
        return replace(request, performance=digest, performance_name=name, performance_part=self.performance_part)


async def submit_take(http: Request, settings: Settings, scheduler: Scheduler, decoder: Decoder) -> Job:
    """The job of a request. Raises Problem with a sentence for what is wrong with it."""
    form = await receive_form(http, FIELDS, FIELD_BYTES, files=2)
    try:
        with submission(TAKE):
            return await run_in_threadpool(_submit, form, settings, scheduler, decoder, client_of(http))
    except SENTENCES as error:
        raise Problem(422, sentence_of(error, settings.data_folder)) from error
    except QueueFull as full:
        raise _queue_full(full) from None
    finally:
        await form.close()


def _submit(form: FormData, settings: Settings, scheduler: Scheduler, decoder: Decoder, client: str) -> Job:
    """A sound that was sent before is not decoded again while it is in the cache, nor when its take is."""
    if scheduler.closing:
        raise Closing
    fields, database = read_form(form, settings), scheduler.storage.database
    upload = upload_digest(fields.sound)
    upload += f" track {fields.track}" if fields.track else ""
    known = database.upload(upload)
    if known is not None and known[1] <= settings.limit_s * RATE:
        with suppress(SourceNeeded):
            return scheduler.submit(TAKE, fields.request(*known), client)
    scheduler.check_capacity(TAKE, client)  # decoding takes time
    sound = _decode(fields, scheduler, decoder)
    try:
        if scheduler.closing:
            raise Closing
        database.add_upload(upload, sound.sha256, sound.samples, sound.reading)
        request = fields.request(sound.sha256, sound.samples, sound.reading)
        with ExitStack() as stack:
            files = [sound.file]
            if fields.performance is not None:
                files.append(scheduler.storage.folder.new_file("upload"))
                stack.callback(files[-1].unlink, missing_ok=True)
                copy_upload(fields.performance, files[-1])
            return scheduler.submit(TAKE, request, client, *files)
    finally:
        sound.file.unlink(missing_ok=True)


def _decode(form: TakeForm, scheduler: Scheduler, decoder: Decoder) -> Sound:
    """The samples of the uploaded file, in a new file."""
    folder = scheduler.storage.folder
    upload, samples = folder.new_file("upload"), folder.new_file("sound")
    try:
        copy_upload(form.sound, upload)
        return decoder.decode(upload, form.name, samples, form.track)
    except BaseException:
        samples.unlink(missing_ok=True)
        raise
    finally:
        upload.unlink(missing_ok=True)


def read_form(form: FormData | Mapping[str, object], settings: Settings) -> TakeForm:
    """The fields of a form. Raises Problem, or the error of the field that cannot be used."""
    check_fields(form, (*FIELDS, PERFORMANCE))
    sound, texts = file_and_texts({name: form[name] for name in form if name != PERFORMANCE}, FIELDS)
    direction = Direction.from_user(texts["direction"] or "{}")
    engine = texts["engine"] or engines.DEFAULT
    info = engines.info_of(engine)
    if info.refusal:
        raise EngineError(info.refusal)
    engines.check(direction, info)
    if direction.lips_model:
        model_path(direction.lips_model, settings.data_folder)
    fps = parse_fps(texts["fps"]) if texts["fps"] else None
    head = texts["head"] or "mien"
    head_named(head, settings.data_folder)
    part = texts["performance_part"] or PARTS[0]
    performance = _performance(form.get(PERFORMANCE), part, head)
    track = track_number(texts["track"])
    return TakeForm(sound, name_of(sound, "sound"), direction, engine, fps, head, track, performance, part)


def _performance(file: object, part: str, head: str) -> UploadFile | None:
    """The file of a take that can be a performance. Raises Problem, TakeError, PerformanceError, HeadChoice."""
    if part not in PARTS:
        raise Problem(422, f"The field 'performance_part' is {part[:40]!r}; it can be {' or '.join(PARTS)}.")
    if file is None:
        return None
    if not isinstance(file, UploadFile):
        raise Problem(422, f"The field {PERFORMANCE!r} is text; send the take as a file of that name.")
    if (file.size or 0) > PERFORMANCE_BYTES:
        raise Problem(
            413, f"The performance has {(file.size or 0) >> 20} MB; {PERFORMANCE_BYTES >> 20} MB is the most."
        )
    if head != "mien":
        raise HeadChoice("A performance goes into takes of the default head, which have channels; leave `head` out.")
    file.file.seek(0)
    Performance(read_take(file.file.read()), part, name_of(file, PERFORMANCE))
    return file


def _queue_full(full: QueueFull) -> Problem:
    seconds = RETRY_S if full.seconds is None else max(1.0, full.seconds)
    if full.own:
        sentence = f"You have asked for {full.limit} takes that are not done yet, as many as one client may."
    else:
        sentence = f"{full.limit} takes are waiting already, as many as may."
    return Problem(
        429, f"{sentence} Ask again when some are done, in about {seconds:.0f} s.", {"Retry-After": f"{seconds:.0f}"}
    )
