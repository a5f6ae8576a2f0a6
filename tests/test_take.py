# SPDX-License-Identifier: GPL-3.0-or-later
"""The take, and that both its readers, the backend's and the extension's, refuse the same faults."""

import json
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from checkout import SAMPLES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mien import take as backend
from mien.take import Take, TakeError, check_lists, frame_count, hold_times, parse_fps, read_take, write_take

from addon.formats import take as extension

sys.path.insert(0, str(SAMPLES))
import make_broken_takes

SOUND = SAMPLES / "two_frames.take.safetensors"
READERS = {"backend": backend, "extension": extension}
# Words that either reader's sentence must have, so that a fault is not refused for another's reason.
WORDS = {
    "empty": "0 bytes", "seven_bytes": "7 bytes", "header_beyond_file": "286 bytes",
    "header_of_exabytes": "18446744073709551615 bytes", "header_no_json": "header .*cannot be read",
    "header_no_utf8": "header .*cannot be read", "header_a_list": "header .*JSON object",
    "header_nested": "header .*cannot be read", "header_name_twice": "twice", "metadata_missing": "no metadata",
    "metadata_numbers": "no metadata of plain strings", "metadata_a_list": "no metadata",
    "format_missing": "no.* take: its format", "format_of_a_head": "'mien.head'",
    "version_later": "version '?2'?.*version '?1", "version_missing": "format version", "dtype_double": "F64",
    "dtype_whole_numbers": "I32", "dtype_half_weights": "weights is (F16|float16)", "dtype_a_list": r"\['F32'\]",
    "entry_incomplete": "entry of tensor 'weights'", "entry_a_number": "entry of tensor 'weights'",
    "shape_negative": "impossible shape", "shape_of_fractions": "impossible shape",
    "shape_of_booleans": "impossible shape", "shape_a_text": "impossible shape",
    "shape_impossible": "impossible shape", "shape_beyond_bytes": r"shape \[2, 3\]",
    "shape_of_others": r"expected \(n, 3\)", "offsets_gap": "byte 28.*gap", "offsets_overlap": "byte 20.*overlap",
    "offsets_backwards": r"\[24, 8\]", "offsets_negative": "impossible offsets", "truncated": "is cut short",
    "bytes_left_over": "1 bytes", "unknown_tensor": "'tongue_rotation'", "head_rotation_missing": "no head_rotation",
    "nothing_moves": "moves nothing", "frames_none": "0 frames", "frames_disagree": "weights has 3 frames",
    "gaze_disagrees": "gaze has 1 frames", "nan": "weights .*frame 1", "infinity": "weights .*frame 1",
    "nan_in_holds": "mouth_holds", "channels_no_json": "JSON list", "channels_a_text": "JSON list",
    "channels_an_object": "JSON list", "channels_numbers": "JSON list", "channels_twice": "channel",
    "channels_too_few": "2 weights", "channels_without_weights": "0 weights", "fps_missing": "frame rate",
    "fps_decimal": "29.97", "fps_zero": "above 0", "fps_by_zero": "25/0", "fps_negative": "-25",
    "fps_above_1000": "at most 1000", "fps_with_space": "' 25'", "fps_other_digits": "٢٥", "start_a_word": "'soon'",
    "start_nan": "nan", "start_infinite": "-inf", "basis_alone": "without", "coefficients_alone": "without",
    "basis_of_others": "basis has 2",
}  # fmt: skip


def test_the_broken_takes_are_those_the_script_writes() -> None:
    made = make_broken_takes.faults()
    kept = {p.name.removesuffix(".take.safetensors"): p.read_bytes() for p in make_broken_takes.FOLDER.iterdir()}
    assert kept == made
    assert set(WORDS) == set(made)


def test_a_sound_in_the_place_of_a_take_is_told_what_to_do(tmp_path) -> None:
    sound = tmp_path / "voice.wav"
    sound.write_bytes(b"RIFF\xff\xff\xff\xffWAVE")
    with pytest.raises(TakeError, match=r"voice\.wav is no take; .*'mien speak'"):
        read_take(sound)


PAIRS = [(fault, reader) for fault in WORDS for reader in READERS]


@pytest.mark.parametrize(("fault", "reader"), PAIRS)
def test_a_broken_take_is_refused_in_a_sentence(fault: str, reader: str) -> None:
    module = READERS[reader]
    path = make_broken_takes.FOLDER / f"{fault}.take.safetensors"
    with pytest.raises(module.TakeError, match=WORDS[fault]) as refused:
        module.read_take(path)
    sentence = str(refused.value)
    assert sentence.endswith(".") and sentence.count("\n") == 0
    with pytest.raises(module.TakeError, match=WORDS[fault]):
        module.read_take(path.read_bytes())


