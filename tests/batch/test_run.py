# SPDX-License-Identifier: GPL-3.0-or-later
"""What is there is kept, equal requests are made once, failures stop nothing, a killed batch goes on where it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import mien
import numpy as np
import pytest
from batches import plan_of, settings_in, voices_in
from mien.batch import run as module
from mien.batch.job import Job
from mien.batch.plan import Plan
from mien.batch.plan_file import PlanError
from mien.batch.run import FAILED, KEPT, MADE, Part, make_all, prepare, run
from mien.batch.store import BEGUN, FOLDER, Store, StoreError
from mien.service.process_alive import alive
from mien.settings import Settings
from mien.take import read_take
from waiting import wait_until

# `mien` by a code that nobody edits between two runs: with another code every take is another request
BATCH = """
import os, pathlib
from mien import take_request
pathlib.Path(__file__).with_name(f"{os.getpid()}.pid").touch()  # of its workers as well, who read this file
take_request.code_digest = lambda: "0" * 64
from mien.__main__ import run
if __name__ == "__main__":
    run()
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch) -> Settings:
    return settings_in(tmp_path, monkeypatch)


def here(jobs: int, work: Callable[[Job], object], items: Iterable[Job]) -> Iterator[Job]:
    """`map_unordered` in this process."""
    for item in items:
        work(item)
        yield item


def states(plan: Plan, output: Path, settings: Settings) -> list[str]:
    return [outcome.state for outcome in run(plan, output, 1, settings, map_unordered=here)]


def test_every_line_is_made_and_then_kept(tmp_path: Path, settings: Settings) -> None:
    plan, stages = plan_of(voices_in(tmp_path / "voices", 3)), []
    outcomes = run(plan, tmp_path / "out", 2, settings, lambda fraction, stage: stages.append((fraction, stage)))
    assert [(outcome.state, outcome.line.id) for outcome in outcomes] == [(MADE, "0"), (MADE, "1"), (MADE, "2")]
    assert stages[-1] == (pytest.approx(1), "3 of 3, 0 failed, 0 flagged")
    assert stages == sorted(stages, key=lambda each: each[0])
    for outcome in outcomes:
        assert read_take(tmp_path / "out" / outcome.line.file_name).frames == 25
    assert states(plan, tmp_path / "out", settings) == [KEPT] * 3


def test_only_what_is_stale_is_made(tmp_path: Path, settings: Settings) -> None:
    voices = voices_in(tmp_path / "voices", 3)
    assert states(plan_of(voices), tmp_path / "out", settings) == [MADE] * 3
    (voices / "1.wav").write_bytes((voices / "2.wav").read_bytes())  # now as another line, which is there
    (tmp_path / "out" / "0.take.safetensors").unlink()  # only a name
    assert states(plan_of(voices), tmp_path / "out", settings) == [KEPT] * 3
    files = [(tmp_path / "out" / f"{n}.take.safetensors").read_bytes() for n in range(3)]
    assert files[1] == files[2] != files[0]
    plan = plan_of(voices)
    first = replace(plan.lines[0], direction=plan.lines[0].direction.with_seed(1))
    changed = replace(plan, lines=(first, *plan.lines[1:]))
    assert states(changed, tmp_path / "out", settings) == [MADE, KEPT, KEPT]


def test_equal_requests_are_made_once(tmp_path: Path, settings: Settings) -> None:
    voices = voices_in(tmp_path / "voices", 1)
    (voices / "same.wav").write_bytes((voices / "0.wav").read_bytes())
    batch = prepare(plan_of(voices), tmp_path / "out", settings)
    assert len(batch.jobs) == 2 and len(batch.stale) == 1
    assert states(plan_of(voices), tmp_path / "out", settings) == [MADE] * 2
    assert len(list((tmp_path / "out").glob("*.safetensors"))) == 2


def test_a_failure_stops_nothing_and_is_tried_again(tmp_path: Path, settings: Settings, monkeypatch) -> None:
    plan, work = plan_of(voices_in(tmp_path / "voices", 3)), "mien.batch.work.speak"
    from mien.engines import EngineError
    from mien.speak import speak

    def fails_once(speech, *arguments, **keywords):
        if speech.name == "1.wav":
            raise EngineError("no such luck.")
        return speak(speech, *arguments, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(work, fails_once)
        outcomes = run(plan, tmp_path / "out", 1, settings, map_unordered=here)
    assert [(outcome.state, outcome.error) for outcome in outcomes] == [
        (MADE, ""), (FAILED, "no such luck."), (MADE, ""),
    ]  # fmt: skip
    assert not (tmp_path / "out" / "1.take.safetensors").exists()
    assert states(plan, tmp_path / "out", settings) == [KEPT, MADE, KEPT]


def test_bad_sounds_are_said_by_number_before_any_work(tmp_path: Path, settings: Settings) -> None:
    voices = voices_in(tmp_path / "voices", 3)
    (voices / "1.wav").write_bytes(b"RIFF")
    (voices / "2.wav").write_bytes(b"")
    with pytest.raises(PlanError, match=r"2 of the sounds of .*\nsound 2: .*\nsound 3: "):
        run(plan_of(voices), tmp_path / "out", 1, settings, map_unordered=here)
    assert not list((tmp_path / "out").glob("*.safetensors"))


def test_no_file_of_somebody_else_is_replaced(tmp_path: Path, settings: Settings) -> None:
    plan = plan_of(voices_in(tmp_path / "voices", 1))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "0.take.safetensors").write_text("mine")
    with pytest.raises(StoreError, match="0.take.safetensors in .* would be replaced"):
        run(plan, tmp_path / "out", 1, settings, map_unordered=here)
    assert (tmp_path / "out" / "0.take.safetensors").read_text() == "mine"


