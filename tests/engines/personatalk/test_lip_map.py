# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from dub_voices import FRAME, spoken
from mien.engines.personatalk.lip_map import MOST_GAIN, fit_lip_map


def learnt(noise: float):
    made = spoken(noise=noise)
    first = made.times < 9.6
    opening = made.speaker.opening
    return made, first, fit_lip_map(made.voice, made.times[first], made.mouth[first], opening, FRAME)


def test_a_mouth_that_follows_is_foretold() -> None:
    made, first, lip_map = learnt(0.1)
    gap = made.speaker.gap(lip_map.mouth(made.voice, made.times[~first]))
    true = made.speaker.gap(made.mouth[~first])
    assert np.corrcoef(gap, true)[0, 1] > 0.9 and lip_map.correlation > 0.9
    assert np.abs(gap - true).mean() < 0.5 * np.abs(true - true.mean()).mean()


def test_noise_is_not_learnt() -> None:
    made, first, lip_map = learnt(10.0)
    mouth = lip_map.mouth(made.voice, made.times[~first])
    error = ((mouth - made.mouth[~first]) ** 2).sum()
    mean = ((made.mouth[first].mean(0) - made.mouth[~first]) ** 2).sum()
    assert error < 1.15 * mean


def test_a_weak_map_is_not_made_loud() -> None:
    _, _, weak = learnt(10.0)
    _, _, strong = learnt(0.1)
    assert 1 <= strong.gain <= 1.2 and 1 <= weak.gain <= 1 + MOST_GAIN * max(weak.correlation, 0)
