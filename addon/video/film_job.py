# SPDX-License-Identifier: GPL-3.0-or-later
"""One dub or portrait at the backend: sent, waited for, fetched into a file. No bpy; in a thread of its own or in the
caller's."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..connection.backend_info import BackendInfo
from ..connection.client import Client
from ..connection.errors import ClientError, Stopped, TimedOut, Unreachable
from ..connection.local_backend import LocalBackend, LocalBackendError
from ..formats.atomic_write import write_whole
from ..generation import worker

POLL_S = 0.25
GRACE_S = 60.0  # a busy backend may be slow to answer
SEND_SHARE, WORK_SHARE = 0.05, 0.93  # of the progress; the rest is the fetching


@dataclass(frozen=True)
class FilmJob:
    """files: `video` or `photo`, and `voice`; fields: `options` as JSON and `consent`; output: the file to write."""

    files: Mapping[str, Path]
    fields: Mapping[str, str]
    output: Path
    address: str
    start_own: bool
    command: str


@dataclass(frozen=True)
class Progressed:
    """How far a film is: 0..1, a stage in words, seconds left or None."""

    fraction: float
    stage: str
    left_s: float | None = None


@dataclass(frozen=True)
class Arrived:
    """The film is in this file; notes: sentences on what became of it."""

    path: Path
    notes: tuple[str, ...] = ()


def make_film(job: FilmJob, local: LocalBackend, stop: threading.Event, post: Callable[[object], None]) -> None:
    """Posts Progressed, and at the end Arrived or a sentence on what went wrong, unless it is stopped."""
    try:
        client, info = worker.retry_while_busy(
            lambda: worker.connect(job.address, job.start_own, job.command, local, stop), stop
        )
        _check(job, info)
        client.timeout_s = max(client.timeout_s, 60.0)
        data, notes = _film_of(client, job, stop, post)
        write_whole(job.output, data)
        post(Arrived(job.output, notes))
    except Stopped:
        return
    except (ClientError, LocalBackendError) as error:
        report = f" {local.exit_report()}" if isinstance(error, Unreachable) and local.exit_report() else ""
        post(f"{error}{report}")
    except OSError as error:
        post(f"The film '{job.output}' could not be written: {error.strerror or error}.")
    except Exception as error:  # a programming error must reach the panel: nobody watches the thread
        post(f"Mien met a fault of its own ({type(error).__name__}: {error}); nothing was changed.")
        raise


def _check(job: FilmJob, info: BackendInfo) -> None:
    """Raises ClientError for what the backend cannot do by its own info, before a file is sent."""
    if not info.films:
        raise ClientError(f"The backend at {info.address}, Mien {info.version}, makes no films; update it.")
    try:
        size = sum(path.stat().st_size for path in job.files.values())
    except OSError as error:
        raise ClientError(f"The file '{error.filename}' cannot be read: {error.strerror or error}.") from None
    limit = info.limits.get("bytes")
    if limit and size > limit:
        raise ClientError(
            f"Film and sound have {size / 1e6:.1f} MB and the backend takes {limit / 1e6:.1f} MB; shorten or compress "
            "the film."
        )


def _film_of(
    client: Client, job: FilmJob, stop: threading.Event, post: Callable[[object], None]
) -> tuple[bytes, tuple[str, ...]]:
    """The film's bytes, and sentences on it. Raises Stopped after a stop, which the backend is told of."""

    def on_sent(share: float) -> None:
        if stop.is_set():
            raise Stopped
        post(Progressed(SEND_SHARE * share, "sending"))

    ident = worker.retry_while_busy(
        lambda: client.submit_made_film(job.files, job.fields, on_sent),
        stop,
        lambda: post(Progressed(0.0, "waiting for room in the backend's queue")),
    )
    try:
        notes = _wait(client, ident, stop, post)
        data = worker.retry_while_busy(lambda: client.result(ident, "films"), stop)
    except Stopped:
        try:
            client.cancel(ident, "films")
        except ClientError as error:  # the cancel stands either way
            print(f"Mien: the backend was not told of the cancel: {error}")
        raise
    client.cancel(ident, "films")  # it need not keep the job
    return data, notes


def _wait(client: Client, ident: str, stop: threading.Event, post: Callable[[object], None]) -> tuple[str, ...]:
    """Until the job is done; what is said of the film. Raises Stopped, or ClientError where it failed."""
    answered = time.monotonic()
    while not stop.wait(POLL_S):
        try:
            progress = worker.retry_while_busy(lambda: client.progress(ident, "films"), stop)
        except TimedOut:
            if time.monotonic() - answered > GRACE_S:
                raise
            continue
        answered = time.monotonic()
        if progress.state == "failed":
            raise ClientError(progress.error or "The backend failed at this film and gave no reason.")
        if progress.state == "cancelled":
            raise ClientError("The film was cancelled at the backend.")
        if progress.state == "done":
            return progress.notes
        share = SEND_SHARE + WORK_SHARE * progress.fraction
        post(Progressed(share, progress.stage or progress.state, progress.left_s))
    raise Stopped
