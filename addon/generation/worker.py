# SPDX-License-Identifier: GPL-3.0-or-later
"""The backend's side of a job: connect, send, wait, fetch; in a
thread of its own or in the caller's. No bpy."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ..connection import engines
from ..connection.client import Busy, Client, ClientError, UnknownJob, BackendInfo, Stopped, TimedOut, Unreachable
from ..connection.local_backend import LocalBackend, LocalBackendError
from ..formats.take import Take, TakeError, read_take
from . import fingerprint
from .prefetch import Ahead, submit
from .state import Arrived, Failed, Progressed, Request, Seen
from .take_cache import KeptTakes

POLL_FIRST_S, POLL_LAST_S = 0.05, 0.5
PATIENCE_S = 60.0  # a busy backend may be slow to answer; a dead one refuses the connection at once
T = TypeVar("T")


def work(
    ticket: int,
    request: Request,
    post: Callable[[object], None],
    stop: threading.Event,
    local: LocalBackend,
    ahead: Ahead | None = None,
    kept: KeptTakes | None = None,
) -> None:
    """The backend's side of one job, start to end, in the calling thread. Posts exactly one Arrived or
    Failed, unless it is stopped; raises nothing.

    ahead: the list's jobs that were sent before their turn. kept: takes that need not be asked for again.
    """
    try:
        take = _take(ticket, request, post, stop, local, ahead or Ahead(), kept)
    except Stopped:
        return
    except (ClientError, LocalBackendError, TakeError) as error:
        exit_report = f" {local.exit_report()}" if isinstance(error, Unreachable) and local.exit_report() else ""
        post(Failed(ticket, f"{error}{exit_report}", lost=isinstance(error, Unreachable | LocalBackendError)))
    except Exception as error:  # a fault of ours must end in the panel, not in a thread nobody watches
        post(Failed(ticket, f"Mien met a fault of its own ({type(error).__name__}: {error})."))
        raise
    else:
        if not stop.is_set():
            post(Arrived(ticket, take))


def _take(
    ticket: int,
    request: Request,
    post: Callable[[object], None],
    stop: threading.Event,
    local: LocalBackend,
    ahead: Ahead,
    kept: KeptTakes | None,
) -> Take:
    client, info = when_there_is_room(
        lambda: connect(request.address, request.start_own, request.command, local, stop), stop
    )
    post(Seen(info, describe(info)))
    _check(request, info)
    place = _address(request, info) if kept is not None else ""
    here = _read_kept(kept, place)
    if here is not None:
        ahead.take(request)
        return _signed(here, request, info)

    def sent(share: float) -> None:
        if stop.is_set():
            raise Stopped
        post(Progressed(ticket, "sending the sound", 0.02 * share))

    def quietly(share: float) -> None:
        if stop.is_set():
            raise Stopped

    def wanted(later: Request) -> bool:
        place = _address(later, info) if kept is not None else ""
        return later.address == request.address and not (place and kept.path(place).is_file())

    def ask() -> str:
        return when_there_is_room(lambda: submit(client, request, sent), stop, full)

    def full() -> None:
        post(Progressed(ticket, "waiting for room in the backend's queue", 0.0))

    job = ahead.take(request)
    early = bool(job)
    if not job:
        job = ask()
    try:
        ahead.fill(client, wanted, quietly)
        try:
            _await(ticket, client, job, post, stop)
        except UnknownJob:
            if not early:
                raise
            job = ask()  # the backend began anew and knows nothing of what was sent before
            _await(ticket, client, job, post, stop)
        data = when_there_is_room(lambda: client.result(job), stop)
    except Stopped:
        try:
            client.cancel(job)
        except ClientError as error:  # the animator's cancel stands either way; the backend ends the job alone
            print(f"Mien: the backend was not told of the cancel: {error}")
        raise
    take = read_take(data)
    if place:
        try:
            kept.put(place, data)
        except OSError as error:  # it is only needed if this run is broken off
            print(f"Mien: the take was not kept in {kept.folder}: {error.strerror or error}")
    return _signed(take, request, info)


def when_there_is_room(ask: Callable[[], T], stop: threading.Event, full: Callable[[], None] = lambda: None) -> T:
    """What `ask` gives, asked again as often as the backend has no room for it; `full` hears of each time. Raises
    Stopped on a cancel, and what `ask` does."""
    while True:
        try:
            return ask()
        except Busy as busy:
            full()
            if stop.wait(busy.seconds):
                raise Stopped from None


def _address(request: Request, info: BackendInfo) -> str:
    """Where the take of a request is kept, '' where it is not to be."""
    return fingerprint.address(fingerprint.with_engine(request.content, _engine_of(request, info)))


def _read_kept(kept: KeptTakes | None, place: str) -> Take | None:
    data = kept.get(place) if place else None
    if data is None:
        return None
    try:
        return read_take(data)
    except TakeError as error:
        print(f"Mien: a kept take was damaged and is made anew: {error}")
        kept.drop(place)
        return None


def _signed(take: Take, request: Request, info: BackendInfo) -> Take:
    """The take, with the engine, its version and weights as its backend names them, among what it says of itself."""
    return replace(take, meta={**take.meta, "made_with": _engine_of(request, info)})


def _engine_of(request: Request, info: BackendInfo) -> str:
    return fingerprint.engine_of(info, request.engine, request.head)


def connect(
    address: str, start_own: bool, command: str, local: LocalBackend, stop: threading.Event | None = None
) -> tuple[Client, BackendInfo]:
    """The backend at the address, else the child already running, else (if start_own) a new child."""
    try:
        client = Client(address)
        return client, client.info()
    except Unreachable as error:
        if not start_own and not local.running:
            raise Unreachable(f"{error} Start one with 'mien serve', or correct the address.") from None
    client = Client(local.start(command, stop))
    return client, client.info()


def describe(info: BackendInfo) -> str:
    return f"Mien {info.version} at {info.address}, on {info.device}"


def _check(request: Request, info: BackendInfo) -> None:
    """Refuse, before a sound is sent, what the backend has already said it cannot do."""
    engine = engines.engine_by_name(info, request.engine)
    names = ", ".join(engine.name for engine in info.engines)
    if engine is None:
        wanted = request.engine or info.default_engine
        raise ClientError(f"The backend has no engine '{wanted}'; it has {names}. Choose one of these.")
    if engine.missing:
        needs = " ".join(each.sentence for each in engine.missing)
        raise ClientError(f"The engine '{engine.name}' cannot work yet. {needs}")
    limit = info.limits.get("bytes")
    try:
        size = Path(request.sound).stat().st_size
    except OSError as error:
        raise ClientError(f"The sound file '{request.sound}' cannot be read: {error.strerror or error}.") from None
    if limit and size > limit:
        raise ClientError(
            f"The sound file has {size / 1e6:.1f} MB and the backend takes {limit / 1e6:.1f} MB; shorten "
            "or compress it."
        )


def _await(ticket: int, client: Client, job: str, post: Callable[[object], None], stop: threading.Event) -> None:
    """Look at the job until it is done. Raises Stopped on a
    cancel, ClientError when the job fails or is lost."""
    pause, heard = POLL_FIRST_S, time.monotonic()
    where = "queued"
    while True:
        if stop.wait(pause):
            raise Stopped
        pause = min(pause * 1.3, POLL_LAST_S)
        try:
            seen = when_there_is_room(lambda: client.progress(job), stop)
        except Unreachable as error:
            if isinstance(error, TimedOut) and time.monotonic() - heard < PATIENCE_S:
                continue
            raise Unreachable(f"The backend was lost while it was at '{where}'. {error}") from None
        heard = time.monotonic()
        if seen.state == "failed":
            raise ClientError(seen.error or "The backend failed at this job and gave no reason.")
        if seen.state == "cancelled":
            raise ClientError("The job was cancelled at the backend.")
        if seen.state == "done":
            return
        where = seen.stage or seen.state
        post(Progressed(ticket, where, 0.02 + 0.96 * seen.fraction))


class Worker(threading.Thread):
    """`work` in a thread of its own; `stop` is set to abandon it."""

    def __init__(
        self,
        ticket: int,
        request: Request,
        post: Callable[[object], None],
        local: LocalBackend,
        ahead: Ahead | None = None,
        kept: KeptTakes | None = None,
    ) -> None:
        super().__init__(name=f"mien-job-{ticket}", daemon=True)
        self.stop = threading.Event()
        self._arguments = (ticket, request, post, self.stop, local, ahead, kept)

    def run(self) -> None:
        work(*self._arguments)
