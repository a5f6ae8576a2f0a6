# SPDX-License-Identifier: GPL-3.0-or-later
"""Scheduler: jobs of every kind from their submission to their result, for many clients, under one lock.

An accepted job is in the database before it is confirmed, and the next server on the same folder takes it up again. A
result that is in the cache is not made again; jobs of the same result key share one work; requests of one batch key
that wait are made together (five takes 2.4 times as fast, measured). Each kind has a worker and a dispatcher of its
own; on a cluster, a dispatcher for each batch that may be made at once, and a worker that hands them to it.
"""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from mien.service.jobs.batching_queue import Batch, BatchingQueue
from mien.service.jobs.bind_jobs import BINDING
from mien.service.jobs.dispatcher import Dispatcher
from mien.service.jobs.errors import Closing, QueueFull, SourceNeeded
from mien.service.jobs.film_jobs import FILM
from mien.service.jobs.job import FINAL, Job, JobStatus, advanced, cancelled, done, failed, requeued, started
from mien.service.jobs.job_kind import JobKind, Request
from mien.service.jobs.recovery import recover
from mien.service.jobs.registry import JobRegistry, UnknownJob
from mien.service.jobs.running_batches import RunningBatches
from mien.service.jobs.storage import Storage
from mien.service.jobs.take_jobs import TAKE
from mien.service.jobs.time_estimate import TimeEstimate
from mien.service.jobs.time_left import TimeLeft
from mien.service.jobs.track_jobs import TRACK
from mien.service.monitoring.job_statistics import JobStatistics
from mien.service.monitoring.snapshot import KindSnapshot, Snapshot
from mien.service.workers.worker import Cluster, Node, Worker
from mien.settings import Settings

KINDS = {kind.name: kind for kind in (TAKE, BINDING, TRACK, FILM)}
NEXT_START = "waiting for the backend's next start"


