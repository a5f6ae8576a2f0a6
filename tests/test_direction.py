# SPDX-License-Identifier: GPL-3.0-or-later
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mien.direction import (
    EMOTIONS,
    INTENSITY,
    LEVELS,
    Direction,
    DirectionError,
    parse_emotion,
    parse_intensity,
    strength,
)

FULL = {
    "emotion": {"happy": 0.7, "angry": [[0.0, 0.0], [2.5, 0.8]]}, "intensity": "high", "jaw": 1.5,
    "lips": [[0, 0], [1, 2]], "style": "clear", "blinks": 0, "brows": 2, "gaze": 0.5, "head": 1, "temperature": 0.25,
    "seed": 2**63 - 1, "transcript": "Zoë said “ぐ”.",
}  # fmt: skip
AT = np.array([0.0, 1.25, 2.5, 99.0])


def test_a_full_direction_is_read() -> None:
    read = Direction.from_json(FULL)
    assert read == Direction.from_json(json.dumps(FULL)) == Direction.from_json(json.dumps(FULL).encode())
    assert read.emotion["angry"].at(AT).tolist() == [0, 0.4, 0.8, 0.8]
    assert read.lips.at(np.array([-1.0, 0.5, 7.0])).tolist() == [0, 1, 2]
    assert (read.jaw.constant, read.blinks, read.seed, read.transcript) == (1.5, 0, 2**63 - 1, "Zoë said “ぐ”.")


def test_nothing_asked_is_the_default() -> None:
    assert Direction.from_json({}) == Direction() == Direction.from_json("{}")
    assert Direction.from_user("{}").intensity.constant == INTENSITY
    assert Direction.from_user({"intensity": 0.2}) == Direction.from_json({"intensity": 0.2})
    assert Direction().gains(AT) == {}


def test_canonical_json_does_not_depend_on_how_it_was_written() -> None:
    text = Direction.from_json(FULL).to_json()
    assert Direction.from_json(text).to_json() == text
    assert Direction.from_json(dict(reversed(FULL.items()))).to_json() == text
    assert Direction.from_json({**FULL, "intensity": 1, "blinks": -0.0, "jaw": [[0, 1.5], [3, 1.5]]}).to_json() == text
    assert text.isascii() and " " not in text.replace("Zo\\u00eb said \\u", "")
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert Direction.from_json({**FULL, "seed": 1}).to_json() != text


def test_levels_are_intensities_and_gains_their_strengths() -> None:
    for name, intensity in LEVELS.items():
        direction = Direction.from_json({"emotion": "sad", "intensity": name})
        np.testing.assert_allclose(direction.gains(AT)["sad"], strength(intensity))
    assert LEVELS["low"] < LEVELS["medium"] < LEVELS["high"] == 1
    fading = Direction.from_json({"emotion": {"sad": 0.5}, "intensity": [[0, 0], [2.5, 1]]})
    np.testing.assert_allclose(fading.gains(AT)["sad"], [0, 0.5 * strength(0.5), 0.5, 0.5])


def test_a_low_intensity_is_seen_and_the_rise_is_even() -> None:
    shown = np.array([strength(level) for level in np.linspace(0, 1, 11)])
    assert shown[0] == 0 and shown[-1] == pytest.approx(1)
    assert 0.5 <= strength(LEVELS["low"]) <= 0.6 and 0.75 <= strength(LEVELS["medium"]) <= 0.85
    assert (np.diff(shown) > 0).all() and np.abs(np.diff(shown, 2)).max() < 0.05


def test_neutral_takes_its_share_and_shows_nothing() -> None:
    gains = Direction.from_json({"emotion": {"neutral": 1.0, "happy": 1.0}}).gains(AT)
    assert set(gains) == {"happy"} and gains["happy"].tolist() == [0.5] * 4
    assert Direction.from_json({"emotion": "neutral"}).gains(AT) == {}


def test_a_sum_over_one_is_shared_where_it_is_over_one() -> None:
    gains = Direction.from_json({"emotion": {"happy": 0.8, "fear": [[0, 0], [2.5, 0.8]]}}).gains(AT)
    np.testing.assert_allclose(gains["happy"], [0.8, 0.8 / 1.2, 0.5, 0.5])
    np.testing.assert_allclose(gains["fear"], [0, 0.4 / 1.2, 0.5, 0.5])