@pytest.mark.parametrize("reader", READERS)
def test_the_take_they_were_broken_from_is_sound(reader: str) -> None:
    read = READERS[reader].read_take(SOUND)
    assert (read.frames, read.fps, read.channels) == (2, 25, ("jawOpen", "mouthClose"))


@pytest.mark.parametrize("reader", READERS)
def test_too_many_frames_and_too_large_a_file_are_refused(reader: str, tmp_path: Path) -> None:
    module = READERS[reader]
    many = make_broken_takes.zeros(1_000_001, 3)
    with pytest.raises(module.TakeError, match="1000001 frames; 1 to 1000000"):
        module.read_take(make_broken_takes.take({"head_rotation": many, "weights": many[:, :2].copy()}))
    path = tmp_path / "huge.take.safetensors"
    with path.open("wb") as file:
        file.truncate((2 << 30) + 1)
    with pytest.raises(module.TakeError, match="at most 2147"):
        module.read_take(path)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_random_damage_raises_nothing_but_take_errors(data: st.DataObject) -> None:
    good = SOUND.read_bytes()
    damage = st.one_of(
        st.tuples(st.just("set"), st.integers(0, len(good) - 1), st.integers(0, 255)),
        st.tuples(st.just("cut"), st.integers(0, len(good)), st.integers(1, 40)),
        st.tuples(st.just("put"), st.integers(0, len(good)), st.binary(min_size=1, max_size=12)),
    )
    spoiled = bytearray(good)
    for kind, at, what in data.draw(st.lists(damage, min_size=1, max_size=4)):
        if kind == "set" and at < len(spoiled):
            spoiled[at] = what
        elif kind == "cut":
            del spoiled[at : at + what]
        elif kind == "put":
            spoiled[at:at] = what
    for module in READERS.values():
        try:
            read = module.read_take(bytes(spoiled))
        except module.TakeError as error:
            assert len(str(error)) > 20
        else:
            assert read.frames >= 1 and np.isfinite(read.head_rotation).all()


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8),
    st.lists(st.integers(-2, 2**33), max_size=9), st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(tensor=st.sampled_from(["weights", "head_rotation"]), field=st.sampled_from(["dtype", "shape", "data_offsets"]),
       value=ODD)  # fmt: skip
def test_any_json_in_an_entry_raises_nothing_but_take_errors(tensor: str, field: str, value: object) -> None:
    for module in READERS.values():
        try:
            module.read_take(make_broken_takes.entry(tensor, **{field: value}))
        except module.TakeError as error:
            assert str(error).endswith(".")


@settings(max_examples=300, deadline=None)
@given(field=st.sampled_from(["fps", "start", "channels", "duration", "format_version", "seed"]),
       value=st.text(max_size=12) | st.from_regex(r"-?[0-9]{1,12}([./e][0-9]{1,9})?", fullmatch=True))  # fmt: skip
def test_any_text_in_the_metadata_raises_nothing_but_take_errors(field: str, value: str) -> None:
    for module in READERS.values():
        try:
            module.read_take(make_broken_takes.take(**{field: value}))
        except module.TakeError as error:
            assert len(str(error)) > 20


# Durations are the backend's own: the extension goes by the frames.
@pytest.mark.parametrize("duration", ["-1", "1/0", "nan", "1e999999999", "0.08", "", "9" * 400])
def test_a_duration_that_is_none_is_refused(duration: str) -> None:
    with pytest.raises(TakeError, match="duration"):
        read_take(make_broken_takes.take(duration=duration))


def test_a_duration_that_the_frames_do_not_fill_is_refused() -> None:
    """Otherwise a take of two frames could ask resample for a billion."""
    with pytest.raises(TakeError, match="2 frames; from 0.0 s to the sound's end at 1000000.0 s, 25 a second are"):
        read_take(make_broken_takes.take(duration="1000000"))