def test_a_process_that_ends_costs_its_own_line_alone(tmp_path: Path, settings: Settings) -> None:
    plan = plan_of(voices_in(tmp_path / "voices", 3))
    batch = prepare(plan, tmp_path / "out", settings)
    ending = batch.jobs[1].key

    def ends(jobs: int, work: Callable[[Job], object], items: Iterable[Job]) -> Iterator[Job]:
        for item in items:
            if item.key == ending:
                (batch.store.results / f"{item.key}{BEGUN}").touch()
                raise BrokenProcessPool("a process ended")
            work(item)
            yield item

    done: list[str] = []
    with batch.store.locked():
        make_all(batch, 1, ends, lambda job: done.append(job.key))
    assert sorted(done) == sorted(job.key for job in batch.jobs)
    errors = ["error" in (batch.store.record(job.key) or {}) for job in batch.jobs]
    assert errors == [False, True, False]
    assert "was ended, twice" in (batch.store.record(ending) or {})["error"]


def test_a_pool_that_ends_without_work_is_raised(tmp_path: Path, settings: Settings) -> None:
    def ends(jobs: int, work: Callable[[Job], object], items: Iterable[Job]) -> Iterator[Job]:
        raise BrokenProcessPool("no process began")

    with pytest.raises(BrokenProcessPool):
        run(plan_of(voices_in(tmp_path / "voices", 1)), tmp_path / "out", 1, settings, map_unordered=ends)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_batch_that_is_killed_goes_on_where_it_was(tmp_path: Path, settings: Settings) -> None:
    voices, output = voices_in(tmp_path / "voices", 10), tmp_path / "out"
    script = tmp_path / "batch.py"
    script.write_text(BATCH)
    command = [sys.executable, str(script), "batch", str(voices), "-o", str(output), "--jobs", "2"]
    command += ["--engine", "articulation"]
    environment = os.environ | {"PYTHONPATH": str(Path(mien.__file__).parent.parent)}
    results = output / FOLDER / "results"
    with subprocess.Popen(command, env=environment) as process:
        until = time.monotonic() + 300
        while len(list(results.glob("*.json"))) < 3 and time.monotonic() < until and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    processes = [int(file.stem) for file in tmp_path.glob("*.pid")]
    assert len(processes) > 1
    wait_until(lambda: not any(map(alive, processes)))  # its workers end with it
    before = {path: path.stat().st_mtime_ns for path in results.glob("*.take.safetensors")}
    recorded = {path: path.stat().st_mtime_ns for path in results.glob("*.json")}
    assert 3 <= len(before) < 10, "it was killed in the middle"
    said = json.loads(subprocess.run([*command, "--json"], env=environment, capture_output=True, check=True).stdout)
    assert (said["made"], said["kept"], said["failed"]) == (10 - len(recorded), len(recorded), 0)
    for path, written in (before | recorded).items():
        assert path.stat().st_mtime_ns == written, "a take was made twice"
    for outcome in run(plan_of(voices), tmp_path / "whole", 2, settings):
        resumed, whole = (folder / outcome.line.file_name for folder in (output, tmp_path / "whole"))
        assert np.array_equal(read_take(resumed).weights, read_take(whole).weights)


def test_parts_are_the_whole(tmp_path: Path, settings: Settings) -> None:
    plan, output = plan_of(voices_in(tmp_path / "voices", 5)), tmp_path / "out"
    made = [run(plan, output, 1, settings, map_unordered=here, part=Part(number, 3)) for number in (1, 2, 3)]
    ids = [outcome.line.id for part in made for outcome in part]
    assert sorted(ids) == ["0", "1", "2", "3", "4"] and all(outcome.state == MADE for part in made for outcome in part)
    assert states(plan, output, settings) == [KEPT] * 5


def test_two_batches_do_not_share_a_folder(tmp_path: Path, settings: Settings) -> None:
    plan = plan_of(voices_in(tmp_path / "voices", 1))
    with Store(tmp_path / "out").locked(), pytest.raises(StoreError, match="another batch"):
        run(plan, tmp_path / "out", 1, settings, map_unordered=here)


def test_a_film_is_not_made_from_itself(tmp_path: Path, settings: Settings, monkeypatch) -> None:
    voices = voices_in(tmp_path / "voices", 1)
    plan = plan_of(voices)
    target = tmp_path / "0.take.safetensors"
    target.write_bytes(b"photo")
    monkeypatch.setattr(module, "jobs_of", lambda *arguments: [])
    with pytest.raises(StoreError, match="is made from itself"):
        prepare(replace(plan, lines=(replace(plan.lines[0], shown=target),)), tmp_path, settings)
