# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from films import squares, write_pictures
from mien.engines.personatalk import DubError
from mien.engines.personatalk.film.colours import Colours
from mien.engines.personatalk.film.film_plan import FilmPlan
from mien.engines.personatalk.film.part_encoder import PartEncoder
from mien.engines.personatalk.film.writer import check_suffix, write_dub
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


def write(path: Path, pictures: list[np.ndarray], plan: FilmPlan, codec: str = "h264") -> list[str]:
    """Each part encoded by itself, then the film."""
    encoder, parts = PartEncoder(plan, codec, Colours.of(plan.source)), []
    for part in plan.parts:
        parts.append(path.with_name(f"{part.start}.part"))
        encoder(parts[-1], part, pictures[part.start : part.stop])
    return write_dub(path, parts, plan, codec == "lossless")


def decoded(path: Path) -> tuple[list[Fraction], list[np.ndarray]]:
    with av.open(str(path)) as film:
        frames = list(film.decode(video=0))
        return [f.pts * f.time_base for f in frames], [f.to_ndarray(format="rgb24") for f in frames]


def test_times_size_sound_and_tags(plan: FilmPlan, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    assert write(path, squares(30), plan) == []
    times, pictures = decoded(path)
    assert times == plan.times
    assert pictures[0].shape == (48, 64, 3)
    assert all(np.abs(a.astype(int) - b).mean() < 4 for a, b in zip(pictures, squares(30), strict=True))
    with av.open(str(path)) as film:
        (sound,) = film.streams.audio
        assert film.metadata["comment"] == "made by a test"
        samples = sum(frame.samples for frame in film.decode(sound))
        assert abs(samples / sound.rate - 1.0) < 0.05


@pytest.mark.parametrize(("codec", "suffix"), [("h264", ".mp4"), ("h264", ".mkv"), ("lossless", ".mkv")])
def test_parts_are_joined_without_a_seam(
    plan: FilmPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str, suffix: str
) -> None:
    monkeypatch.setattr("mien.engines.personatalk.film.film_plan.PART", Fraction(1, 3))
    assert [len(part) for part in plan.parts] == [10, 10, 10]
    path = tmp_path / f"out{suffix}"
    write(path, squares(30), plan, codec)
    times, pictures = decoded(path)
    shown = [float(time) for time in times]
    assert shown == pytest.approx([float(time) for time in plan.times], abs=6e-4)  # mkv counts milliseconds
    assert all(np.abs(a.astype(int) - b).mean() < 4 for a, b in zip(pictures, squares(30), strict=True))
    with av.open(str(path)) as film:
        assert film.streams.video[0].average_rate == NTSC


def test_lossless_is_lossless(plan: FilmPlan, tmp_path: Path) -> None:
    path = tmp_path / "out.mkv"
    noise = list(np.random.default_rng(0).integers(0, 255, (5, 33, 47, 3), np.uint8))
    write(path, noise, replace(plan, times=plan.times[:5]), "lossless")
    _, pictures = decoded(path)
    for one, other in zip(pictures, noise, strict=True):
        np.testing.assert_array_equal(one, other)


def test_pictures_that_keep_no_rate_keep_their_times(plan: FilmPlan, tmp_path: Path) -> None:
    times = [Fraction(i * i, 100) for i in range(10)]
    write(tmp_path / "out.mp4", squares(10), replace(plan, times=times, steady=False))
    assert decoded(tmp_path / "out.mp4")[0] == times


def test_odd_sizes_are_kept(plan: FilmPlan, tmp_path: Path) -> None:
    write(tmp_path / "out.mp4", squares(30, (63, 47)), plan)
    assert decoded(tmp_path / "out.mp4")[1][0].shape == (47, 63, 3)


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
    assert write(path, squares(30), replace(plan, source=source)) == []
    with av.open(str(path)) as film:
        assert {stream.rate for stream in film.streams.audio} == {48000, 8000 + 16000 - replaced}


def test_a_name_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    check_suffix(tmp_path / "a.MP4", DubOptions())
    with pytest.raises(DubError, match="ends in .mkv"):
        check_suffix(tmp_path / "a.mp4", DubOptions(codec="lossless"))
    with pytest.raises(DubError, match="h264"):
        check_suffix(tmp_path / "a.avi", DubOptions())
