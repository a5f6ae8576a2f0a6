# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien bench`: speed and memory of takes, with `serve` of the service, with `batch` of many lines at once."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mien import engines
from mien.cli.parser import add_command
from mien.errors import FAILED


def add_commands(commands) -> None:
    """Add `mien bench`, `mien bench serve` and `mien bench batch` to the parser."""
    bench = add_command(commands, "bench", bench_command, "measure speed and memory, as ratios")
    bench.add_argument("--seconds", type=float, default=60.0, help="length of the speech (default: 60)")
    bench.add_argument(
        "--rhubarb", type=Path, metavar="FOLDER", help="with `npm install rhubarb-lip-sync-wasm`: measured besides"
    )
    bench.add_argument("--readme", type=Path, help="write the table into this file, between its bench marks")
    further = bench.add_subparsers(metavar="WHAT")
    serve = add_command(
        further, "serve", bench_serve_command, "measure the service: many clients, long sounds, an hour"
    )
    serve.add_argument("--engine", default="articulation", choices=engines.ENGINES, help="(default: %(default)s)")
    serve.add_argument("--soak", type=float, metavar="MINUTES", help="instead: a mixed load for so long; 1 if it grew")
    serve.add_argument("--rate", type=float, default=1.0, help="deeds a second of the soak (default: 1)")
    serve.add_argument("--page", type=Path, help="write the table into this file, between its serve or soak marks")
    batch = add_command(further, "batch", bench_batch_command, "measure many lines in one process and in several")
    batch.add_argument("--engine", default="articulation", choices=engines.NAMES, help="(default: %(default)s)")
    batch.add_argument("--lines", type=_count, default=1000, metavar="N", help="so many (default: %(default)s)")
    batch.add_argument("--jobs", type=_count, default=2, metavar="N", help="beside one (default: %(default)s)")
    batch.add_argument("--page", type=Path, help="write the table into this file, between its batch marks")


def bench_command(args: argparse.Namespace) -> int:
    """mien bench: speed and memory, side by side, as ratios."""
    from mien.benchmarks.speed import measure, table, write_into

    rows = measure(args.seconds, args.rhubarb)
    print(json.dumps(rows) if args.json else table(rows))
    if args.readme:
        write_into(args.readme, rows)
    return 0


def bench_serve_command(args: argparse.Namespace) -> int:
    """mien bench serve: throughput, or with --soak whether the backend grows."""
    import tempfile

    from mien.benchmarks import soak, throughput
    from mien.benchmarks.speed import shipped_voice
    from mien.files.markdown import require_section

    if args.page:  # before an hour of work
        require_section(args.page, "serve" if args.soak is None else "soak")

    def report_line(line: str) -> None:
        print(line, file=sys.stderr if args.json else sys.stdout, flush=True)

    voice = shipped_voice().samples
    with tempfile.TemporaryDirectory(prefix="mien-bench-") as folder:
        if args.soak is None:
            rates = throughput.measure(Path(folder), voice, args.engine, say=report_line)
            return _print_result(args, rates, throughput.report, throughput.write_into)
        growth = soak.soak(Path(folder), voice, 60 * args.soak, args.rate, args.engine, say=report_line)
    _print_result(args, growth, soak.report, soak.write_into)
    return FAILED if growth.grew or growth.faults else 0


def bench_batch_command(args: argparse.Namespace) -> int:
    """mien bench batch: how much faster several processes are than one."""
    import tempfile

    from mien.benchmarks import batches
    from mien.benchmarks.speed import shipped_voice
    from mien.files.markdown import require_section

    if args.page:  # before the work
        require_section(args.page, "batch")
    voice = shipped_voice().samples
    with tempfile.TemporaryDirectory(prefix="mien-bench-") as folder:
        speed = batches.measure(Path(folder), voice, args.engine, args.lines, args.jobs)
    if args.json:
        print(json.dumps(asdict(speed) | {"efficiency": speed.efficiency}))
    else:
        print(batches.report(speed))
    if args.page:
        batches.write_into(args.page, speed)
    return 0


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 100_000):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 99999")
    return int(text)


def _print_result(args: argparse.Namespace, result: Any, report: Callable, write_into: Callable) -> int:
    print(json.dumps(asdict(result)) if args.json else report(result))
    if args.page:
        write_into(args.page, result)
    return 0
