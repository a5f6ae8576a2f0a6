# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking: from the multipart body of POST /v1/takes to a job. No path that a client names is opened."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePath
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from mien import engines
from mien.audio.speech import RATE
from mien.direction import Direction
from mien.engines import EngineError
from mien.heads.lookup import head_named
from mien.service.errors import SENTENCES, disk_full, sentence_of
from mien.service.http.problems import Problem
from mien.service.jobs.job import Job
from mien.service.jobs.job_store import Closing, JobStore, QueueFull, SoundNeeded
from mien.service.workers.decode_process import Sound
from mien.settings import Settings
from mien.take import parse_fps
from mien.take_request import Order

FIELDS = ("sound", "direction", "engine", "fps", "head")
FIELD_BYTES = 8 * 2**20  # a direction with 100,000 keys has some 3 MB
SOON_S = 5.0  # when to ask again, as long as nothing was measured


@dataclass(frozen=True)
class Asked:
    """What the fields of a request say; `sound` is the file, called `name` in messages."""

    sound: UploadFile
    name: str
    direction: Direction
    engine: str
    fps: Fraction | None
    head: str

    def order(self, sound: str, samples: int) -> Order:
        return Order(sound, samples, self.name, self.direction, self.engine, self.fps, self.head)


async def ask(http: Request, settings: Settings, jobs: JobStore) -> Job:
    """The job of a request. Raises Problem with the sentence of what is wrong with it."""
    content_type = http.headers.get("content-type", "no content type")
    if not content_type.startswith("multipart/form-data"):
        raise Problem(
            415, f"The request has {content_type[:80]}; send multipart/form-data with the sound as a file `sound`."
        )
    client = http.scope.get("state", {}).get("client", "")
    try:
        form = await http.form(max_files=1, max_fields=len(FIELDS), max_part_size=FIELD_BYTES)
    except Problem:
        raise
    except HTTPException as error:
        raise Problem(
            400, f"The multipart body cannot be read ({error.detail.rstrip('.')}). Send one file `sound`."
        ) from error
    try:
        return await run_in_threadpool(_submit, form, settings, jobs, client)
    except SENTENCES as error:
        raise Problem(422, sentence_of(error, settings.data_folder)) from error
    except QueueFull as full:
        raise _queue_full(full) from None
    except Closing:
        raise Problem(503, "The backend is ending. Ask again when it runs again.", {"Retry-After": "10"}) from None
    except (OSError, sqlite3.OperationalError) as error:
        raise _no_room(error) from error
    finally:
        await form.close()


def _submit(form: FormData, settings: Settings, jobs: JobStore, client: str) -> Job:
    """A sound that was sent before is not decoded again; one whose take is there already, not at all."""
    asked = read_form(form, settings)
    upload = hashlib.file_digest(asked.sound.file, "sha256").hexdigest()
    known = jobs.sound_of(upload)
    if known is not None and known[1] <= settings.limit_s * RATE:
        with suppress(SoundNeeded):
            return jobs.submit(asked.order(*known), client)
    jobs.check_room(client)  # decoding costs something
    sound = _decoded(asked, jobs)
    try:
        jobs.learn_sound(upload, sound)
        return jobs.submit(asked.order(sound.sha256, sound.samples), client, sound)
    finally:
        sound.file.unlink(missing_ok=True)


def _decoded(asked: Asked, jobs: JobStore) -> Sound:
    """The samples of the file that came, in a file of the service's own."""
    source, result = jobs.place.new_file("upload"), jobs.place.new_file("sound")
    try:
        asked.sound.file.seek(0)
        with source.open("xb") as copy:
            shutil.copyfileobj(asked.sound.file, copy)
        return jobs.decoder.decoded(source, asked.name, result)
    except BaseException:
        result.unlink(missing_ok=True)
        raise
    finally:
        source.unlink(missing_ok=True)


def read_form(form: FormData | Mapping[str, object], settings: Settings) -> Asked:
    """What the fields say. Raises Problem, or the error of the field that cannot be used."""
    unknown = [name for name in form if name not in FIELDS]
    if unknown:
        raise Problem(422, f"The request has a field {unknown[0][:60]!r}; the fields are {', '.join(FIELDS)}.")
    sound = form.get("sound")
    if not isinstance(sound, UploadFile):
        raise Problem(422, "The request has no file `sound`. Send the sound as a file of that name.")
    texts = {name: form[name] for name in FIELDS[1:] if name in form}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise Problem(422, f"The field {name!r} is a file; send it as text.")
    direction = Direction.from_json(texts.get("direction") or "{}")
    engine = texts.get("engine") or engines.DEFAULT
    info = engines.engine(engine).info
    if info.refusal:
        raise EngineError(info.refusal)
    engines.check(direction, info)
    fps = parse_fps(texts["fps"]) if texts.get("fps") else None
    head = texts.get("head") or "mien"
    head_named(head, settings.data_folder)
    # Only a name for messages: nothing is opened by it.
    name = PurePath(unquote(sound.filename or "sound")).name[:100]
    return Asked(sound, name, direction, engine, fps, head)


def _queue_full(full: QueueFull) -> Problem:
    seconds = SOON_S if full.seconds is None else max(1.0, full.seconds)
    if full.own:
        said = f"You have asked for {full.limit} takes that are not done yet, as many as one client may."
    else:
        said = f"{full.limit} takes are waiting already, as many as may."
    return Problem(
        429, f"{said} Ask again when some are done, in about {seconds:.0f} s.", {"Retry-After": f"{seconds:.0f}"}
    )


def _no_room(error: OSError | sqlite3.OperationalError) -> Problem:
    """The refusal for a full disk; any other error of the system is raised as it is."""
    if disk_full(error):
        return Problem(
            507, "The backend's disk is full, so it cannot take a sound. Whoever runs it must free some of it."
        )
    raise error
