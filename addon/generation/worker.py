# SPDX-License-Identifier: GPL-3.0-or-later
"""One job against the backend: connect, send, wait, fetch; in a thread of its own or in the caller's. No bpy."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from ..connection import engines
from ..connection.backend_info import BackendInfo
from ..connection.client import Client
from ..connection.client import Progress as JobProgress
from ..connection.errors import Busy, ClientError, Stopped, TimedOut, TokenWanted, UnknownJob, Unreachable, Untrusted
from ..connection.local_backend import LocalBackend, LocalBackendError
from ..formats.take import Take, TakeError, read_take
from . import fingerprint
from .prefetch import Prefetcher, submit
from .state import Arrived, BackendStatus, Failed, Progressed, Request
from .take_cache import TakeCache

NO_BACKEND = (Unreachable, LocalBackendError, TokenWanted, Untrusted)  # no further request can be answered either
POLL_FIRST_S, POLL_LAST_S = 0.05, 0.5
GRACE_S = 60.0  # a busy backend may be slow to answer; a dead one refuses the connection at once
SEND_SHARE, WORK_SHARE = 0.02, 0.96  # of a job's progress; the rest is the fetching
T = TypeVar("T")


def work(
    ticket: int,
    request: Request,
    post: Callable[[object], None],
    stop: threading.Event,
    local: LocalBackend,
    prefetcher: Prefetcher | None = None,
    cache: TakeCache | None = None,
) -> None:
    """Run one job against the backend, from start to end, in the calling thread.

    Posts exactly one Arrived or Failed, unless `stop` is set; raises nothing. prefetcher: the jobs of the list that
    were submitted before their turn; cache: takes that need not be requested.
    """
    try:
        take = _take(ticket, request, post, stop, local, prefetcher or Prefetcher(), cache)
    except Stopped:
        return
    except (ClientError, LocalBackendError, TakeError) as error:
        hint = " Press Look, and there is a field for it." if isinstance(error, TokenWanted) else ""
        report = f" {local.exit_report()}" if isinstance(error, Unreachable) and local.exit_report() else ""
        post(Failed(ticket, f"{error}{hint}{report}", lost=isinstance(error, NO_BACKEND)))
    except Exception as error:  # a programming error must reach the panel: nobody watches the thread
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
    prefetcher: Prefetcher,
    cache: TakeCache | None,
) -> Take:
    """The take of a request, from the cache or from the backend, with its engine in its metadata."""
    client, info = retry_while_busy(
        lambda: connect(request.address, request.start_own, request.command, local, stop), stop
    )
    post(BackendStatus(info, describe(info)))
    _check(request, info)
    take = _read_cached(cache, _cache_key(request, info))
    if take is not None:
        prefetcher.take(request)
    else:
        data = _Job(ticket, request, post, stop, client).run(
            prefetcher, lambda later: _uncached(later, request, info, cache)
        )
        take = read_take(data)
        _store(cache, _cache_key(request, info), data)
    return replace(take, meta={**take.meta, "made_with": _engine_of(request, info)})


@dataclass(frozen=True)
class _Job:
    """A request that the backend works on, and where its events go."""

    ticket: int
    request: Request
    post: Callable[[object], None]
    stop: threading.Event
    client: Client

    def run(self, prefetcher: Prefetcher, wanted: Callable[[Request], bool]) -> bytes:
        """Submit the request, unless it was prefetched, and the next ones that are `wanted`; wait; fetch the take's
        bytes. Raises Stopped after a cancel, which the backend is told of."""
        job = prefetcher.take(self.request)
        prefetched = bool(job)
        if not prefetched:
            job = self._submit()
        try:
            prefetcher.fill(self.client, wanted, self._check_stop)
            try:
                self._wait(job)
            except UnknownJob:
                if not prefetched:
                    raise
                job = self._submit()  # the backend was restarted and has lost the prefetched jobs
                self._wait(job)
            return retry_while_busy(lambda: self.client.result(job, self.request.kind), self.stop)
        except Stopped:
            try:
                self.client.cancel(job, self.request.kind)
            except ClientError as error:  # the cancel stands either way: the backend ends the job alone
                print(f"Mien: the backend was not told of the cancel: {error}")
            raise

    def _submit(self) -> str:
        return retry_while_busy(
            lambda: submit(self.client, self.request, self._on_sent),
            self.stop,
            lambda: self.post(Progressed(self.ticket, "waiting for room in the backend's queue", 0.0)),
        )

    def _on_sent(self, share: float) -> None:
        self._check_stop(share)
        what = "film" if self.request.kind == "tracks" else "sound"
        self.post(Progressed(self.ticket, f"sending the {what}", SEND_SHARE * share))

    def _check_stop(self, share: float) -> None:
        if self.stop.is_set():
            raise Stopped

    def _wait(self, job: str) -> None:
        """Poll the job until it is done. Raises Stopped after a cancel, ClientError when the job fails or is lost."""
        pause, answered, stage = POLL_FIRST_S, time.monotonic(), "queued"
        while True:
            if self.stop.wait(pause):
                raise Stopped
            pause = min(pause * 1.3, POLL_LAST_S)
            try:
                progress = retry_while_busy(lambda: self.client.progress(job, self.request.kind), self.stop)
            except Unreachable as error:
                if isinstance(error, TimedOut) and time.monotonic() - answered < GRACE_S:
                    continue
                raise Unreachable(f"The backend was lost while it was at '{stage}'. {error}") from None
            answered = time.monotonic()
            if progress.state == "failed":
                raise ClientError(progress.error or "The backend failed at this job and gave no reason.")
            if progress.state == "cancelled":
                raise ClientError("The job was cancelled at the backend.")
            if progress.state == "done":
                return
            stage = stage_of(progress)
            fraction = SEND_SHARE + WORK_SHARE * progress.fraction
            self.post(Progressed(self.ticket, stage, fraction, progress.left_s))


def stage_of(progress: JobProgress) -> str:
    """What a job is at, in words; of one that waits, its place in the backend's queue."""
    if progress.state == "queued" and progress.position is not None:
        ahead = progress.position - 1
        return "waiting, the next in the queue" if ahead == 0 else f"waiting, {ahead} before it in the queue"
    return progress.stage or progress.state


