# SPDX-License-Identifier: GPL-3.0-or-later
"""A program in a process of its own, which says how long it took and how much memory it had at its peak."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mien.errors import MienError

ROOT = Path(__file__).resolve().parents[3]
# Runs in a process of its own, prints {"seconds": ..., "megabytes": ...} as its last line; {body} sets `seconds`
CHILD = """
import json, sys, time
{body}
try:
    with open("/proc/self/status") as status:  # getrusage of a program on Linux begins with what its parent had
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1e3
except (OSError, StopIteration):
    try:
        import resource
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    except ImportError:
        peak = float("nan")
print(json.dumps({{"seconds": seconds, "megabytes": peak}}))
"""


class BenchError(MienError, RuntimeError):
    """A measurement could not be made; the message says why."""


def measured(body: str, sound: Path, take: Path) -> tuple[float, float]:
    """(seconds, peak MB) of a body, as in `programs.py`, in a new Python. Raises BenchError."""
    return figures_of([sys.executable, "-c", CHILD.format(body=body), str(sound), str(take), str(ROOT)])


def figures_of(command: list[str], folder: Path | None = None) -> tuple[float, float]:
    """(seconds, peak MB) that a program prints of itself, in a line of JSON. Raises BenchError."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise BenchError(f"{command[0]} could not be run: {error.strerror}.") from None
    figures = [line for line in done.stdout.splitlines() if line.startswith('{"seconds"')]
    if not figures:
        last = done.stderr.strip().splitlines()[-1:] or ["it printed nothing"]
        raise BenchError(f"the measured process ended with {done.returncode}: {last[0]}")
    row = json.loads(figures[-1])
    return row["seconds"], row["megabytes"]