class Scheduler:
    """Every method may be called from any thread. `workers` by kind replace those that the kinds make; `clock` in
    seconds; the work is done on the machines of a `cluster` where there is one. Raises StateFolderError."""

    def __init__(
        self,
        settings: Settings,
        workers: Mapping[str, Worker] | None = None,
        clock: Callable[[], float] = time.monotonic,
        cluster: Cluster | None = None,
    ) -> None:
        self.settings, self.closing = settings, False
        self.keeps = False  # whether it is closing and keeps what is not done for the next server
        self._cluster = cluster
        self._clock = clock
        self._changed = threading.Condition()  # the lock around all of the below; notified of new jobs and of the end
        self._batches = RunningBatches()
        self._statistics = {name: JobStatistics(name) for name in KINDS}
        self.storage = Storage(settings.data_folder, settings.cache_bytes)
        self._cache = self.storage.cache
        with self.storage.errors(), self._changed:
            self._registry = JobRegistry(self.storage.database, settings, clock)
            self._estimate = TimeEstimate(self.storage.database)
            self._queue = BatchingQueue(self._registry.__getitem__, self._estimate)
            self._time_left = TimeLeft(self._batches, self._queue, self._estimate, clock)
            self._recover()
        self._workers = {name: (workers or {}).get(name) or self._worker(kind) for name, kind in KINDS.items()}
        self._dispatchers = [Dispatcher(self, kind, self._workers[name]) for name, kind in KINDS.items()]
        if cluster is not None:
            cluster.watch(self._make_at_once)

    def _worker(self, kind: JobKind) -> Worker:
        make, on_gpu = kind.make_worker, kind.on_gpu
        return make(self.settings) if self._cluster is None else self._cluster.worker(make, on_gpu, self.settings)

    def _make_at_once(self, count: int) -> None:
        """Of each kind, so many batches from now on; a dispatcher waits in vain where there are more of them."""
        with self._changed:
            if self.closing:
                return
            self._time_left.at_once = max(count, 1)
            self._changed.notify_all()
            for _ in range(self._time_left.at_once - len(self._dispatchers) // len(KINDS)):
                self._dispatchers += [Dispatcher(self, kind, self._workers[name]) for name, kind in KINDS.items()]

    def _recover(self) -> None:
        now = self._clock()
        for job, refusal in recover(self.storage.database, self._cache, KINDS, self.settings.data_folder, now):
            self._registry.restore(job)
            if refusal:
                self._registry.put([failed(job, refusal, now)])
            elif job.state == "queued":
                self._hold(job)
                self._enqueue(job)

    # for clients

    def submit(self, kind: JobKind, request: Request, client: str = "", *files: Path) -> Job:
        """Queue a request; `files` are those of `request.sources`, where they were sent just now, and are moved. A job
        whose result is in the cache is done at once.

        Raises QueueFull, SourceNeeded, Closing; sqlite3.OperationalError or OSError when the disk is full.
        """
        if self.closing:
            raise Closing
        result_key = request.result_key(self.settings.data_folder)
        result = self.storage.result(result_key)
        with self._changed:
            if self.closing:
                raise Closing
            now, statistics = self._clock(), self._statistics[kind.name]
            job = Job(secrets.token_urlsafe(12), client, kind, result_key, request, now)
            batch = self._batches.making(kind, result_key)
            if not result and batch is None:
                result = self.storage.result(result_key)  # its work may have ended since the first look
            if result:
                job = done(job, result, now)
                self._registry.add(job)
                statistics.kept += 1
                return job
            self._check_capacity(kind, client, batch is not None)
            self._hold(job)  # before one of them is evicted for another
            try:
                for sha256, file in zip(request.sources, files, strict=False):
                    self._cache.put(file, sha256)
                if not self._has_sources(job):
                    raise SourceNeeded
                self._registry.add(job)
            except BaseException:
                self._release(job)
                raise
            statistics.submitted += 1
            if batch is not None:
                statistics.shared += 1
                batch.jobs[result_key].add(job.id)
                self._registry.put([started(job)])
            else:
                self._enqueue(job)
            return job

    def check_capacity(self, kind: JobKind, client: str = "") -> None:
        """Raises QueueFull when `submit` would, for a new result."""
        with self._changed:
            self._check_capacity(kind, client, False)

    def job(self, job_id: str) -> Job:
        """The job as it is now. Raises UnknownJob."""
        with self._changed:
            return self._registry[job_id]

    def status(self, kind: JobKind, job_id: str) -> JobStatus:
        """The job and how long it takes. Raises UnknownJob, for jobs of other kinds as well."""
        with self._changed:
            return self._status(self._job_of(kind, job_id))

    def statuses(self, client: str) -> list[JobStatus]:
        """All jobs of a client that are remembered, in the order of their submission."""
        with self._changed:
            return [self._status(job) for job in self._registry.of_client(client)]

    def cancel(self, kind: JobKind, job_id: str) -> JobStatus:
        """Cancel an unfinished job at once. Its work stops within a second, unless other jobs want it. UnknownJob."""
        with self._changed:
            job = self._job_of(kind, job_id)
            if job.state not in FINAL:
                self._end([cancelled(job, self._clock())])
                for batch in self._batches.of(kind):
                    if not batch.jobs:
                        batch.stop.set()
                self._workers[kind.name].wake()
            return self._status(self._registry.get(job_id) or cancelled(job, self._clock()))

    def forget(self, kind: JobKind, job_id: str) -> None:
        """Drop a finished job; its result may stay in the cache for others. Raises UnknownJob."""
        with self._changed:
            self._registry.forget(self._job_of(kind, job_id).id)

    def cancel_or_forget(self, kind: JobKind, job_id: str) -> JobStatus | None:
        """Cancel a job that is not finished, and return its status; forget one that is. Raises UnknownJob."""
        with self._changed:
            if self._job_of(kind, job_id).state not in FINAL:
                return self.cancel(kind, job_id)
            self.forget(kind, job_id)
            return None

    @contextmanager
    def watch(self, job_id: str, callback: Callable[[], None]) -> Iterator[None]:
        """`callback` is called, on any thread, after every change of the job."""
        with ExitStack() as stack:
            with self._changed:
                stack.enter_context(self._registry.watch(job_id, callback))
            try:
                yield
            finally:
                with self._changed:
                    stack.close()

    @contextmanager
    def open_result(self, job: Job) -> Iterator[BinaryIO | None]:
        """The result file of a job that is done, checked. None when it was evicted or damaged: then the job waits again
        where its source is still in the cache, and has failed where it is not."""
        with self._cache.open(job.sha256 or "") as file:
            if file is None:
                with self._changed:
                    self._make_again(job)
            yield file

    def snapshot(self) -> Snapshot:
        with self._changed:
            kinds = {}
            for name, kind in KINDS.items():
                running = self._batches.count(kind)
                ended = {state: self._registry.ended[name, state] for state in FINAL}
                worker = self._workers[name].pid
                kinds[name] = KindSnapshot(self._queue.count(kind), running, ended, self._statistics[name], worker)
            return Snapshot(kinds, len(self._cache), self._cache.bytes)

    def health(self) -> dict:
        """How busy it is and whether it can go on: jobs that wait and run, free bytes on the disk, the worker that
        makes takes ('busy', 'ready' with its models loaded, or 'asleep'), and the machines of the cluster."""
        with self._changed:
            worker = "busy" if self._batches.of(TAKE) else "ready" if self._workers[TAKE.name].pid else "asleep"
            return {
                "queued": len(self._queue),
                "running": sum(map(self._batches.count, KINDS.values())),
                "free_bytes": shutil.disk_usage(self.storage.folder.folder).free,
                "worker": worker,
                "nodes": [asdict(node) for node in self.nodes()],
            }

    def nodes(self) -> list[Node]:
        """The machines of the cluster; none where the work is done on this machine alone."""
        return [] if self._cluster is None else self._cluster.nodes()

    def close(self, keep: bool = False, timeout_s: float = 5.0) -> None:
        """Stop: cancel everything, or `keep` what is not done for the next server. Waits for at most `timeout_s` s.
        A second call does nothing."""
        with self._changed:
            if self.closing:
                return
            self.closing, self.keeps = True, keep
            unfinished = self._registry.with_state("queued", "running")
            now = self._clock()
            self._registry.put(requeued(job, NEXT_START) if keep else cancelled(job, now) for job in unfinished)
            for batch in self._batches:
                batch.stop.set()
                self._workers[batch.kind.name].wake()
            self._registry.notify()
            self._changed.notify_all()
        deadline = time.monotonic() + timeout_s
        for dispatcher in self._dispatchers:
            dispatcher.join(max(deadline - time.monotonic(), 0.0))
        with self._changed:
            self.storage.close()

    # for dispatchers

    def next_batch(self, kind: JobKind, timeout_s: float | None) -> Batch | None:
        """Wait for jobs of a kind, and start those whose turn it is; None when none came in time. Raises Closing."""

        def ready() -> bool:
            return bool(self._queue.count(kind)) and len(self._batches.of(kind)) < self._time_left.at_once

        with self._changed:
            self._changed.wait_for(lambda: ready() or self.closing, timeout_s)
            if self.closing:
                raise Closing
            if not ready():
                return None
            now, statistics = self._clock(), self._statistics[kind.name]
            batch, jobs = self._queue.next_batch(kind, now)
            self._batches.add(batch)
            for job in jobs:
                statistics.wait.observe(now - job.submitted_at)
            statistics.shared += len(jobs) - len(batch.requests)
            self._registry.put(started(job) for job in jobs)
            self._registry.notify(self._queue.ids(kind))  # their positions changed
            return batch

    @contextmanager
    def open_source(self, batch: Batch) -> Iterator[Path | None]:
        """The first file that a batch is made from; the others lie beside it. All are checked, and held meanwhile. None
        when one of them is missing or damaged."""
        sources = batch.first.sources
        with ExitStack() as stack:
            files = [stack.enter_context(self._cache.open(sha256)) for sha256 in sources]
            yield None if None in files else self._cache.path(sources[0])

    def progress(self, batch: Batch, fraction: float, stage: str) -> None:
        with self._changed:
            if stage == "loading":  # which says nothing about how fast the work will go
                batch.started_at = self._clock()
            batch.fraction = max(batch.fraction, fraction)
            self._registry.put([advanced(self._registry[job_id], fraction, stage) for job_id in batch.ids])

    def finish(self, batch: Batch, result_key: str, file: Path, sha256: str) -> None:
        """A result of the batch is in `file`, which is moved: the jobs that want it are done."""
        with self._changed:
            self.storage.add_result(result_key, file, sha256)
            jobs = [self._registry[job_id] for job_id in batch.jobs.get(result_key, ())]
            self._end([done(job, sha256, self._clock()) for job in jobs])

    def fail(self, batch: Batch, sentence: str) -> None:
        """All jobs of the batch that are not done have failed."""
        with self._changed:
            self._end([failed(self._registry[job_id], sentence, self._clock()) for job_id in batch.ids])

    def crash(self, batch: Batch, sentence: str) -> None:
        """The worker died of the batch. The jobs of a single result have failed; several are made one by one, as only
        one of them need have broken the worker."""
        with self._changed:
            if len(batch.jobs) > 1:
                self._queue.keep_apart(set(batch.jobs))
                self._requeue(batch)
            else:
                self.fail(batch, sentence)

    def wait_for_space(self, batch: Batch, seconds: float) -> None:
        """The disk is full: evict what no job needs, queue the batch again, and wait so long, or until the end."""
        with self._changed:
            self._cache.free_space()
            self._requeue(batch, "waiting for room on the backend's disk")
            self._changed.wait_for(lambda: self.closing, seconds)

    def learn(self, batch: Batch, seconds: float) -> None:
        """That a batch of one request took so long. Raises sqlite3.OperationalError when the disk is full."""
        with self._changed:
            self._queue.forget_positions()
            self._estimate.learn(batch.kind.workload(batch.first), seconds)

    def end_batch(self, batch: Batch) -> None:
        """Its worker is free for the next."""
        with self._changed:
            self._batches.remove(batch)
            self._changed.notify_all()

    # under the lock

    def _job_of(self, kind: JobKind, job_id: str) -> Job:
        job = self._registry[job_id]
        if job.kind is not kind:
            raise UnknownJob(job_id)
        return job

    def _check_capacity(self, kind: JobKind, client: str, running: bool) -> None:
        """QueueFull when there are too many jobs of the kind, of this client or in the queue; what is `running` already
        takes no place in the queue."""
        limits = kind.limits(self.settings)
        if limits.per_client is not None and self._registry.unfinished(kind, client) >= limits.per_client:
            raise QueueFull(limits.per_client, True, self._time_left.until_free(kind))
        if not running and self._queue.count(kind) >= limits.queue:
            raise QueueFull(limits.queue, False, self._time_left.until_free(kind))

    def _status(self, job: Job) -> JobStatus:
        return JobStatus(job, None, None) if self.closing and job.state == "queued" else self._time_left.status(job)

    def _hold(self, job: Job) -> None:
        for sha256 in job.request.sources:
            self._cache.hold(sha256)

    def _release(self, job: Job) -> None:
        for sha256 in job.request.sources:
            self._cache.release(sha256)

    def _has_sources(self, job: Job) -> bool:
        return all(sha256 in self._cache for sha256 in job.request.sources)

    def _enqueue(self, job: Job) -> None:
        self._queue.add(job)
        self._changed.notify_all()

    def _end(self, jobs: Iterable[Job]) -> None:
        """These jobs have ended: they leave the queue and their batch, and release their source."""
        jobs = list(jobs)
        for job in jobs:
            self._queue.remove(job)
            self._release(job)
            if batch := self._batches.with_job(job):
                batch.remove(job)
            if job.state == "done" and job.ended_at is not None:
                self._statistics[job.kind.name].duration.observe(job.ended_at - job.submitted_at)
        self._registry.put(jobs)

    def _requeue(self, batch: Batch, stage: str = "waiting") -> None:
        """The jobs of a batch wait again."""
        jobs = [requeued(self._registry[job_id], stage) for job_id in batch.ids]
        self.end_batch(batch)
        self._registry.put(jobs)
        for job in jobs:
            self._enqueue(job)

    def _make_again(self, job: Job) -> None:
        """The result of a job is lost: it waits again where its source is in the cache, and has failed where it is
        not."""
        if self.closing or self._registry.get(job.id) != job:  # another request noticed it first
            return
        if self._has_sources(job):
            self._hold(job)
            job = requeued(job)
            if batch := self._batches.making(job.kind, job.result_key):
                batch.jobs[job.result_key].add(job.id)
                self._registry.put([started(job)])
            else:
                self._registry.put([job])
                self._enqueue(job)
        else:
            name = job.kind.name
            sentence = f"The {name} was dropped to make room for others, or damaged on the disk. Ask for it anew."
            self._registry.put([failed(requeued(job), sentence, self._clock())])
