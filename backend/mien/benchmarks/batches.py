# SPDX-License-Identifier: GPL-3.0-or-later
"""How much faster a batch is in several processes than in one: the same plan, made in new folders, one after the other,
each from the command's start to its end. The efficiency is the speed as a share of so many times that of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

import mien
from mien.audio.speech import RATE
from mien.benchmarks.measured_process import BenchError
from mien.files.markdown import table as markdown_table
from mien.files.markdown import write_section

LINES, JOBS = 1000, 2
LENGTHS_S = 2.0, 6.0  # of a line
SPEEDS = 0.8, 1.25  # of the voice, so that no two lines are alike
# Runs a command in a small process of its own: what a program had at most includes what its parent had as it began it
RUN = """
import contextlib, json, os, subprocess, sys, time
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: a process that outlives the command's own is counted, too
begin = time.perf_counter()
status = subprocess.run(sys.argv[1:]).returncode
seconds = time.perf_counter() - begin
try:
    import resource
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = used.ru_utime + used.ru_stime, used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
except ImportError:
    figures = 0.0, 0.0
if status:
    sys.exit(status)
print(json.dumps([seconds, *figures]))
"""


@dataclass(frozen=True)
class Run:
    """One batch: `seconds` by the clock, `processor_s` of all its processes (0 where the system does not say), and the
    most `megabytes` that one of them had (0 as well)."""

    jobs: int
    seconds: float
    processor_s: float
    megabytes: float


@dataclass(frozen=True)
class BatchSpeed:
    """`lines` of `sound_s` seconds in all, made by `one` process and by `several`."""

    engine: str
    lines: int
    sound_s: float
    one: Run
    several: Run

    @property
    def efficiency(self) -> float:
        """1 where so many processes are so many times as fast."""
        return self.one.seconds / (self.several.jobs * self.several.seconds)


def measure(folder: Path, voice: np.ndarray, engine: str, lines: int = LINES, jobs: int = JOBS) -> BatchSpeed:
    """Make so many lines of parts of `voice` (N,) at 16 kHz twice in `folder`. BenchError where that fails, or where
    both do not make the same."""
    sound_s = write_lines(folder / "voices", voice, lines)
    runs = [_run(folder, folder / f"with-{count}", engine, count) for count in (1, jobs)]
    one, several = (results(folder / f"with-{count}") for count in (1, jobs))
    if one != several or len(one) != lines:
        raise BenchError(f"one process made {len(one)} takes and {jobs} made {len(several)}, which are not the same.")
    return BatchSpeed(engine, lines, sound_s, *runs)


def write_lines(folder: Path, voice: np.ndarray, count: int) -> float:
    """So many sounds of LENGTHS_S, each another part of the voice at another speed; the seconds of all."""
    folder.mkdir(parents=True)
    chance, total = np.random.default_rng(0), 0.0
    for number in range(count):
        samples = soxr.resample(voice, RATE, round(RATE * chance.uniform(*SPEEDS)))
        length = min(round(RATE * chance.uniform(*LENGTHS_S)), len(samples))
        begin = chance.integers(len(samples) - length + 1)
        soundfile.write(folder / f"{number:05}.wav", samples[begin : begin + length], RATE, subtype="PCM_16")
        total += length / RATE
    return total


def results(output: Path) -> dict[str, bytes]:
    """The takes of a batch, by name."""
    return {path.name: path.read_bytes() for path in output.glob("*.take.safetensors")}


def _run(folder: Path, output: Path, engine: str, jobs: int) -> Run:
    flags = ["-o", str(output), "--engine", engine, "--jobs", str(jobs), "--most-flagged", "100%", "--json"]
    paths = [str(Path(mien.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "MIEN_DATA_FOLDER": str(folder / "data")}
    command = [sys.executable, "-m", "mien", "batch", str(folder / "voices"), *flags]
    done = subprocess.run(
        [sys.executable, "-c", RUN, *command], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        last = ((done.stderr or done.stdout).strip().splitlines() or ["it printed nothing"])[-1]
        raise BenchError(f"the batch ended with {done.returncode}: {last}")
    return Run(jobs, *json.loads(done.stdout.splitlines()[-1]))


def report(speed: BatchSpeed) -> str:
    """For a page and for the terminal."""
    cells = [
        [str(run.jobs), f"{run.seconds:.1f} s", f"{run.processor_s:.1f} s", f"{speed.sound_s / run.seconds:.1f} s"]
        for run in (speed.one, speed.several)
    ]
    head = ["processes", "from start to end", "of processors", "sound a second"]
    return (
        f"{speed.lines} lines of {LENGTHS_S[0]:g} to {LENGTHS_S[1]:g} s, {speed.engine}, on {_cores()} cores: "
        f"{speed.one.seconds / speed.several.seconds:.2f} times as fast, an efficiency of {speed.efficiency:.2f}; the "
        f"takes are the same.\n\n{markdown_table(head, cells)}"
    )


def write_into(page: Path, speed: BatchSpeed) -> None:
    """The report between the batch marks of a page. MarkError where it has none."""
    write_section(page, "batch", report(speed))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