def retry_while_busy(call: Callable[[], T], stop: threading.Event, on_busy: Callable[[], None] = lambda: None) -> T:
    """The result of `call`, which is repeated while the backend is busy; `on_busy` is called before each wait. Raises
    Stopped after a cancel, and what `call` does."""
    while True:
        try:
            return call()
        except Busy as busy:
            on_busy()
            if stop.wait(busy.seconds):
                raise Stopped from None


def _cache_key(request: Request, info: BackendInfo) -> str:
    """The key of a request's take in the cache, '' where it is not to be cached."""
    return fingerprint.cache_key(fingerprint.with_engine(request.fingerprint, _engine_of(request, info)))


def _uncached(later: Request, request: Request, info: BackendInfo, cache: TakeCache | None) -> bool:
    """Whether a later request of the list goes to the same backend and its take is not in the cache."""
    key = _cache_key(later, info) if cache is not None else ""
    return later.address == request.address and not (key and cache.path(key).is_file())


def _read_cached(cache: TakeCache | None, key: str) -> Take | None:
    data = cache.get(key) if cache is not None and key else None
    if data is None:
        return None
    try:
        return read_take(data)
    except TakeError as error:
        print(f"Mien: a kept take was damaged and is made anew: {error}")
        cache.drop(key)
        return None


def _store(cache: TakeCache | None, key: str, data: bytes) -> None:
    if cache is None or not key:
        return
    try:
        cache.put(key, data)
    except OSError as error:  # the cache only saves time when this run is interrupted
        print(f"Mien: the take was not kept in {cache.folder}: {error.strerror or error}")


def _engine_of(request: Request, info: BackendInfo) -> str:
    return fingerprint.engine_of(info, request.engine, request.head, request.direction)


def connect(
    address: str, start_own: bool, command: str, local: LocalBackend, stop: threading.Event | None = None
) -> tuple[Client, BackendInfo]:
    """The backend at the address, else the child that runs already, else, with start_own, a new child."""
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
    """Raises ClientError for a request that the backend cannot do by its own info, before a file is sent."""
    if request.kind == "tracks":
        if not info.tracks:
            raise ClientError(f"The backend at {info.address}, Mien {info.version}, tracks no films; update it.")
        _check_size(request, info, "film")
        return
    engine = engines.engine_by_name(info, request.engine)
    names = ", ".join(engine.name for engine in info.engines)
    if engine is None:
        name = request.engine or info.default_engine
        raise ClientError(f"The backend has no engine '{name}'; it has {names}. Choose one of these.")
    if engine.missing:
        needs = " ".join(part.sentence for part in engine.missing)
        raise ClientError(f"The engine '{engine.name}' cannot work yet. {needs}")
    if request.recorded and not info.performances:
        raise ClientError(
            f"The backend at {info.address}, Mien {info.version}, takes nothing of a recorded take; update it, or "
            "choose none under Recorded."
        )
    _check_size(request, info, "sound")


def _check_size(request: Request, info: BackendInfo, what: str) -> None:
    limit = info.limits.get("bytes")
    try:
        size = Path(request.sound).stat().st_size
    except OSError as error:
        raise ClientError(f"The {what} file '{request.sound}' cannot be read: {error.strerror or error}.") from None
    if limit and size > limit:
        raise ClientError(
            f"The {what} file has {size / 1e6:.1f} MB and the backend takes {limit / 1e6:.1f} MB; shorten or "
            "compress it."
        )


class Worker(threading.Thread):
    """`work` in a thread of its own; setting `stop` ends it."""

    def __init__(
        self,
        ticket: int,
        request: Request,
        post: Callable[[object], None],
        local: LocalBackend,
        prefetcher: Prefetcher | None = None,
        cache: TakeCache | None = None,
    ) -> None:
        super().__init__(name=f"mien-job-{ticket}", daemon=True)
        self.stop = threading.Event()
        self._arguments = (ticket, request, post, self.stop, local, prefetcher, cache)

    def run(self) -> None:
        work(*self._arguments)