def take(duration: Fraction | int = 2, fps: Fraction | int = 100, **changes) -> Take:
    """jawOpen, mouthClose and eyeBlinkLeft rise by a per second each; head_rotation and gaze with them."""
    fps, duration = Fraction(fps), Fraction(duration)
    frames = frame_count(duration - backend.exact(changes.get("start", 0.0)), fps)
    ramp = (np.arange(frames) / float(fps)).astype(np.float32)
    parts = {
        "channels": ("jawOpen", "mouthClose", "eyeBlinkLeft", "browInnerUp"),
        "weights": np.stack([ramp, 2 * ramp, 3 * ramp, 4 * ramp], 1),
        "head_rotation": np.stack([ramp, -ramp, 0 * ramp], 1),
        "gaze": np.stack([ramp, -ramp], 1),
    }
    return Take(fps=fps, duration=duration, **{**parts, **changes})


def vertex_take(**changes) -> Take:
    frames = 200
    ramp = (np.arange(frames) / 100).astype(np.float32)
    return take(**{
        "channels": (), "weights": None, "gaze": None,
        "offsets": (ramp[:, None, None] * np.ones((1, 4, 3))).astype(np.float16),
        "basis": np.ones((2, 4, 3), np.float32), "coefficients": np.stack([ramp, -ramp], 1), **changes,
    })  # fmt: skip


WRITTEN = [take(), take(start=0.3), vertex_take(), take(duration=Fraction(1, 3), fps=Fraction(30000, 1001))]


@pytest.mark.parametrize("made", WRITTEN, ids=["channels", "late", "vertices", "ntsc"])
def test_what_is_written_is_read(made: Take, tmp_path: Path) -> None:
    write_take(made, tmp_path / "a.take.safetensors")
    read = read_take(tmp_path / "a.take.safetensors")
    assert (read.fps, read.duration, read.start, read.channels) == (made.fps, made.duration, made.start, made.channels)
    for name in backend.SHAPES:
        np.testing.assert_array_equal(getattr(read, name), getattr(made, name))
    assert read.to_bytes() == made.to_bytes() == (tmp_path / "a.take.safetensors").read_bytes()
    other = extension.read_take(made.to_bytes())
    assert (other.fps, other.channels, other.frames) == (made.fps, made.channels, made.frames)
    assert float(other.start) == made.start
    assert [p.name for p in tmp_path.iterdir()] == ["a.take.safetensors"]


def test_metadata_is_kept_and_cannot_pose_as_the_format() -> None:
    made = take(meta={"seed": "7", "format": "mien.head", "fps": "1"})
    read = read_take(made.to_bytes())
    assert read.meta["seed"] == "7" and read.meta["format"] == "mien.take" and read.meta["fps"] == "100"
    assert json.loads(read.meta["channels"]) == list(made.channels)


def test_a_take_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as refused:
        write_take(take(), tmp_path / "no" / "a.take.safetensors")
    assert refused.value.filename == str(tmp_path / "no" / "a.take.safetensors")
    with pytest.raises(IsADirectoryError):
        write_take(take(), tmp_path)
    path = tmp_path / "a.take.safetensors"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="metadata"):
        write_take(take(meta={"seed": 7}), path)
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


RATES = ["24", "25", "30", "60", "30000/1001", "24000/1001"]