@given(st.dictionaries(st.sampled_from(EMOTIONS), st.floats(0, 1)), st.floats(0, 1))
def test_gains_never_sum_over_one(emotion: dict[str, float], intensity: float) -> None:
    gains = Direction.from_json({"emotion": emotion, "intensity": intensity}).gains(AT)
    assert sum(gains.values(), np.zeros(4)).max() <= strength(intensity) + 1e-12


FAULTS = {
    "unknown_field": ({"emotions": {}}, "'emotions', which is not one of emotion, intensity"),
    "unknown_emotion": ({"emotion": {"joy": 1}}, "no emotion 'joy'; choose from neutral, happy"),
    "emotion_in_capitals": ({"emotion": {"Happy": 1}}, "no emotion 'Happy'"),
    "emotion_of_unicode": ({"emotion": {"һappy": 1}}, "no emotion 'һappy'"),
    "emotion_a_name_only": ({"emotion": "glad"}, "no emotion 'glad'"),
    "emotion_a_list": ({"emotion": ["happy"]}, "emotion is .'happy'.; expected names with weights"),
    "emotion_null": ({"emotion": None}, "emotion is None"),
    "weight_over_one": ({"emotion": {"happy": 1.001}}, "happy is 1.001; expected a number from 0 to 1"),
    "weight_negative": ({"emotion": {"happy": -0.1}}, "happy is -0.1"),
    "weight_nan": ({"emotion": {"happy": float("nan")}}, "happy is nan"),
    "weight_infinite": ({"emotion": {"happy": float("inf")}}, "happy is inf"),
    "weight_of_400_digits": ({"emotion": {"happy": 10**400}}, "happy is 1000"),
    "weight_a_boolean": ({"emotion": {"happy": True}}, "happy is True"),
    "weight_a_text": ({"emotion": {"happy": "0.5"}}, "happy is '0.5'"),
    "keys_none": ({"jaw": []}, r"jaw has keys that are not \[seconds, value\] pairs"),
    "keys_single": ({"jaw": [[0]]}, "jaw has keys"),
    "keys_flat": ({"jaw": [0, 1]}, "jaw has keys"),
    "keys_unsorted": ({"jaw": [[1, 0], [0, 1]]}, "key times of jaw do not rise; sort them"),
    "keys_double": ({"jaw": [[1, 0], [1, 1]]}, "key times of jaw do not rise"),
    "keys_too_many": ({"jaw": [[i, 1] for i in range(100_001)]}, "jaw has keys .*100000"),
    "key_before_zero": ({"jaw": [[-1, 0]]}, "a key time of jaw is -1"),
    "key_time_nan": ({"jaw": [[float("nan"), 0]]}, "a key time of jaw is nan"),
    "key_value_over": ({"lips": [[0, 2.5]]}, "a key of lips is 2.5; expected a number from 0 to 2"),
    "key_boolean": ({"lips": [[False, 1]]}, "a key time of lips is False"),
    "level_unknown": ({"intensity": "extreme"}, "intensity is 'extreme'; expected low, medium, high"),
    "intensity_over": ({"intensity": 1.5}, "intensity is 1.5; expected a number from 0 to 1"),
    "amount_over": ({"blinks": 2.1}, "blinks is 2.1; expected a number from 0 to 2"),
    "amount_a_curve": ({"head": [[0, 1]]}, "head is .*expected a number"),
    "temperature_null": ({"temperature": None}, "temperature is None"),
    "seed_negative": ({"seed": -1}, "the seed is -1; expected a whole number"),
    "seed_a_fraction": ({"seed": 1.0}, "the seed is 1.0"),
    "seed_too_large": ({"seed": 2**63}, "the seed is 9223372036854775808"),
    "seed_a_boolean": ({"seed": True}, "the seed is True"),
    "transcript_a_list": ({"transcript": ["a"]}, "transcript must be text"),
    "transcript_of_a_book": ({"transcript": "a" * 100_001}, "transcript must be text of at most 100000"),
    "style_a_number": ({"style": 3}, "style must be text"),
    "face_of_unknown_channels": ({"face": {"smile": 1}}, "face has 'smile', which is none of ARKit's 52"),
    "face_beyond_one": ({"face": {"jawOpen": 1.5}}, "face jawOpen is 1.5"),
    "guidance_beyond_five": ({"sound_guidance": 6}, "sound_guidance is 6; expected a number from 0 to 5"),
    "held_a_channel_of_nobody": ({"held": {"chin": []}}, "held has 'chin', which is none of .* nor of headPitch"),
    "held_a_single_curve": ({"held": {"jawOpen": [[0, 1], 2]}}, "held jawOpen is no list of curves"),
    "held_curves_overlap": ({"held": {"jawOpen": [[[0, 0], [1, 1]], [[1, 0]]]}}, "held jawOpen overlap"),
    "held_beyond_one": ({"held": {"jawOpen": [[[0, 2]]]}}, "a key of held jawOpen is 2"),
    "held_angle_too_wide": ({"held": {"headYaw": [[[0, 9]]]}}, "headYaw is 9; expected radians"),
    "long_values_are_cut": ({"gaze": "x" * 10_000}, r"gaze is 'x{50,60}\.\.\.; expected"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refused_in_a_sentence(fault: str) -> None:
    fields, words = FAULTS[fault]
    for given_as in (fields, json.dumps(fields)):
        with pytest.raises(DirectionError, match=words) as refused:
            Direction.from_json(given_as)
        assert len(str(refused.value)) < 400 and str(refused.value).endswith(".")


@pytest.mark.parametrize("text", ["", "{", "nonsense", b"\xff\xfe\x00", '{"seed": ' + "1" * 5000 + "}", "[" * 5000])
def test_text_that_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(DirectionError, match="is not JSON"):
        Direction.from_json(text)


@pytest.mark.parametrize("text", ["[]", "7", "null", '"happy"', "NaN"])
def test_json_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(DirectionError, match="expected a JSON object"):
        Direction.from_json(text)


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(list(FULL)), VALUE, max_size=3))
def test_anything_else_is_read_to_canonical_json_or_refused(data: dict) -> None:
    try:
        text = Direction.from_json(data).to_json()
    except DirectionError as error:
        assert str(error)
    else:
        assert Direction.from_json(text).to_json() == text


