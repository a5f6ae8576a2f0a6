# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension's own reader of takes, on numpy alone: the same rules as the backend's."""

import json
from fractions import Fraction

import numpy as np
import pytest
from fake_backend import channel_take, take_bytes

from addon.formats.take import TakeError, read_take

HEAD = np.zeros((3, 3), np.float32)
ONES = np.ones((3, 2), np.float32)


def refusal(tensors: dict, **meta: str) -> str:
    with pytest.raises(TakeError) as refused:
        read_take(take_bytes(tensors, **meta))
    return str(refused.value)


def test_reads_a_take_of_channels(tmp_path):
    path = tmp_path / "voice.take.safetensors"
    path.write_bytes(channel_take(frames=10, channels=("jawOpen", "mouthClose"), fps="30000/1001", seed="7"))
    take = read_take(path)
    assert (take.frames, take.channels, take.fps) == (10, ("jawOpen", "mouthClose"), Fraction(30000, 1001))
    assert take.weights[-1].tolist() == [0.5, 1.0]
    assert take.vertices is None
    assert take.meta["seed"] == "7"


def test_reads_a_basis_and_offsets():
    basis = {"head_rotation": HEAD, "basis": np.zeros((2, 5, 3), np.float32), "coefficients": ONES}
    assert read_take(take_bytes(basis)).vertices == 5
    offsets = {"head_rotation": HEAD, "offsets": np.zeros((3, 6, 3), np.float16)}
    assert read_take(take_bytes(offsets)).vertices == 6


def test_reads_gaze_and_holds():
    more = {"gaze": ONES, "mouth_holds": np.zeros((0, 2), np.float32), "eye_holds": ONES[:1]}
    take = read_take(take_bytes({"head_rotation": HEAD, "weights": ONES, **more}, channels='["a", "b"]'))
    assert take.gaze.shape == (3, 2)


