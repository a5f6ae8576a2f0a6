# SPDX-License-Identifier: GPL-3.0-or-later
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mien.service.workers.stop_deadline import STARVED_S, STOP_S, StopDeadline, starved_s
from waiting import wait_until


def test_time_without_a_processor_does_not_count_up_to_a_limit() -> None:
    now, starved = [100.0], [7.0]
    deadline = StopDeadline(1, lambda: now[0], lambda pid: starved[0])
    assert deadline.left() == pytest.approx(STOP_S)
    now[0] += 0.5
    assert deadline.left() == pytest.approx(STOP_S - 0.5)
    starved[0] += 0.4
    assert deadline.left() == pytest.approx(STOP_S - 0.1)
    starved[0] += 50.0
    assert deadline.left() == pytest.approx(STOP_S + STARVED_S - 0.5)
    now[0] += 10.0
    assert deadline.left() == 0.0


def state(pid: int) -> str:
    """R, S, ... of proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="only Linux says")  # noqa: PTH110
def test_two_that_want_the_same_processor_starve_and_one_that_sleeps_does_not() -> None:
    core = min(os.sched_getaffinity(0))
    busy = f"import os; os.sched_setaffinity(0, [{core}]); print('there', flush=True)\nwhile True: pass"
    asleep = "print('there', flush=True); input()"
    processes = [
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for code in (busy, busy, asleep)
    ]
    try:
        for process in processes:
            assert process.stdout.readline() == b"there\n"
        wait_until(lambda: state(processes[2].pid) == "S")
        before = [starved_s(process.pid) for process in processes]
        while min(starved_s(process.pid) for process in processes[:2]) - max(before[:2]) < 0.3:
            time.sleep(0.02)  # they take turns, so each has to wait for the other
        assert starved_s(processes[2].pid) - before[2] < 0.1
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
    assert starved_s(processes[0].pid) == 0.0, "it has ended"
