# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mien.face_tracking import TrackingError
from mien.face_tracking.track import read_track, stretches, write_track
from mien.files.safetensors import read_tensors, write_tensors
from tracks import track


def test_a_track_comes_back_from_its_file(tmp_path) -> None:
    times = (Fraction(0), Fraction(1001, 30000), Fraction(7, 90), Fraction(5, 2))
    one = replace(track(4), times=times, length=Fraction(26, 10), start=Fraction(1, 3), meta={"source": "a.mp4"})
    write_track(one, tmp_path / "a.track.safetensors")
    again = read_track(tmp_path / "a.track.safetensors")
    assert again.times == times
    assert (again.length, again.start, again.rate) == (one.length, one.start, one.rate)
    assert (again.width, again.height, again.channels) == (one.width, one.height, one.channels)
    assert again.meta == {"source": "a.mp4"}
    for name in ("tracked", "shot", "presence", "points", "scores"):
        np.testing.assert_array_equal(getattr(again, name), getattr(one, name))
    assert again.to_bytes() == one.to_bytes()


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=8), st.sampled_from([1000, 30000, 90000]))
def test_times_are_kept_exactly(steps, base) -> None:
    times = tuple(Fraction(n, base) for n in np.cumsum([0, *steps]).tolist())
    one = replace(track(len(times)), times=times, length=times[-1] + 1)
    assert read_track(one.to_bytes()).times == times


def test_gaps_and_cuts_are_told_by_time() -> None:
    found = np.array([0, 0, 1, 1, 0, 1, 1, 1, 1, 0], bool)
    one = replace(track(10, found), shot=np.array([0] * 7 + [1] * 3, np.int32))
    assert one.gaps() == [(0, Fraction(2, 25)), (Fraction(4, 25), Fraction(5, 25)), (Fraction(9, 25), Fraction(10, 25))]
    assert one.cuts() == [Fraction(7, 25)]
    assert one.stretches().tolist() == [[2, 4], [5, 7], [7, 9]]


def test_stretches_of_nothing_and_of_everything() -> None:
    assert stretches(np.zeros(4, bool), np.zeros(4, int)).tolist() == []
    assert stretches(np.ones(4, bool), np.zeros(4, int)).tolist() == [[0, 4]]


def test_an_even_rate_is_told_from_an_uneven_one() -> None:
    even = track(5)
    assert even.steady
    rounded = tuple(Fraction(round(time * 1000), 1000) for time in even.times)  # as mkv writes 30000/1001
    assert replace(even, times=rounded).steady
    assert not replace(even, times=(*even.times[:-1], Fraction(1, 2)), length=Fraction(1)).steady


def test_a_missing_channel_is_named() -> None:
    with pytest.raises(TrackingError, match="tongueOut"):
        track(2).channel("tongueOut")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"times": (Fraction(0),) * 3}, "do not grow"),
        ({"length": Fraction(0)}, "impossible"),
        ({"width": 0}, "pixels"),
        ({"presence": np.zeros(2, np.float32)}, "presence"),
        ({"points": np.full((3, 478, 3), np.nan, np.float32)}, "no number"),
        ({"shot": np.array([1, 0, 0], np.int32)}, "shots"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(change, sentence) -> None:
    with pytest.raises(TrackingError, match=sentence):
        replace(track(3), **change)


def damaged(**changes: object) -> bytes:
    tensors, meta = read_tensors(track(3).to_bytes())
    meta = {key: value for key, value in {**meta, **changes}.items() if isinstance(value, str)}
    tensors = {**tensors, **{key: value for key, value in changes.items() if isinstance(value, np.ndarray)}}
    return write_tensors({key: value for key, value in tensors.items() if changes.get(key, value) is not None}, meta)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x" * 100,
        damaged(format="mien.take"),
        damaged(format_version="2"),
        damaged(points=None),
        damaged(more=np.zeros(1, np.float32)),
        damaged(channels="no list"),
        damaged(channels='["jawOpen"]'),
        damaged(time_base="1/0"),
        damaged(length="-1"),
        damaged(rate="0"),
        damaged(width="wide"),
        damaged(ticks=np.array([0, 5, 5], np.int32)),
        damaged(tracked=np.ones(2, np.uint8)),
    ],
)
def test_damaged_files_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(TrackingError):
        read_track(data)


def test_a_pose_is_given_for_each_picture() -> None:
    one = track(3, np.array([False, True, True]))
    assert one.pose.head_rotation.shape == (3, 3)
    np.testing.assert_allclose(one.pose.head_rotation, 0, atol=1e-5)
    with pytest.raises(TrackingError, match="no picture with the face"):
        _ = track(2, np.zeros(2, bool)).pose