def test_another_seed_changes_the_seed_alone() -> None:
    direction = Direction.from_json(FULL)
    other = direction.with_seed(3)
    assert json.loads(other.to_json()) == {**json.loads(direction.to_json()), "seed": 3}
    with pytest.raises(DirectionError, match="seed is -3"):
        direction.with_seed(-3)


def test_emotions_of_the_command_line() -> None:
    assert parse_emotion("happy=0.7, angry = .2") == {"happy": 0.7, "angry": 0.2}
    assert parse_emotion("sad") == {"sad": 1.0}
    assert parse_emotion("") == {}


@pytest.mark.parametrize(("text", "words"), [
    ("happy=lots", "'lots' is no number; write it like happy=0.7"), ("happy=", "'' is no number"),
    ("happy=0.2=0.3", "'0.2=0.3' is no number"), ("happy=0.2,happy=0.9", "gives 'happy' twice"),
])  # fmt: skip
def test_emotions_of_the_command_line_that_are_none(text: str, words: str) -> None:
    with pytest.raises(DirectionError, match=words):
        parse_emotion(text)


@pytest.mark.parametrize("text", ["happy=nan", "happy=-1", "=0.5", "joy", "happy=1e400"])
def test_what_the_command_line_reads_is_checked_like_the_rest(text: str) -> None:
    with pytest.raises(DirectionError):
        Direction.from_json({"emotion": parse_emotion(text)})


def test_intensity_of_the_command_line() -> None:
    assert parse_intensity("0.4") == 0.4 and parse_intensity("high") == "high"
    with pytest.raises(DirectionError, match="nan"):
        Direction.from_json({"intensity": parse_intensity("nan")})


def test_what_some_engines_follow_is_named_and_written_where_it_is_asked_for() -> None:
    assert Direction().optional_fields == () and "held" not in Direction().to_json()
    direction = Direction.from_json({"held": {"headYaw": [[[0, -0.5]]], "jawOpen": [[[0.5, 0], [1, 1]]]}, "onset": 0.1})
    assert direction.optional_fields == ("onset", "held")
    assert Direction.from_json(direction.to_json()) == direction


def test_curves_are_held_from_their_first_key_to_their_last() -> None:
    direction = Direction.from_json({"held": {"jawOpen": [[[0.5, 0], [1, 1]], [[2, 0.25]]]}})
    parsed = [(name, at.tolist(), values.tolist()) for name, at, values in direction.held_at(np.arange(9) / 4)]
    assert parsed == [("jawOpen", [2, 3, 4], [0, 0.5, 1]), ("jawOpen", [8], [0.25])]