REFUSED = {
    "another_format": ({"head_rotation": HEAD}, {"format": "mien.head"}, "its format is 'mien.head'"),
    "a_later_version": (
        {"head_rotation": HEAD},
        {"format_version": "2"},
        "version 2 and this extension reads version 1",
    ),
    "unknown_tensor": ({"head_rotation": HEAD, "spline": HEAD}, {}, "'spline'"),
    "no_head": ({"weights": ONES}, {"channels": '["a","b"]'}, "no head_rotation"),
    "no_frames": (
        {"head_rotation": HEAD[:0], "weights": ONES[:0]},
        {"channels": '["a","b"]'},
        "has 0 frames",
    ),
    "moves_nothing": ({"head_rotation": HEAD}, {}, "moves nothing"),
    "frames_disagree": (
        {"head_rotation": HEAD, "weights": ONES[:2]},
        {"channels": '["a","b"]'},
        "weights has 2 frames and head_rotation has 3",
    ),
    "basis_alone": (
        {"head_rotation": HEAD, "basis": np.zeros((2, 5, 3), np.float32)},
        {},
        "without its coefficients",
    ),
    "coefficients_alone": ({"head_rotation": HEAD, "coefficients": ONES}, {}, "without its basis"),
    "basis_of_another_size": (
        {"head_rotation": HEAD, "basis": np.zeros((4, 5, 3), np.float32), "coefficients": ONES},
        {},
        "basis has 4 shapes and 2 coefficients",
    ),
    "half_floats": ({"head_rotation": HEAD.astype(np.float16)}, {}, "head_rotation is F16"),
    "integers": ({"head_rotation": HEAD.astype(np.int32)}, {}, "is I32"),
    "flat_head": ({"head_rotation": HEAD.ravel()}, {}, "has the shape [9]"),
    "gaze_of_three": (
        {"head_rotation": HEAD, "gaze": HEAD},
        {},
        "gaze has the shape [3, 3]; expected (n, 2)",
    ),
    "channels_not_json": (
        {"head_rotation": HEAD, "weights": ONES},
        {"channels": "jawOpen"},
        "not a JSON list",
    ),
    "channels_an_object": ({"head_rotation": HEAD, "weights": ONES}, {"channels": "{}"}, "not a JSON list"),
    "channels_numbers": ({"head_rotation": HEAD, "weights": ONES}, {"channels": "[1, 2]"}, "not a JSON list"),
    "a_channel_twice": (
        {"head_rotation": HEAD, "weights": ONES},
        {"channels": '["a","a"]'},
        "names a channel twice",
    ),
    "too_few_channels": (
        {"head_rotation": HEAD, "weights": ONES},
        {"channels": '["a"]'},
        "1 channels and has 2",
    ),
    "fps_a_decimal": (
        {"head_rotation": HEAD, "weights": ONES},
        {"channels": '["a","b"]', "fps": "29.97"},
        "29.97",
    ),
    "fps_zero": ({"head_rotation": HEAD, "weights": ONES}, {"channels": '["a","b"]', "fps": "0"}, "above 0"),
    "fps_over_zero": (
        {"head_rotation": HEAD, "weights": ONES},
        {"channels": '["a","b"]', "fps": "1/0"},
        "above 0",
    ),
    "fps_absurd": (
        {"head_rotation": HEAD, "weights": ONES},
        {"channels": '["a","b"]', "fps": "1001"},
        "at most 1000",
    ),
    "start_no_number": (
        {"head_rotation": HEAD, "weights": ONES},
        {"channels": '["a","b"]', "start": "soon"},
        "'soon'",
    ),
    "start_nan": (
        {"head_rotation": HEAD, "weights": ONES},
        {"channels": '["a","b"]', "start": "nan"},
        "'nan'",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_faults_are_refused_in_a_sentence(fault):
    tensors, meta, words = REFUSED[fault]
    sentence = refusal(tensors, **meta)
    assert words in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_named_with_its_frame(value):
    weights = np.zeros((700, 2), np.float32)
    weights[613, 1] = value
    sentence = refusal({"head_rotation": np.zeros((700, 3), np.float32), "weights": weights}, channels='["a","b"]')
    assert "weights" in sentence and "frame 613" in sentence


def test_more_than_a_million_frames_are_refused():
    head = np.zeros((1_000_001, 3), np.float32)
    assert "1000001 frames" in refusal({"head_rotation": head, "weights": head}, channels='["a","b","c"]')


def test_damaged_bytes_are_refused():
    with pytest.raises(TakeError, match="cut short"):
        read_take(channel_take()[:-1])


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(TakeError, match="gone.safetensors cannot be read"):
        read_take(tmp_path / "gone.safetensors")


def test_frames_of_the_scene_do_not_drift():
    hour = 30 * 3600
    take = read_take(
        take_bytes(
            {"head_rotation": np.zeros((hour, 3), np.float32), "weights": np.zeros((hour, 1), np.float32)},
            channels='["jawOpen"]',
            fps="30000/1001",
        )
    )
    frames = take.scene_frames(Fraction(30000, 1001), 101)
    assert frames[0] == 101 and frames[-1] == 101 + hour - 1
    assert take.scene_frames(Fraction(24), 1)[-1] == pytest.approx(1 + float((hour - 1) * Fraction(1001, 30000) * 24))


def test_a_take_that_starts_later_is_placed_later():
    raw = take_bytes({"head_rotation": HEAD, "weights": ONES}, channels=json.dumps(["a", "b"]), start="0.5")
    assert read_take(raw).scene_frames(Fraction(24), 1).tolist() == [13.0, 14.0, 15.0]


@pytest.mark.parametrize(
    ("text", "sentences"), [('["One.", "Two."]', ("One.", "Two.")), ("[]", ()), ("{", ()), ('{"a": 1}', ())]
)
def test_the_warnings_of_a_take_are_sentences(text: str, sentences: tuple[str, ...]):
    assert (
        read_take(
            take_bytes({"head_rotation": HEAD, "offsets": np.zeros((3, 6, 3), np.float16)}, warnings=text)
        ).warnings
        == sentences
    )
