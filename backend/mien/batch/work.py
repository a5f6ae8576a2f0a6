# SPDX-License-Identifier: GPL-3.0-or-later
"""One result of a batch, in a process of its own: made once, checked, recorded."""

from __future__ import annotations

import json
import platform
import traceback
from pathlib import Path
from typing import Any

from mien.audio.speech import Reading, read_speech
from mien.batch.checks import Checked, check_film, check_take
from mien.batch.job import Job
from mien.batch.store import Store
from mien.errors import MienError
from mien.face_tracking import TrackingError
from mien.film_request import FilmRequest, make_film
from mien.heads.lookup import head_named
from mien.settings import Settings
from mien.speak import speak
from mien.take import read_take, write_take
from mien.take_request import TakeRequest, code_digest
from mien.video.consent import file_digest, record_consent, recorded_consent


def make(job: Job) -> None:
    """Make and check a result where it is not there, and record what became of it: `sha256`, `faults`, `facts`,
    `curves` and `notes`, or the sentence of an `error`. Raises nothing but OSError where nothing can be recorded."""
    store = Store(job.output)
    if not store.results.is_dir():
        raise FileNotFoundError(2, f"is not seen by the machine {platform.node()}; share it", str(store.results))
    if store.is_whole(job.key, job.suffix):
        return
    with store.begun(job.key):
        try:
            record = _record(job, store)
        except MienError as error:
            record = {"error": str(error)}
        except OSError as error:
            record = {"error": f"{error.filename or job.name}: {error.strerror or error}."}
        except MemoryError:
            record = {"error": f"there is not enough memory for {job.name}; run fewer at once with --jobs."}
        except Exception as error:
            sentence = f"it failed in a way it should not ({type(error).__name__}: {error}); report it."
            record = {"error": sentence, "traceback": traceback.format_exc()}
        store.write_record(job.key, record)


def _record(job: Job, store: Store) -> dict[str, Any]:
    if job.machine != platform.node() and job.code != code_digest():
        raise MienError(
            f"Mien on the machine {platform.node()} is not the one that began the batch; install the same on all "
            "machines, and change nothing of it meanwhile."
        )
    path = store.result(job.key, job.suffix)
    if store.record(job.key) is not None:
        path.unlink(missing_ok=True)  # it failed, or was damaged since
    checked, notes = (_take if isinstance(job.request, TakeRequest) else _film)(job, path, store)
    return {
        "sha256": file_digest(path),
        "faults": dict(checked.faults),
        "facts": dict(checked.facts),
        "curves": dict(checked.curves),
        "notes": notes,
    }


def _take(job: Job, path: Path, store: Store) -> tuple[Checked, list[str]]:
    request = job.request
    assert isinstance(request, TakeRequest)
    reading = Reading.from_json(request.reading)
    speech = read_speech(job.voice, limit_s=job.limit_s, track=job.track, known=reading)
    if speech.sha256 != request.sound:
        raise MienError(f"{job.voice} has changed since the batch began; run it again.")
    if not path.exists():  # a batch that was killed may have left it unchecked
        head = None if request.head == "mien" else head_named(request.head, Settings.read().data_folder)
        write_take(speak(speech, request.direction, request.engine, request.fps, head=head), path)
    take = read_take(path)
    notes = json.loads(take.meta.get("warnings", "[]"))
    return check_take(take, speech, job.voice, request.direction.transcript, job.track), notes


def _film(job: Job, path: Path, store: Store) -> tuple[Checked, list[str]]:
    from mien.film_take import film_take

    request = job.request
    assert isinstance(request, FilmRequest) and job.shown is not None
    for file, digest in ((job.shown, request.shown), (job.voice, request.voice)):
        if file_digest(file) != digest:
            raise MienError(f"{file} has changed since the batch began; run it again.")
    folder = Settings.read().data_folder
    if recorded_consent(request.shown, folder) is None:  # another machine
        record_consent(request.shown, request.consent, folder)
    if not path.exists():
        made = store.work_folder(job.key) / Path(f"{job.name}{job.suffix}").name  # its manifest has this name
        made.parent.mkdir(exist_ok=True)
        make_film(request, job.shown, job.voice, made)
        made.replace(path)
        made.parent.rmdir()
    speech = read_speech(job.voice, limit_s=job.limit_s)
    try:
        film = film_take(path, name=job.name)
    except TrackingError:
        film = None
    return check_film(film, speech, job.voice, request.options.direction.transcript), []
