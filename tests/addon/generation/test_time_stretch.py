# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

from addon.generation.time_stretch import retimed

RATE = 16000
TIMES = np.arange(2 * RATE) / RATE


def buzz(hertz: float = 150.0) -> np.ndarray:
    """(N, 2) with a click of loudness each half second."""
    wave = sum(np.sin(2 * np.pi * hertz * n * TIMES) / n for n in range(1, 8))
    return np.stack([0.2 * wave * (1 + 2 * ((TIMES % 0.5) < 0.1))] * 2, 1)


def pitch(samples: np.ndarray) -> float:
    """Hz of the strongest harmonic's spacing, by the autocorrelation."""
    part = samples[4000:12000, 0]
    likeness = np.correlate(part, part, "full")[len(part) - 1 :]
    return RATE / (40 + int(np.argmax(likeness[40:400])))


@pytest.mark.parametrize("speed", [0.25, 0.5, 0.8, 1.0, 1.5, 2.0])
def test_the_length_changes_and_the_pitch_stays(speed: float) -> None:
    out = retimed(buzz(), RATE, [(0.0, 0.0), (2.0 / speed, 2.0)])
    assert out.shape == (round(2 * RATE / speed), 2)
    assert pitch(out) == pytest.approx(150, rel=0.03)
    assert np.std(out) == pytest.approx(np.std(buzz()), rel=0.15)


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_events_are_where_the_map_says(speed: float) -> None:
    out = retimed(buzz(), RATE, [(0.0, 0.0), (2.0 / speed, 2.0)])
    level = np.abs(out[: len(out) // 160 * 160, 0]).reshape(-1, 160).max(1)
    loud = level > 0.75 * level.max()
    wanted = (np.arange(len(level)) / 100 * speed % 0.5) < 0.1
    assert (loud == wanted).mean() > 0.9


def test_unchanged_parts_are_the_samples_themselves() -> None:
    assert np.array_equal(retimed(buzz(), RATE, [(0.0, 0.0), (2.0, 2.0)]), buzz())
    assert np.array_equal(retimed(buzz(), RATE, [(0.0, 0.5), (1.0, 1.5)]), buzz()[8000:24000])


def test_a_sound_that_stands_still_or_runs_backward_is_silent() -> None:
    out = retimed(buzz(), RATE, [(0.0, 0.0), (0.5, 0.5), (1.0, 0.5), (1.5, 0.2), (2.0, 0.7)])
    assert len(out) == 2 * RATE and not out[RATE // 2 : RATE * 3 // 2].any()
    assert np.array_equal(out[: RATE // 2], buzz()[: RATE // 2]) and out[RATE * 3 // 2 :].any()


def test_a_map_that_begins_late_begins_with_silence() -> None:
    out = retimed(buzz(), RATE, [(0.5, 0.0), (1.0, 0.5)])
    assert len(out) == RATE and not out[: RATE // 2].any()
    assert len(retimed(buzz(), RATE, [])) == 0
