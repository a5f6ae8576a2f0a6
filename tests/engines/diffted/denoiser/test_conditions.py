# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.engines.articulation.accents import Accent, Phrase
from mien.engines.diffted.arm_paths import REST_PLACE
from mien.engines.diffted.denoiser.conditions import (
    PERSON,
    REQUEST,
    SIZE,
    SOUND,
    Person,
    before_the_sound,
    mirrored,
    person_features,
    request_features,
    rests_of,
    sound_features,
)
from mien.engines.diffted.strokes import MANNERS
from mien.engines.neural import audio_features

ACCENTS = [Accent(110, 102, 2.0), Accent(160, 150, 1.5)]
PHRASES = [Phrase(80, 200, False)]
PEOPLE = Person("left", np.stack([REST_PLACE + 0.05, REST_PLACE]))


def sound() -> np.ndarray:
    return sound_features(np.zeros((75, audio_features.SIZE), np.float32), ACCENTS, PHRASES)


def test_accents_show_at_the_onsets_of_their_vowels_between_frames_too() -> None:
    found = sound()
    assert found.shape == (75, SOUND)
    high, last = found[:, -5], found[:, -4]
    assert np.argmax(high) in (25, 26) and high[25] > 0 < high[26] and high[:24].max() == 0
    assert last[37] > 0 and last[25] == 0  # the second one ends its phrase


def test_phrases_begin_and_end() -> None:
    within, begun, ending = sound()[:, -3:].T
    np.testing.assert_array_equal(np.flatnonzero(within), np.arange(20, 50))
    assert begun[20] == begun.max() and ending[49] == ending.max() and begun[10] == ending[60] == 0


def test_features_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="audio features"):
        sound_features(np.zeros((5, 3)), [], [])


def test_silence_goes_before_the_sound() -> None:
    whole = before_the_sound(sound(), 8)
    assert whole.shape == (83, SOUND) and (whole[:8, 0] == 1).all() and (whole[:8, -5:] == 0).all()
    np.testing.assert_array_equal(whole[8:], sound())


def test_an_emotion_colours_from_when_it_comes() -> None:
    gain = np.concatenate([np.zeros(100), np.ones(200)])
    rows = request_features({"angry": gain}, 1.2, "left", 75)
    assert rows.shape == (75, REQUEST)
    np.testing.assert_allclose(rows[0], [0, 0, 0, 0.2, 1, 0], atol=1e-6)
    np.testing.assert_allclose(rows[40, :3], np.array(MANNERS["angry"]) - 1, atol=1e-6)
    np.testing.assert_allclose(request_features({}, 1.0, "both", 3)[:, :4], 0)


def test_the_mirror_changes_hands_and_twice_nothing() -> None:
    features = np.concatenate(
        [sound(), request_features({}, 1.0, "left", 75), np.tile(person_features(PEOPLE), (75, 1))], 1
    )
    assert features.shape == (75, SIZE)
    other = mirrored(features)
    np.testing.assert_array_equal(other[:, : SOUND + REQUEST - 2], features[:, : SOUND + REQUEST - 2])
    np.testing.assert_array_equal(other[0, -PERSON - 2 :], [0, 1, -1, 0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(mirrored(other), features)


def test_both_rests_are_in_the_left_hand_s_terms() -> None:
    found = rests_of({"left": np.array([0.4, -1, 0.7]), "right": np.array([-0.5, -1, 0.7])})
    np.testing.assert_allclose(found, [[0.4, -1, 0.7], [0.5, -1, 0.7]])
