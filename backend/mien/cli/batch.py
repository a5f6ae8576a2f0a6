# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien batch`: a plan of many lines to takes and films, on this machine's cores or on a Ray cluster."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.flags import add_direction_flags, direction_inputs, direction_of, frame_rate
from mien.cli.output import Output, check_outputs, printable
from mien.cli.parser import add_command
from mien.cli.progress import ProgressBar
from mien.errors import FAILED
from mien.settings import Settings

if TYPE_CHECKING:
    from mien.batch.plan import Plan
    from mien.batch.run import Batch, MapUnordered, Part
    from mien.batch.sounds import Readers

MOST_JOBS = 4096


def add_commands(commands) -> None:
    """Add `mien batch` to the parser."""
    batch = add_command(commands, "batch", batch_command, "make takes and films of many lines")
    batch.add_argument("plan", type=Path, help="a .csv or .json of lines, or a folder of sounds (docs/batch.md)")
    batch.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="what it writes to (default: the plan's name with .batch)",
    )
    batch.add_argument("--jobs", type=_jobs, metavar="N", help="so many at once (default: one for each core)")
    batch.add_argument(
        "--ray", metavar="ADDRESS", help="on this Ray cluster; 'auto' is the one that this machine belongs to"
    )
    batch.add_argument("--part", type=_part, metavar="K/N", help="only the Kth of N parts, which run beside each other")
    batch.add_argument(
        "--most-flagged", type=_share, default=0.05, metavar="SHARE",
        help="the share of lines with faults above which the batch fails, as 5%% or 0.05 (default: 5%%)",
    )  # fmt: skip
    batch.add_argument("--dry-run", action="store_true", help="check the plan and say what would be made")
    batch.add_argument("--fps", type=_fps, default="25", help="of takes, or 'engine' for its own (default: 25)")
    batch.add_argument("--head", choices=("mien", "flame"), default="mien", help="of takes (default: %(default)s)")
    batch.add_argument("--consent", metavar="WORDS", help="who agreed to the films, and when")
    batch.add_argument("--limit-seconds", type=float, help="the longest sound that is read (default: 600)")
    add_direction_flags(batch, engine=None)


def batch_command(args: argparse.Namespace) -> int:
    """mien batch: the whole plan is checked, then what is stale is made, then the report is written."""
    from mien.batch.line import Defaults
    from mien.batch.plan import read_plan

    started = time.monotonic()
    settings = Settings.read(limit_s=args.limit_seconds)
    defaults = Defaults(args.engine, direction_of(args), args.fps, args.head, args.consent)
    plan = read_plan(args.plan, defaults)
    output = args.output or Path(f"{args.plan.absolute().stem}.batch")
    if args.dry_run:
        from mien.batch.run import prepare

        with ProgressBar("plan", quiet=args.json) as progress:
            return _say_stale(prepare(plan, output, settings, progress, args.part), args.json)
    part = str(args.part or "")
    if output.is_dir():
        from mien.batch.report import report_path

        reports = [Output(report_path(output, part, suffix), "the report") for suffix in ("json", "html")]
        check_outputs(reports, plan=args.plan, **direction_inputs(args))
    with ProgressBar("batch", quiet=args.json) as progress, _machines(args, plan, output) as machines:
        from mien.batch.report import Report, write_report  # half a second, in which the processes load theirs
        from mien.batch.report_page import write_page
        from mien.batch.run import run

        jobs, map_unordered, readers = machines
        outcomes = run(plan, output, jobs, settings, progress, map_unordered, args.part, readers)
    report = Report(outcomes, args.most_flagged, time.monotonic() - started, plan.unit, part)
    paths = [write_report(report, output), write_page(report, output)]
    if args.json:
        print(json.dumps(report.summary() | {"reports": [str(path) for path in paths]}))
    else:
        first, *rest = report.sentences()
        print(printable(first))
        print(printable(f"{paths[-1]}: every line, to hear and see"))
        for sentence in rest:
            print(f"mien: {printable(sentence)}", file=sys.stderr)
    return 0 if report.passed else FAILED


@contextmanager
def _machines(args: argparse.Namespace, plan: Plan, output: Path) -> Iterator[tuple[int, MapUnordered, Readers | None]]:
    """How many at once, where, and which processes read sounds, too. Those of this machine load what they need while
    the first sounds are read, where the folder does not have a result for each line yet."""
    if args.ray is None:
        from mien.batch.loading import load
        from mien.batch.process_pool import StartedPool, map_unordered
        from mien.batch.store import Store

        jobs = min(args.jobs or cores(), len(plan.lines))
        if len(list(Store(output).results.glob("*.json"))) >= len(plan.lines):
            yield jobs, map_unordered, None
            return
        engines = sorted({line.engine for line in plan.lines if line.shown is None})
        pool = StartedPool(jobs, partial(load, engines), "mien.batch.preloaded")
        try:
            yield jobs, pool.map_unordered, pool
        finally:
            pool.close()
    else:
        from mien.batch import ray_pool

        with ray_pool.connected(args.ray) as cpus:
            yield args.jobs or cpus, ray_pool.map_unordered, None


def _say_stale(batch: Batch, as_json: bool) -> int:
    plan = batch.plan
    stale = [line.id for line, job in zip(plan.lines, batch.jobs, strict=True) if job.key in batch.stale]
    if as_json:
        print(json.dumps({"lines": len(plan.lines), "stale": stale}))
    else:
        print("\n".join(map(printable, [*stale, f"{len(stale)} of {len(plan.lines)} lines would be made"])))
    return 0


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _fps(text: str) -> Fraction | None:
    return None if text == "engine" else frame_rate(text)


def _jobs(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MOST_JOBS):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of jobs from 1 to {MOST_JOBS}")
    return int(text)


def _part(text: str) -> Part:
    from mien.batch.run import Part

    number, _, count = text.partition("/")
    if not all(each.isascii() and each.isdigit() and len(each) < 6 for each in (number, count)):
        number = count = "0"
    if not 1 <= int(number) <= int(count):
        raise argparse.ArgumentTypeError(f"{text!r} is no part of a batch, as 1/4 to 4/4")
    return Part(int(number), int(count))


def _share(text: str) -> float:
    percent = text.endswith("%")
    try:
        share = float(text.removesuffix("%")) / (100 if percent else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share, as 5% or 0.05")
    return share