@pytest.mark.parametrize("rate", RATES)
def test_resampling_reads_the_same_curve_at_the_new_times(rate: str) -> None:
    duration = Fraction(32123, 16000)
    made = take(duration=duration)
    new = made.resample(rate)
    fps = Fraction(rate)
    assert new.fps == fps and new.frames == -(-duration * fps // 1)
    expected = np.minimum([float(i / fps) for i in range(new.frames)], (made.frames - 1) / 100)
    np.testing.assert_allclose(new.weights, expected[:, None] * [1, 2, 3, 4], atol=2e-6)
    np.testing.assert_allclose(new.head_rotation, expected[:, None] * [1, -1, 0], atol=2e-6)
    np.testing.assert_allclose(new.gaze, expected[:, None] * [1, -1], atol=2e-6)
    assert read_take(new.to_bytes()).frames == new.frames


@pytest.mark.parametrize("rate", RATES)
def test_an_hour_does_not_drift(rate: str) -> None:
    """The last frame of an hour and a bit is where exact fractions put it, and shows that moment."""
    duration = 3600 + Fraction(1, 7)
    made = take(duration=duration, fps=25, channels=(), weights=None, gaze=None, basis=np.zeros((1, 1, 3), np.float32),
                coefficients=np.arange(frame_count(duration, Fraction(25)), dtype=np.float32)[:, None])  # fmt: skip
    new = made.resample(rate)
    fps = Fraction(rate)
    assert new.frames == -(-duration * fps // 1)
    for frame in (0, 1, new.frames // 2, new.frames - 2):
        assert abs(new.times[frame] - frame / fps) < 1e-9
        assert new.coefficients[frame, 0] == pytest.approx(float(frame / fps * 25), abs=0.01)


def test_start_moves_the_times_and_shortens_the_take() -> None:
    made = take(duration=2, start=0.3)
    new = made.resample(10)
    assert made.frames == 170 and new.frames == 17
    assert new.times[[0, -1]] == pytest.approx([0.3, 1.9])
    np.testing.assert_allclose(new.channel("jawOpen"), np.arange(17) / 10, atol=1e-6)


def test_the_same_rate_is_the_same_take() -> None:
    made = take()
    assert made.resample("100") is made and made.resample("200/2") is made


def closure(begin: float, end: float) -> np.ndarray:
    """(200,) 1 within [begin, end], 0 elsewhere, at 100 fps."""
    times = np.arange(200) / 100
    return ((times >= begin - 1e-9) & (times <= end + 1e-9)).astype(np.float32)


def holds(*pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs, np.float32)


def test_a_closure_between_two_frames_is_shown_by_one_of_them_for_the_mouth_alone() -> None:
    """24 fps has frames at 0.5 and 0.5417 s: lips closed from 0.51 to 0.53 s would never be seen."""
    shut = np.stack([closure(0.51, 0.53)] * 4, 1)
    lost = take(weights=shut).resample(24)
    assert lost.channel("mouthClose").max() == 0
    kept = take(weights=shut, mouth_holds=holds((0.51, 0.53))).resample(24)
    for name in ("jawOpen", "mouthClose"):
        assert np.flatnonzero(kept.channel(name) > 0.999).tolist() in ([12], [13])
        assert np.count_nonzero(kept.channel(name)) == 1
    assert not kept.channel("eyeBlinkLeft").any() and not kept.channel("browInnerUp").any()
    np.testing.assert_array_equal(kept.head_rotation, lost.head_rotation)
    np.testing.assert_array_equal(kept.gaze, lost.gaze)


def test_shut_lids_between_two_frames_are_shown_by_the_lids_alone() -> None:
    shut = np.stack([closure(0.51, 0.53)] * 4, 1)
    kept = take(weights=shut, eye_holds=holds((0.51, 0.53))).resample(24)
    assert np.count_nonzero(kept.channel("eyeBlinkLeft") > 0.999) == 1
    for name in ("jawOpen", "mouthClose", "browInnerUp"):
        assert not kept.channel(name).any()


def test_a_vertex_take_shows_its_closures_too() -> None:
    shut = closure(0.51, 0.53)
    parts = {"offsets": (shut[:, None, None] * np.ones((1, 4, 3))).astype(np.float16),
             "coefficients": np.stack([shut, -shut], 1)}  # fmt: skip
    lost, kept = (vertex_take(**parts, mouth_holds=h).resample(24) for h in (None, holds((0.51, 0.53))))
    assert not lost.offsets.any() and not lost.coefficients.any()
    assert kept.offsets.dtype == np.float16
    assert kept.offsets.max(axis=(1, 2)).tolist().count(1.0) == 1
    assert kept.coefficients[:, 0].max() == pytest.approx(1) and np.count_nonzero(kept.coefficients[:, 0]) == 1


def test_a_closure_that_a_frame_meets_moves_nothing() -> None:
    shut = np.stack([closure(0.49, 0.52)] * 4, 1)
    with_hold = take(weights=shut, mouth_holds=holds((0.49, 0.52))).resample(24)
    np.testing.assert_array_equal(with_hold.weights, take(weights=shut).resample(24).weights)


@given(
    begins=st.lists(st.floats(0, 9.9), min_size=1, max_size=20),
    length=st.floats(0, 0.1),
    rate=st.sampled_from(RATES),
)
@settings(deadline=None)
def test_every_hold_a_frame_apart_is_met_and_no_frame_moves_further_than_half(begins, length, rate) -> None:
    fps = Fraction(rate)
    step = 1 / float(fps)
    apart: list[tuple[float, float]] = []
    for begin in sorted(begins):
        if not apart or begin >= apart[-1][1] + step:
            apart.append((begin, begin + length))
    grid = backend.frame_times(frame_count(Fraction(10), fps), fps)
    read_at, _ = hold_times(grid, np.array(apart))
    for begin, end in apart:
        if begin <= grid[-1] + step / 2:
            assert np.any((read_at >= begin - 1e-6) & (read_at <= end + 1e-6))
    assert np.abs(read_at - grid)[:-1].max(initial=0) <= step / 2 + 1e-6  # the last stands in for all that follows
    assert np.all(np.diff(read_at) > -1e-9)


def test_resampling_beyond_a_million_frames_is_refused_before_it_is_tried() -> None:
    with pytest.raises(TakeError, match="at 1000 frames a second the take has 1001000 frames"):
        take(duration=1001, fps=1).resample(1000)


@pytest.mark.parametrize(("duration", "fps", "frames"), [
    ("0", "25", 1), ("1/16000", "25", 1), ("1", "25", 25), ("16001/16000", "25", 26), ("1", "30000/1001", 30),
    ("1001/1000", "30000/1001", 30), ("3600", "30000/1001", 107893),
])  # fmt: skip
def test_frame_count(duration: str, fps: str, frames: int) -> None:
    assert frame_count(Fraction(duration), Fraction(fps)) == frames


@pytest.mark.parametrize("fps", ["24", "1", "1000", "30000/1001", "60000/2002", "1/10"])
def test_frame_rates_that_are(fps: str) -> None:
    assert parse_fps(fps) == parse_fps(Fraction(fps)) == Fraction(fps)
    assert parse_fps(24) == parse_fps("24.0") == parse_fps("24.000") == 24


@pytest.mark.parametrize("fps", [
    "0", "0/1", "1/0", "-5", "abc", "29.97", "24.5", ".0", "24.", "1e9", "1000000000", "1001", "", " ", "25 ", "25/",
    "/25", "25/1/1", "٢٥", "+25", "0x19", "inf", "nan", 0, -24, 29.97, float("nan"), True, Fraction(29.97),
    Fraction(-1), None,
])  # fmt: skip
def test_frame_rates_that_are_none(fps: object) -> None:
    with pytest.raises(TakeError, match="frame rate"):
        parse_fps(fps)


@pytest.mark.parametrize(("changes", "words"), [
    ({"weights": np.zeros((200, 4))}, "weights is float64; expected float32"),
    ({"weights": np.zeros((200, 3), np.float32)}, "3 weights a frame and 4 different channel names"),
    ({"channels": ("a", "a", "b", "c")}, "3 different channel names"),
    ({"weights": None, "channels": ()}, "moves nothing"),
    ({"gaze": np.zeros((199, 2), np.float32)}, "gaze has 199 frames, its head_rotation has 200"),
    ({"mouth_holds": np.zeros((2, 3), np.float32)}, r"mouth_holds has shape \(2, 3\); expected \(n, 2\)"),
    ({"start": 1e9}, "starts at 1000000000.0 s"),
    ({"fps": Fraction(0)}, "frame rate"),
])  # fmt: skip
def test_a_take_whose_parts_do_not_belong_together_is_never_made(changes: dict, words: str) -> None:
    good = take()
    parts = {n: getattr(good, n) for n in ("fps", "duration", "channels", "weights", "head_rotation", "gaze", "start")}
    with pytest.raises(TakeError, match=words):
        Take(**{**parts, **changes})


def test_an_unknown_channel_is_named_with_those_there_are() -> None:
    with pytest.raises(TakeError, match="no channel 'tongueOut'; it has jawOpen, mouthClose"):
        take().channel("tongueOut")


def test_a_closure_survives_being_resampled_twice() -> None:
    """What the first resampling moved to a frame of its own is where that frame is, not where it was."""
    shut = np.zeros((100, 1), np.float32)
    shut[51:53] = 1  # 20 ms: between the frames of 24 and of 25
    take = Take(
        fps=Fraction(100), duration=Fraction(1), channels=("mouthClose",), weights=shut,
        head_rotation=np.zeros((100, 3), np.float32), mouth_holds=np.array([[0.51, 0.52]], np.float32),
    )  # fmt: skip
    once = take.resample(25)
    assert once.weights.max() == pytest.approx(1, abs=1e-5)
    for fps in ("24", "30", "60", "30000/1001"):
        assert once.resample(fps).weights.max() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    "entry", [{"warnings": "xx"}, {"warnings": "5"}, {"warnings": "[1]"}, {"gaps": "[[0]]"}, {"phrases": "[[0, NaN]]"}]
)
def test_a_list_of_the_metadata_that_is_none_is_refused(entry: dict[str, str]) -> None:
    with pytest.raises(TakeError, match="are no JSON list"):
        check_lists(entry, "the take", TakeError)
    check_lists({"warnings": '["Loud."]', "gaps": "[[0, 1.5]]"}, "the take", TakeError)
