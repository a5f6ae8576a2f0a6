# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from films import squares, write_pictures
from mien.engines.personatalk import DubError
from mien.engines.personatalk.film.writer import Colours, FilmPlan, check_suffix, write_dub
from mien.engines.personatalk.options import DubOptions
from sounds import voice, written

NTSC = Fraction(30000, 1001)


@pytest.fixture
def plan(tmp_path: Path) -> FilmPlan:
    source = write_pictures(tmp_path / "source.mp4", squares(30))
    sound = tmp_path / "voice.wav"
    sound.write_bytes(written(voice(1.0)))
    times = [i / NTSC for i in range(30)]
    return FilmPlan(times, NTSC, True, source, Fraction(0), sound, {"comment": "made by a test"})


def decoded(path: Path) -> tuple[list[Fraction], list[np.ndarray]]:
    with av.open(str(path)) as film:
        frames = list(film.decode(video=0))
        return [f.pts * f.time_base for f in frames], [f.to_ndarray(format="rgb24") for f in frames]


def test_times_size_sound_and_tags(plan: FilmPlan, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    assert write_dub(path, squares(30), plan, DubOptions()) == []
    times, pictures = decoded(path)
    assert times == plan.times
    assert pictures[0].shape == (48, 64, 3)
    assert all(np.abs(a.astype(int) - b).mean() < 4 for a, b in zip(pictures, squares(30), strict=True))
    with av.open(str(path)) as film:
        (sound,) = film.streams.audio
        assert film.metadata["comment"] == "made by a test"
        samples = sum(frame.samples for frame in film.decode(sound))
        assert abs(samples / sound.rate - 1.0) < 0.05


def test_lossless_is_lossless(plan: FilmPlan, tmp_path: Path) -> None:
    path = tmp_path / "out.mkv"
    noise = list(np.random.default_rng(0).integers(0, 255, (5, 33, 47, 3), np.uint8))
    write_dub(path, noise, replace(plan, times=plan.times[:5]), DubOptions(codec="lossless"))
    _, pictures = decoded(path)
    for one, other in zip(pictures, noise, strict=True):
        np.testing.assert_array_equal(one, other)


def test_pictures_that_keep_no_rate_keep_their_times(plan: FilmPlan, tmp_path: Path) -> None:
    times = [Fraction(i * i, 100) for i in range(10)]
    write_dub(tmp_path / "out.mp4", squares(10), replace(plan, times=times, steady=False), DubOptions())
    assert decoded(tmp_path / "out.mp4")[0] == times


def test_odd_sizes_are_kept(plan: FilmPlan, tmp_path: Path) -> None:
    write_dub(tmp_path / "out.mp4", squares(30, (63, 47)), plan, DubOptions())
    assert decoded(tmp_path / "out.mp4")[1][0].shape == (47, 63, 3)


@pytest.mark.parametrize("matrix", [1, 6])
def test_colours_are_tagged_and_meant_as_in_the_source(plan: FilmPlan, tmp_path: Path, matrix: int) -> None:
    tags = {"color_primaries": matrix, "color_trc": matrix, "colorspace": matrix, "color_range": 1}
    source = write_pictures(tmp_path / f"{matrix}.mp4", squares(5), colours=tags)
    red = [np.full((48, 64, 3), (200, 40, 40), np.uint8)] * 5
    path = tmp_path / "out.mp4"
    write_dub(path, red, replace(plan, source=source, times=plan.times[:5]), DubOptions())
    assert Colours.of(path) == Colours.of(source) == Colours(matrix, matrix, matrix, 1)
    from mien.video.reader import open_footage

    seen = next(open_footage(path).pictures()).pixels
    assert np.abs(seen.astype(int) - red[0]).mean() < 4


def test_the_other_sound_tracks_are_copied(plan: FilmPlan, tmp_path: Path) -> None:
    source = tmp_path / "tracks.mp4"
    with av.open(str(source), "w") as film:
        video = film.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        tracks = [film.add_stream("aac", rate=8000 * (i + 1), layout="mono") for i in range(2)]
        for picture in squares(30):
            film.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        for track in tracks:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, track.rate), np.float32), format="fltp", layout="mono")
            silence.sample_rate = track.rate
            film.mux(track.encode(silence))
        for stream in (video, *tracks):
            film.mux(stream.encode(None))
    with av.open(str(source)) as film:
        replaced = film.streams.best("audio").rate
    path = tmp_path / "out.mp4"
    assert write_dub(path, squares(30), replace(plan, source=source), DubOptions()) == []
    with av.open(str(path)) as film:
        assert {stream.rate for stream in film.streams.audio} == {48000, 8000 + 16000 - replaced}


def test_a_name_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    check_suffix(tmp_path / "a.MP4", DubOptions())
    with pytest.raises(DubError, match="ends in .mkv"):
        check_suffix(tmp_path / "a.mp4", DubOptions(codec="lossless"))
    with pytest.raises(DubError, match="h264"):
        check_suffix(tmp_path / "a.avi", DubOptions())
