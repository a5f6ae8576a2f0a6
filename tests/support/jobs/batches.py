# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of short voices for tests of batches."""

import itertools
import random
from pathlib import Path

import pytest
import soundfile
from mien.batch.line import Defaults
from mien.batch.plan import Plan, read_plan
from mien.settings import Settings
from mien.speech_analysis import espeak
from sounds import RATE, voice, written
from voices import SYNTHETIC, TRANSCRIPT

ENGINE = "articulation"  # the fastest that hears phones


def voices_in(folder: Path, count: int, seconds: float = 1.0) -> Path:
    """A folder of so many different parts of one voice, 0.wav and on."""
    folder.mkdir(parents=True)
    samples = voice(7.0)
    for number in range(count):
        begin = round(number * 0.25 * RATE)
        (folder / f"{number}.wav").write_bytes(written(samples[begin : begin + round(seconds * RATE)]))
    return folder


def spoken_lines(folder: Path, count: int) -> Path:
    """A folder of so many different lines of 2 to 6 s, which the voices of espeak-ng speak; skips where it is not."""
    if espeak.missing():
        pytest.skip(f"the synthetic voices cannot be made: {espeak.missing()}")
    folder.mkdir(parents=True)
    chance, words, number = random.Random(1), TRANSCRIPT.split(), 0
    for name, _ in itertools.cycle(SYNTHETIC.values()):
        line = espeak.say(name, " ".join(chance.choices(words, k=chance.randint(5, 15))))
        if 2 <= len(line.samples) / line.rate <= 6:
            soundfile.write(folder / f"{number}.wav", line.samples, line.rate)
            number += 1
        if number == count:
            return folder
    raise AssertionError("there are no voices")


def plan_of(source: Path) -> Plan:
    return read_plan(source, Defaults(engine=ENGINE))


def settings_in(folder: Path, monkeypatch) -> Settings:
    """With a data folder of the test's own, also for processes that it starts."""
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(folder / "data"))
    return Settings.read()
