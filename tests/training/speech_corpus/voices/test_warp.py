# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.training.speech_corpus.augmentation.noise import formants, levelled
from mien.training.speech_corpus.utterance import RATE
from mien.training.speech_corpus.voices.vocal_effort import EFFORTS
from mien.training.speech_corpus.voices.warp import CHANCES, resampled, time_scaled, warp

pytest.importorskip("pyworld", reason="pyworld (the corpus extra) is not installed")
from mien.training.speech_corpus.voices.vocoder import PERIOD_S, analyse_voice, synthesise_voice

PHONES = tuple((sound, round(0.2 * i + 0.1, 3), round(0.2 * i + 0.3, 3)) for i, sound in enumerate("papapapapa"))

GRAIN_S = 0.005 + 67 / RATE  # a vowel begins at a frame's first pulse of its 239 Hz


def stops_and_vowels() -> np.ndarray:
    """(N,) 2.2 s: silent closures of 0.2 s and vowels of 0.2 s at 239 Hz, as PHONES say."""
    n = int(2.2 * RATE)
    buzz = formants((np.arange(n) % 67 == 0).astype(float), (700, 1200, 2500, 3500), (80, 100, 150, 200))
    gate = np.zeros(n)
    for sound, begin, end in PHONES:
        gate[round(begin * RATE) : round(end * RATE)] = sound == "a"
    rng = np.random.default_rng(0)
    return (levelled(buzz) * gate * 0.1 + 1e-4 * rng.standard_normal(n)).astype(np.float32)


def edges_of(sound: np.ndarray) -> np.ndarray:
    """Seconds at which the loudness crosses a quarter of its height, up and down in turn."""
    power = np.convolve(np.square(sound, dtype=float), np.hanning(301) / 150, "same")
    return np.flatnonzero(np.diff((power > 0.25 * np.percentile(power, 90)).astype(int))) / RATE


def test_taken_apart_and_put_together_everything_stays_where_it_was():
    sound = stops_and_vowels()
    late = edges_of(synthesise_voice(analyse_voice(sound))) - edges_of(sound)
    assert np.abs(late).max() < GRAIN_S and np.abs(late.mean()) < 0.003


def test_a_click_stays_at_its_time():
    click = np.zeros(RATE, np.float32)
    click[8000] = 0.9
    assert abs(int(np.abs(synthesise_voice(analyse_voice(click))).argmax()) - 8000) < 0.005 * RATE


def test_stretched_phones_lie_where_their_sound_lies():
    sound = stops_and_vowels()
    frames = analyse_voice(sound)
    for slower in (np.full(len(frames.pitch), 1.3), np.linspace(0.75, 1.3, len(frames.pitch))):
        longer, phones = time_scaled(frames, PHONES, slower)
        edges_now = edges_of(synthesise_voice(longer))
        expected = [begin for _, begin, _ in phones[1:]] + [phones[-1][2]]
        offset_before = edges_of(sound) - ([begin for _, begin, _ in PHONES[1:]] + [PHONES[-1][2]])
        assert len(edges_now) == len(expected)
        assert np.abs(edges_now - expected - offset_before).max() < GRAIN_S
        assert np.abs(np.mean(edges_now - expected - offset_before)) < 0.003


@pytest.mark.parametrize("vocal_effort", CHANCES)
def test_every_vocal_effort_keeps_the_phones_in_order_and_within_the_sound(effort):
    sound = stops_and_vowels()
    for seed in range(2):
        warped, phones = warp(sound, PHONES, np.random.default_rng(seed), effort)
        assert warped.dtype == np.float32 and np.isfinite(warped).all() and 0.05 < np.abs(warped).max() <= 1
        assert [name for name, _, _ in phones] == [name for name, _, _ in PHONES]
        edges = [edge for _, begin, end in phones for edge in (begin, end)]
        assert edges == sorted(edges) and edges[0] >= 0 and edges[-1] <= len(warped) / RATE
        assert 0.5 < len(warped) / len(sound) < 1.8
        inside = np.zeros(len(warped), bool)
        for name, begin, end in phones:
            if name == "a":
                inside[int(begin * RATE) : int(end * RATE)] = True
        power = np.square(warped, dtype=float)
        assert power[inside].mean() > 20 * power[~inside].mean()  # the closures are still closures


def test_the_same_seed_warps_alike_and_another_does_not():
    sound = stops_and_vowels()
    first, phones = warp(sound, PHONES, np.random.default_rng(5))
    again, phones_again = warp(sound, PHONES, np.random.default_rng(5))
    other, _ = warp(sound, PHONES, np.random.default_rng(6))
    assert np.array_equal(first, again) and phones == phones_again
    assert len(first) != len(other)


def test_a_whisper_has_no_pitch_and_a_shout_a_higher_one():
    frames = analyse_voice(stops_and_vowels())
    middle = np.median(frames.pitch[frames.voiced])
    assert abs(middle - RATE / 67) < 2
    rng = np.random.default_rng(1)
    assert not EFFORTS["whisper"](frames, rng).voiced.any()
    louder = EFFORTS["shout"](frames, rng)
    assert np.median(louder.pitch[louder.voiced]) > 1.1 * middle


def test_formants_move_by_their_factor():
    frames = analyse_voice(stops_and_vowels())
    vowel = int(0.4 / PERIOD_S)
    low = slice(20, 60)  # bins of 300 to 940 Hz
    before = frames.envelope[vowel, low].argmax()
    after = frames.with_formants(1.2, 1.2).envelope[vowel, low].argmax()
    assert (after + 20) / (before + 20) == pytest.approx(1.2, abs=0.05)


def test_resampled_times_scale_with_the_sound():
    sound = stops_and_vowels()
    faster, phones = resampled(sound, PHONES, 1.1)
    assert len(faster) == pytest.approx(len(sound) / 1.1, abs=2)
    assert phones[-1][2] == pytest.approx(PHONES[-1][2] / 1.1, abs=1e-3)
