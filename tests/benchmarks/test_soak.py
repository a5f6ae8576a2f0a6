# SPDX-License-Identifier: GPL-3.0-or-later
"""The soak: what counts as growth, and some seconds of it."""

import json
import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from mien.benchmarks.measured_process import BenchError
from mien.benchmarks.service_process import Size
from mien.benchmarks.soak import ACTIONS, Growth, Load, Soak, _act, _Schedule, growth, report, soak, write_into
from mien.files.markdown import SectionError

FLAT = Soak(
    seconds=600.0,
    done={"new_take": 3, "refused": 2},
    faults=[],
    measurements=60,
    bytes={"server": Growth(100e6, 110e6, 150e6)},
    handles={"server": Growth(15, 15, 19)},
)


def test_the_begin_is_after_the_warm_up_and_both_ends_are_medians() -> None:
    megabytes = [10.0] * 10 + [100.0] * 3 + [500.0] + [100.0] * 75 + [104.0] * 4 + [90.0, 700.0, 104.0]
    sizes = [{"server": Size(int(mb * 1e6), 15), "worker": Size(int(mb * 1e6), 4)} for mb in megabytes]
    del sizes[-1]["worker"]  # it does not run all the time
    memory, handles = growth(sizes)
    assert memory["server"] == Growth(100e6, 104e6, 700e6) and handles["server"] == Growth(15, 15, 15)
    assert set(memory) == set(handles) == {"server", "worker"}


def test_growth_is_more_than_a_tenth_of_memory_or_one_handle() -> None:
    assert FLAT.grew == []
    larger = replace(FLAT, bytes={"worker": Growth(100e6, 111e6, 111e6)})
    assert larger.grew == ["the worker's memory grew from 100 MB to 111 MB"]
    assert replace(FLAT, handles={"server": Growth(15, 16, 16)}).grew == [
        "the server's file handles grew from 15 to 16"
    ]
    assert report(larger).endswith("Grown: the worker's memory grew from 100 MB to 111 MB.")


def test_the_table_goes_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- soak -->\nold\n<!-- /soak -->\nafter\n")
    write_into(page, FLAT)
    text = page.read_text()
    assert "10 minutes, 5 actions (3 new take, 2 refused), 0 of them not answered as promised." in text
    assert "| memory of the server | 100 MB | 110 MB | 150 MB |" in text and "old" not in text
    page.write_text("no marks")
    with pytest.raises(SectionError, match="has no lines <!-- soak -->"):
        write_into(page, FLAT)


def test_turns_are_bounded_and_unused_ones_are_lost() -> None:
    schedule = _Schedule(20)
    time.sleep(0.3)
    until = time.monotonic() + 0.5
    turns = 0
    while schedule.wait(until):
        turns += 1
    assert 1 <= turns <= 11  # 20 a second for half a second, and one at its beginning


def test_a_backend_that_does_not_answer_is_at_fault(recording) -> None:
    load = Load(1, recording.samples, "toy")  # nobody listens on port 1
    names, faults = _act(load, random.Random(0), _Schedule(1000), time.monotonic() + 0.2)
    assert len(names) == len(faults) > 0 and "ConnectionRefusedError" in faults[0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are measured through /proc")
def test_some_seconds_of_it(tmp_path: Path, recording) -> None:
    lines = []
    result = soak(tmp_path, recording.samples, 4, 20, "toy", say=lines.append)
    assert result.faults == [] and result.measurements == len(lines) >= 1
    assert set(result.done) <= {action.__name__ for action in ACTIONS} and sum(result.done.values()) > 1
    assert result.bytes["server"].begin > 10e6 and result.handles["server"].greatest >= 10


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are measured through /proc")
def test_a_backend_that_dies_ends_it(tmp_path: Path, recording, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(load: Load, chance: random.Random) -> None:
        os.kill(json.loads((tmp_path / "port.json").read_text())["pid"], signal.SIGKILL)

    monkeypatch.setattr("mien.benchmarks.soak.ACTIONS", {dies: 1.0})
    monkeypatch.setattr("mien.benchmarks.soak.EVERY_S", 0.5)
    with pytest.raises(BenchError, match="the backend has ended"):
        soak(tmp_path, recording.samples, 60, 5, "toy", say=lambda line: None)
