# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of short voices for tests of batches."""

from pathlib import Path

from mien.batch.line import Defaults
from mien.batch.plan import Plan, read_plan
from mien.settings import Settings
from sounds import RATE, voice, written

ENGINE = "articulation"  # the fastest that hears phones


def voices_in(folder: Path, count: int, seconds: float = 1.0) -> Path:
    """A folder of so many different parts of one voice, 0.wav and on."""
    folder.mkdir(parents=True)
    samples = voice(7.0)
    for number in range(count):
        begin = round(number * 0.25 * RATE)
        (folder / f"{number}.wav").write_bytes(written(samples[begin : begin + round(seconds * RATE)]))
    return folder


def plan_of(source: Path) -> Plan:
    return read_plan(source, Defaults(engine=ENGINE))


def settings_in(folder: Path, monkeypatch) -> Settings:
    """With a data folder of the test's own, also for processes that it starts."""
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(folder / "data"))
    return Settings.read()
