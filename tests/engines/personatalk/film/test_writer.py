# SPDX-License-Identifier: GPL-3.0-or-later
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from films import squares, write_pictures
from mien.audio.speech import Speech, read_speech
from mien.engines.personatalk import DubError
from mien.engines.personatalk.film.colours import Colours
from mien.engines.personatalk.film.film_plan import FilmPlan
from mien.engines.personatalk.film.part_encoder import PartEncoder
from mien.engines.personatalk.film.writer import check_suffix, write_dub
from mien.engines.personatalk.options import DubOptions
from mien.video.reader import clock_begin
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


def tracks_of(path: Path, begins: list[Fraction], offset: Fraction, pictures: int = 30) -> Path:
    """A film whose clock begins at `offset`, with a sound track for each of `begins`, s after the first picture: the
    first is silent, the last speaks."""
    speech = Speech.from_samples(voice(1.0))
    with av.open(str(path), "w") as film:
        video = film.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sounds = [film.add_stream("flac", rate=16000, layout="mono") for _ in begins]
        for number, picture in enumerate(squares(pictures)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.time_base = Fraction(1, 25)
            frame.pts = number + round(offset * 25)
            film.mux(video.encode(frame))
        for number, (sound, begin) in enumerate(zip(sounds, begins, strict=True)):
            level = number == len(begins) - 1
            values = (32767 * level * speech.samples).astype(np.int16)
            for at in range(0, len(values), 1600):
                frame = av.AudioFrame.from_ndarray(values[None, at : at + 1600], format="s16", layout="mono")
                frame.sample_rate, frame.time_base = 16000, Fraction(1, 16000)
                frame.pts = at + round((offset + begin) * 16000)
                film.mux(sound.encode(frame))
        for stream in (video, *sounds):
            film.mux(stream.encode(None))
    return path


def is_heard_as_read(film: Path, sound: Path) -> bool:
    """Whether a film's first sound is that which `read_speech` gives of a file, in step."""
    heard, read = read_speech(film, track=1).samples, read_speech(sound).samples
    length = min(len(heard), len(read))
    return bool(length > 8000 and np.corrcoef(heard[:length], read[:length])[0, 1] > 0.97)


def test_a_voice_that_begins_late_in_its_film_is_in_step_with_the_mouth(plan: FilmPlan, tmp_path: Path) -> None:
    sound = tracks_of(tmp_path / "voice.mkv", [Fraction(2, 5)], Fraction(0))
    write(tmp_path / "out.mp4", squares(30), replace(plan, voice=sound))
    assert is_heard_as_read(tmp_path / "out.mp4", sound)


def test_the_track_that_the_mouth_follows_is_heard(plan: FilmPlan, tmp_path: Path) -> None:
    sound = tracks_of(tmp_path / "voice.mkv", [Fraction(0), Fraction(0)], Fraction(0))
    track = read_speech(sound).reading.track
    assert track == 2
    write(tmp_path / "out.mp4", squares(30), replace(plan, voice=sound, voice_track=track))
    assert is_heard_as_read(tmp_path / "out.mp4", sound)


@pytest.mark.parametrize("channels", [3, 6, 8, 12])
def test_of_any_number_of_channels_two_or_one_are_made(plan: FilmPlan, tmp_path: Path, channels: int) -> None:
    sound = tmp_path / "voice.wav"
    soundfile.write(sound, np.repeat(voice(1.0)[:, None], channels, 1), 16000)
    write(tmp_path / "out.mp4", squares(30), replace(plan, voice=sound))
    assert is_heard_as_read(tmp_path / "out.mp4", sound)


def test_the_other_sound_tracks_stay_in_step_whenever_the_clock_of_the_film_begins(
    plan: FilmPlan, tmp_path: Path
) -> None:
    source = tracks_of(tmp_path / "source.mkv", [Fraction(0), Fraction(0)], Fraction(5))
    write(tmp_path / "out.mkv", squares(30), replace(plan, source=source, begin=clock_begin(source)))
    with av.open(str(tmp_path / "out.mkv")) as film:
        copied = film.streams.audio[1]
        samples = [(frame.pts * frame.time_base, frame.samples) for frame in film.decode(copied)]
    assert abs(samples[0][0]) < Fraction(1, 20)
    assert sum(count for _, count in samples) >= 15000


def test_a_film_whose_title_is_no_text_is_copied(plan: FilmPlan, tmp_path: Path) -> None:
    source = write_pictures(tmp_path / "source.mp4", squares(30))
    with av.open(str(source)) as film, av.open(str(tmp_path / "title.mp4"), "w") as titled:
        titled.metadata["title"] = "a title"
        stream = titled.add_stream_from_template(film.streams.video[0])
        for packet in film.demux():
            if packet.size:
                packet.stream = stream
                titled.mux(packet)
    titled = tmp_path / "title.mp4"
    titled.write_bytes(titled.read_bytes().replace(b"a title", b"\xff\xfe\xe9itle"))
    assert write(tmp_path / "out.mp4", squares(30), replace(plan, source=titled)) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no colon in names")
def test_names_with_a_colon_are_no_protocols(plan: FilmPlan, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    source, sound = Path("scene:1.mp4"), Path("line:1.wav")
    plan.source.rename(source)
    plan.voice.rename(sound)
    write(Path("out:1.mp4"), squares(30), replace(plan, source=source, voice=sound))
    assert len(decoded(tmp_path / "out:1.mp4")[0]) == 30


def test_a_name_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    check_suffix(tmp_path / "a.MP4", DubOptions())
    with pytest.raises(DubError, match="ends in .mkv"):
        check_suffix(tmp_path / "a.mp4", DubOptions(codec="lossless"))
    with pytest.raises(DubError, match="h264"):
        check_suffix(tmp_path / "a.avi", DubOptions())
