# SPDX-License-Identifier: GPL-3.0-or-later
import json
from pathlib import Path

import pytest
import soundfile
from mien.benchmarks.batches import LENGTHS_S, BatchSpeed, Run, measure, report, write_into, write_lines
from mien.benchmarks.measured_process import BenchError
from mien.cli.main import main
from sounds import RATE, voice

SPEED = BatchSpeed("articulation", 100, 400.0, Run(1, 40.0, 39.0, 500.0), Run(2, 25.0, 41.0, 500.0))


def test_lines_are_of_the_length_that_is_said_and_no_two_are_alike(tmp_path: Path) -> None:
    seconds = write_lines(tmp_path / "lines", voice(7.0), 12)
    sounds = [soundfile.read(path)[0] for path in sorted((tmp_path / "lines").iterdir())]
    assert all(LENGTHS_S[0] <= len(sound) / RATE <= LENGTHS_S[1] for sound in sounds)
    assert seconds == pytest.approx(sum(map(len, sounds)) / RATE)
    assert len({sound.tobytes() for sound in sounds}) == 12


def test_the_efficiency_is_what_is_left_of_each_process() -> None:
    assert SPEED.efficiency == pytest.approx(0.8)
    text = report(SPEED)
    assert "1.60 times as fast, an efficiency of 0.80" in text and "| 2 | 25.0 s | 41.0 s | 16.0 s |" in text


def test_the_page_has_the_table(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- batch -->\nold\n<!-- /batch -->\nafter\n")
    write_into(page, SPEED)
    assert "an efficiency of 0.80" in page.read_text() and "old" not in page.read_text()


def test_a_batch_that_fails_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"ended with 1: .*\"failed\": 1"):
        measure(tmp_path, voice(7.0), "probtalk3d-published", lines=1)


@pytest.mark.slow  # two batches, each of which loads its models
def test_one_process_and_two_make_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "batch", "--lines", "4", "--json"]) == 0
    speed = json.loads(capsys.readouterr().out)
    assert speed["lines"] == 4 and speed["one"]["jobs"] == 1 and speed["several"]["jobs"] == 2
    assert speed["efficiency"] == pytest.approx(speed["one"]["seconds"] / speed["several"]["seconds"] / 2)


@pytest.mark.parametrize("lines", ["0", "many", "100000"])
def test_a_number_of_lines_that_is_none_is_refused(lines: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "batch", "--lines", lines]) == 2
    assert "is no number from 1 to 99999" in capsys.readouterr().err
