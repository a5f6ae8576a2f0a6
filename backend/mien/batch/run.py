# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan is carried out: what is there already is kept, what is equal is made once, what fails stops nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mien.batch import process_pool
from mien.batch.job import Job
from mien.batch.line import Line
from mien.batch.plan import Plan
from mien.batch.requests import jobs_of
from mien.batch.sounds import Readers
from mien.batch.store import Store, StoreError
from mien.engines import Progress, no_progress
from mien.settings import Settings

READING = 0.05  # share of the work that the reading of all sounds is
MADE, KEPT, FAILED = "made", "kept", "failed"
MapUnordered = Callable[[int, Callable[[Any], object], Iterable[Any]], Iterator[Any]]
"""`map_unordered` of process_pool or of ray_pool."""


@dataclass(frozen=True)
class Outcome:
    """What became of a line. state: MADE now, KEPT as it was, or FAILED; record: as `work.make` wrote it."""

    line: Line
    key: str
    state: str
    record: dict[str, Any]

    @property
    def error(self) -> str:
        """Why it failed; empty where it did not."""
        return self.record.get("error", "")

    @property
    def faults(self) -> dict[str, str]:
        """What the checks found, by name of `checks.FAULTS`."""
        return self.record.get("faults", {})


@dataclass(frozen=True)
class Part:
    """The `number`th, from 1, of `count` parts of a batch, which run beside each other on machines that share a folder.
    Requests that are equal are in one part."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}-of-{self.count}"

    def has(self, key: str) -> bool:
        """Whether a result is of this part, by its key."""
        return int(key[:16], 16) % self.count == self.number - 1


@dataclass(frozen=True)
class Batch:
    """What is to do. `jobs`: one for each line of the plan, or of the part of it; `stale`: those to make, by key, each
    once."""

    plan: Plan
    store: Store
    jobs: tuple[Job, ...]
    stale: dict[str, Job]


def prepare(
    plan: Plan,
    output: Path,
    settings: Settings,
    progress: Progress = no_progress,
    part: Part | None = None,
    readers: Readers | None = None,
) -> Batch:
    """What of the plan, or of a part of it, is to be made; `readers` read sounds, too. PlanError for rows that cannot
    be, StoreError for files that would be lost."""
    store = Store(output, str(part or ""))
    jobs = jobs_of(plan, output, settings, progress, readers)
    if part is not None:
        mine = [(line, job) for line, job in zip(plan.lines, jobs, strict=True) if part.has(job.key)]
        plan, jobs = replace(plan, lines=tuple(line for line, _ in mine)), [job for _, job in mine]
    for line in plan.lines:
        target = store.output / line.file_name
        for source in (line.voice, line.shown):
            if source is not None and target.exists() and source.exists() and target.samefile(source):
                raise StoreError(f"{target} is made from itself, which would be lost; name another folder with -o.")
    store.refuse_foreign(line.file_name for line in plan.lines)
    unique = {job.key: job for job in jobs}
    stale = {key: job for key, job in unique.items() if not store.is_whole(key, job.suffix)}
    return Batch(plan, store, tuple(jobs), stale)


def run(
    plan: Plan,
    output: Path,
    jobs: int,
    settings: Settings,
    progress: Progress = no_progress,
    map_unordered: MapUnordered = process_pool.map_unordered,
    part: Part | None = None,
    readers: Readers | None = None,
) -> list[Outcome]:
    """Make what is stale, `jobs` at once, and put each result under the id of its lines in the folder `output`.
    `readers` read sounds, too.

    A batch that is stopped in any way goes on where it was when it is run again. PlanError and StoreError as of
    `prepare`, before any work; StoreError while another batch works on the folder; OSError.
    """
    output.mkdir(parents=True, exist_ok=True)
    with Store(output, str(part or "")).locked():
        batch = prepare(plan, output, settings, lambda done, stage: progress(READING * done, stage), part, readers)
        plan = batch.plan
        lines: dict[str, list[Line]] = {}
        for line, job in zip(plan.lines, batch.jobs, strict=True):
            lines.setdefault(job.key, []).append(line)
        count, failed, flagged = 0, 0, 0

        def done(job: Job) -> None:
            nonlocal count, failed, flagged
            record = batch.store.record(job.key) or {}
            count, failed, flagged = count + 1, failed + ("error" in record), flagged + bool(record.get("faults"))
            if "error" not in record:
                for line in lines[job.key]:
                    batch.store.deliver(job.key, job.suffix, line.file_name)
            share = READING + (1 - READING) * count / len(batch.stale)
            progress(share, f"{count} of {len(batch.stale)}, {failed} failed, {flagged} flagged")

        for line, job in zip(plan.lines, batch.jobs, strict=True):
            if job.key not in batch.stale:
                batch.store.deliver(job.key, job.suffix, line.file_name)
        make_all(batch, jobs, map_unordered, done)
        return [_outcome(batch, line, job) for line, job in zip(plan.lines, batch.jobs, strict=True)]


def make_all(batch: Batch, jobs: int, map_unordered: MapUnordered, done: Callable[[Job], None]) -> None:
    """`make` every stale result; `done` is called after each. One whose process ends without a word is tried once more
    by itself, and fails where it does so again."""
    pending = dict(sorted(batch.stale.items(), key=lambda item: -_length(item[1])))  # the longest first
    while pending:
        try:
            for job in map_unordered(jobs, _make, list(pending.values())):
                del pending[job.key]
                done(job)
        except BrokenProcessPool:
            suspects = [pending.pop(key) for key in batch.store.take_begun(pending)]
            if not suspects:
                raise
            for job in suspects:
                try:
                    list(map_unordered(1, _make, [job]))
                except BrokenProcessPool:
                    batch.store.take_begun([job.key])
                    sentence = "the process that made it was ended, twice; there may not be enough memory for it."
                    batch.store.write_record(job.key, {"error": sentence})
                done(job)


def _make(job: Job) -> None:
    from mien.batch.work import make  # with libraries that the parent does not need

    make(job)


def _length(job: Job) -> float:
    """Seconds of sound; films take longer than any take."""
    return getattr(job.request, "seconds", 3600.0)


def _outcome(batch: Batch, line: Line, job: Job) -> Outcome:
    record = batch.store.record(job.key) or {"error": "nothing is known of it; run the batch again."}
    state = FAILED if "error" in record else MADE if job.key in batch.stale else KEPT
    return Outcome(line, job.key, state, record)
