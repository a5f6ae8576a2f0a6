# SPDX-License-Identifier: GPL-3.0-or-later
import sys
from pathlib import Path

import pytest
from mien.benchmarks.measured_process import BenchError, figures_of, measured

SOUND, TAKE = Path("sound.wav"), Path("a.take.safetensors")


def test_a_program_says_how_long_it_took_and_how_much_memory_it_had() -> None:
    held = "held = b'0' * {}_000_000\nseconds = 2.5"
    small, large = (measured(held.format(megabytes), SOUND, TAKE) for megabytes in (1, 200))
    assert small[0] == large[0] == 2.5
    if sys.platform == "linux":
        assert large[1] - small[1] == pytest.approx(199, abs=20)


def test_a_program_that_fails_is_a_sentence() -> None:
    with pytest.raises(BenchError, match="ended with 1: ValueError: no sound"):
        measured("raise ValueError('no sound')", SOUND, TAKE)
    with pytest.raises(BenchError, match="could not be run"):
        figures_of(["a-program-that-nobody-has"])
