# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from dub_voices import FRAME, spoken
from mien.engines.personatalk.lip_map import DEARER, LEAST_GAIN, blocks_of, fit_lip_map, gain_of, left_out_error


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


def test_an_opening_is_widened_to_most_of_its_spread_and_to_all_of_it_as_far_as_its_error_allows() -> None:
    made, first, strong = learnt(0.1)
    assert 1 <= strong.gain <= 1.2
    mouth, opening = made.mouth[first], made.speaker.opening
    half = mouth.mean(0) + 0.5 * (mouth - mouth.mean(0))
    assert abs(gain_of(half, mouth, opening)[0] - 2) < 0.01  # to the true spread, not beyond
    other = mouth.mean(0) + 0.5 * np.roll(mouth - mouth.mean(0), 100, axis=0)
    gain, correlation = gain_of(other, mouth, opening)
    assert abs(gain - 2 * LEAST_GAIN) < 0.01 and correlation < 0.5  # what is foretold badly, to no more than that
    rng = np.random.default_rng(0)
    near = half + 0.4 * half.std(0) * rng.standard_normal(mouth.shape)
    gain, _ = gain_of(near, mouth, opening)
    assert gain > LEAST_GAIN * (mouth @ opening).std() / (near @ opening).std()
    wider = near + (gain - 1) * (near - near.mean(0))

    def error(guess: np.ndarray) -> float:
        return np.linalg.norm(guess - mouth, axis=1).mean()

    assert error(wider) < 1.01 * DEARER * error(near)
    assert gain_of(np.zeros_like(mouth), mouth, opening) == (1.0, 0.0)


def test_blocks_are_foretold_by_frames_that_are_not_near() -> None:
    blocks = blocks_of(60, FRAME)
    assert [block.start for block, _ in blocks] == [0, 25, 50]
    assert not blocks[1][1][20:55].any() and blocks[1][1][:20].all() and blocks[1][1][55:].all()


def test_an_error_is_of_the_mean_mouths() -> None:
    made, first, _ = learnt(0.1)
    at, mouth = made.times[first], made.mouth[first]
    errors = [left_out_error(made.voice, at + late, mouth, (0.3, 100.0), FRAME) for late in (0.0, 0.3)]
    assert errors[0] < 0.6 < 0.9 < errors[1]
