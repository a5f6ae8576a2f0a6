# SPDX-License-Identifier: GPL-3.0-or-later
import math
import weakref
from fractions import Fraction

import av
import numpy as np
import pytest
from mien.video import VideoError
from mien.video.writer import AAC_FRAME, SOUND_RATE, write_film

RATE = 16000
DRIFT = 0.005  # seconds that sound and picture may be apart at any time


def flat(value: int, size: tuple[int, int] = (32, 32)) -> np.ndarray:
    return np.full((*size, 3), value, np.uint8)


def decoded(path):
    """Times of the bright pictures, all picture times, the sound (N,) at 48 kHz and the time of its first sample."""
    with av.open(str(path)) as film:
        pictures = [(f.pts * f.time_base, f.to_ndarray(format="gray").mean()) for f in film.decode(video=0)]
    with av.open(str(path)) as film:
        frames = list(film.decode(audio=0))
    sound = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    bright = [time for time, grey in pictures if grey > 120]
    return bright, [time for time, _ in pictures], sound, frames[0].pts * frames[0].time_base


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(25), Fraction(30000, 1001)])
def test_clicks_and_flashes_stay_together_for_twenty_seconds(tmp_path, fps):
    samples = np.zeros(20 * RATE + 777, np.float32)
    count = math.ceil(Fraction(len(samples), RATE) * fps)
    flashes = [math.floor(second * fps) for second in range(1, 20)]
    click = np.hanning(33).astype(np.float32)  # 2 ms, its middle on the flash
    for frame in flashes:
        middle = round(frame / fps * RATE)
        samples[middle - 16 : middle + 17] = click
    film = tmp_path / "film.mp4"

    write_film(film, (flat(230 if i in flashes else 20) for i in range(count)), fps, samples, RATE)

    bright, times, sound, start = decoded(film)
    assert times == [i / fps for i in range(count)]
    assert bright == [i / fps for i in flashes]
    assert start == 0  # the encoder's own first samples are hidden
    for time in bright:
        first = round(float(time) * SOUND_RATE) - 1500
        energy = sound[first : first + 3000].astype(float) ** 2
        heard = (first + (energy * np.arange(3000)).sum() / energy.sum()) / SOUND_RATE
        assert abs(heard - float(time)) < DRIFT


def test_lengths_are_those_of_pictures_and_sound(tmp_path):
    fps, samples = Fraction(30000, 1001), np.zeros(RATE + 5, np.float32)
    count = math.ceil(Fraction(len(samples), RATE) * fps)
    film = tmp_path / "film.mp4"
    write_film(film, [flat(9)] * count, fps, samples, RATE)
    with av.open(str(film)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec.name, audio.codec.name) == ("h264", "aac")
        assert (video.average_rate, video.frames) == (fps, count)
        assert video.duration * video.time_base == count / fps
        assert audio.rate == SOUND_RATE
        assert abs(audio.duration * audio.time_base - Fraction(len(samples), RATE)) < Fraction(AAC_FRAME, SOUND_RATE)
    head = film.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")  # plays before it is all there


def test_sound_at_48_khz_and_no_sound_at_all(tmp_path):
    tone = np.sin(np.arange(SOUND_RATE) * 2 * np.pi * 440 / SOUND_RATE).astype(np.float32) * 0.5
    write_film(tmp_path / "a.mp4", [flat(9)] * 25, Fraction(25), tone, SOUND_RATE)
    sound = decoded(tmp_path / "a.mp4")[2][2000:40000]
    assert np.abs(np.fft.rfft(sound * np.hanning(len(sound)))).argmax() == pytest.approx(
        440 * len(sound) / SOUND_RATE, abs=1
    )
    write_film(tmp_path / "b.mp4", [flat(9)] * 3, Fraction(25))
    with av.open(str(tmp_path / "b.mp4")) as container:
        assert not container.streams.audio


def test_pictures_are_drawn_one_at_a_time(tmp_path):
    alive: list[weakref.ref] = []

    def pictures():
        for i in range(60):
            picture = flat(i)
            alive.append(weakref.ref(picture))
            assert sum(reference() is not None for reference in alive) <= 4
            yield picture

    write_film(tmp_path / "film.mp4", pictures(), Fraction(25), np.zeros(3 * RATE, np.float32))
    assert len(alive) == 60


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("the drawing failed")])
def test_a_cancel_leaves_what_was_there(tmp_path, error):
    film = tmp_path / "film.mp4"
    film.write_bytes(b"an older film")

    def pictures():
        yield flat(1)
        raise error

    with pytest.raises((KeyboardInterrupt, OSError)):
        write_film(film, pictures(), Fraction(25), np.zeros(RATE, np.float32))
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("film.mp4", b"an older film")]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "film.mp4").mkdir()
    with pytest.raises(VideoError, match=r"'film\.mp4' could not be written: Is a directory"):
        write_film(tmp_path / "film.mp4", [flat(1)], Fraction(25))
    with pytest.raises(VideoError, match=r"'talk\.mp4' could not be written"):
        write_film(tmp_path / "film.mp4", [flat(1)], Fraction(25), name="talk.mp4")
    assert [place.name for place in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        ([], "at least one picture"),
        ([flat(1, (32, 33))], "even width and height; 33x32"),
        ([flat(1), flat(1, (32, 64))], "first is 32x32, a later one 64x32"),
        ([flat(1).astype(float)], "uint8"),
    ],
)
def test_wrong_pictures_are_refused_in_words(tmp_path, pictures, words):
    with pytest.raises(VideoError, match=words):
        write_film(tmp_path / "film.mp4", pictures, Fraction(25))
    assert not list(tmp_path.iterdir())


def test_wrong_places_are_refused_in_words(tmp_path):
    with pytest.raises(VideoError, match=r"ends? in \.mp4"):
        write_film(tmp_path / "film.avi", [flat(1)], Fraction(25))
    with pytest.raises(VideoError, match="folder .* does not exist"):
        write_film(tmp_path / "nowhere" / "film.mp4", [flat(1)], Fraction(25))
    with pytest.raises(VideoError, match="above zero"):
        write_film(tmp_path / "film.mp4", [flat(1)], Fraction(0))
