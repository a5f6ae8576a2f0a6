# SPDX-License-Identifier: GPL-3.0-or-later
import os
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from checkout import SHARED
from films import BLUE, GREEN, RED, WHITE, corners, squares, turn_mp4, write_pictures
from mien.audio.speech import RATE, read_speech
from mien.video import VideoError
from mien.video.reader import open_footage
from PIL import Image

NEAR = 14  # of 255, between a flat colour and what 4:2:0 and 8 bits leave of it


def quarters(pixels: np.ndarray) -> list[tuple[int, ...]]:
    """The colours in the middle of the quarters: above left, right, below left, right."""
    height, width = pixels.shape[:2]
    places = [(h, w) for h in (height // 4, 3 * height // 4) for w in (width // 4, 3 * width // 4)]
    return [tuple(int(n) for n in pixels[place]) for place in places]


def assert_colours(pixels: np.ndarray, *expected: tuple[int, int, int]) -> None:
    np.testing.assert_allclose(quarters(pixels), expected, atol=NEAR)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "film.mp4")
    with pytest.raises(VideoError, match="is a pipe.*Write it into a file first"):
        open_footage(tmp_path / "film.mp4")


def test_a_film_gives_its_pictures_in_order_at_their_times(tmp_path: Path) -> None:
    pictures = squares(10)
    footage = open_footage(write_pictures(tmp_path / "a.mp4", pictures))
    assert (footage.width, footage.height, footage.rate, footage.still) == (64, 48, 25, False)
    read = list(footage.pictures())
    assert [picture.time for picture in read] == [Fraction(i, 25) for i in range(10)]
    greys = [int(picture.pixels.mean()) for picture in read]
    np.testing.assert_allclose(greys, [picture.mean() for picture in pictures], atol=4)
    assert read[0].pixels.shape == (48, 64, 3)
    assert read[0].pixels.dtype == np.uint8
    assert footage.length == Fraction(10, 25)


def test_a_variable_rate_is_kept_exactly(tmp_path: Path) -> None:
    times = [Fraction(n, 1000) for n in (0, 33, 70, 71, 150, 400, 1300)]
    footage = open_footage(write_pictures(tmp_path / "a.mkv", squares(7), times))
    assert [picture.time for picture in footage.pictures()] == times


def test_pictures_can_be_read_again_and_left_early(tmp_path: Path) -> None:
    footage = open_footage(write_pictures(tmp_path / "a.mp4", squares(5)))
    assert next(footage.pictures()).time == 0
    assert len(list(footage.pictures())) == len(list(footage.pictures())) == 5


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((0, 1, -1, 0), (BLUE, RED, WHITE, GREEN)),  # a quarter to the right: what a phone held upright writes
        ((0, -1, 1, 0), (GREEN, WHITE, RED, BLUE)),
        ((-1, 0, 0, -1), (WHITE, BLUE, GREEN, RED)),
        ((-1, 0, 0, 1), (GREEN, RED, WHITE, BLUE)),  # mirrored
    ],
)
def test_a_film_is_turned_as_it_is_seen(tmp_path: Path, matrix, expected) -> None:
    path = write_pictures(tmp_path / "a.mp4", [corners()] * 3, options={"crf": "5"})
    turn_mp4(path, matrix)
    footage = open_footage(path)
    pixels = next(footage.pictures()).pixels
    assert pixels.shape[:2] == (footage.height, footage.width) == ((64, 48) if matrix[0] == 0 else (48, 64))
    assert_colours(pixels, *expected)


@pytest.mark.parametrize("matrix", [1, 5, 9])
def test_colours_follow_the_matrix_that_the_film_names(tmp_path: Path, matrix: int) -> None:
    path = write_pictures(
        tmp_path / "a.mkv", [corners()] * 2, pixel_format="yuv444p", colours={"colorspace": matrix, "color_range": 1}
    )
    assert_colours(next(open_footage(path).pictures()).pixels, RED, GREEN, BLUE, WHITE)


def test_ten_bits_become_eight(tmp_path: Path) -> None:
    path = write_pictures(tmp_path / "a.mkv", [corners()] * 2, codec="ffv1", pixel_format="yuv420p10le")
    footage = open_footage(path)
    assert_colours(next(footage.pictures()).pixels, RED, GREEN, BLUE, WHITE)
    assert any("8 bits" in note for note in footage.notes)


def pq(nits: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084: light in cd/m2 to the code 0..1."""
    y = (np.asarray(nits, float) / 10000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * y) / (1 + 2392 / 128 * y)) ** (2523 / 32)


def test_hdr_is_mapped_to_srgb(tmp_path: Path) -> None:
    nits = np.repeat([0.0, 10.0, 50.0, 100.0], 16)  # 203 is the white of SDR (ITU-R BT.2408)
    row = np.rint(pq(nits) * 65535).astype(np.uint16)
    picture = np.broadcast_to(row[None, :, None], (48, 64, 3)).copy()
    colours = {"colorspace": 9, "color_range": 1, "color_trc": 16, "color_primaries": 9}
    path = write_pictures(tmp_path / "a.mkv", [picture] * 2, codec="ffv1", pixel_format="yuv420p10le", colours=colours)
    footage = open_footage(path)
    pixels = next(footage.pictures()).pixels
    seen = pixels[24, 8::16].mean(1)
    light = nits[8::16] / 203
    srgb = np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light) * 255
    np.testing.assert_allclose(seen, srgb, atol=NEAR)
    assert any("HDR (PQ)" in note for note in footage.notes)


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(3, 2)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(corners(), format="rgb24")))
        container.mux(stream.encode(None))
    footage = open_footage(path)
    assert (footage.width, footage.height) == (96, 48)
    assert any("square" in note for note in footage.notes)


def test_interlaced_film_is_noted(tmp_path: Path) -> None:
    path = write_pictures(
        tmp_path / "a.mpg", [corners(128, 96)] * 4, codec="mpeg2video", time_base=Fraction(1, 25),
        options={"flags": "+ilme+ildct"},
    )  # fmt: skip
    footage = open_footage(path)
    list(footage.pictures())
    assert any("interlaced" in note for note in footage.notes)


@pytest.mark.parametrize(("sound", "start"), [(0, 0), (Fraction(1, 5), 0), (Fraction(-1, 5), Fraction(1, 5))])
def test_sound_and_picture_keep_their_offset(tmp_path: Path, sound: Fraction, start: Fraction) -> None:
    shift = Fraction(1, 2)  # the film's own clock need not begin at 0
    times = [shift + Fraction(i, 25) for i in range(20)]
    path = write_pictures(tmp_path / "a.mkv", squares(20), times, sound=(shift + sound, 1.0))
    footage = open_footage(path)
    assert footage.has_sound
    assert footage.start == start
    # What `mien.audio` reads of the file has the tone where `start` says that it is.
    loud = np.flatnonzero(np.abs(read_speech(path).samples) > 0.05)[0] / RATE
    assert loud - float(footage.start) == pytest.approx(float(sound), abs=0.01)


def test_a_film_without_sound_has_none(tmp_path: Path) -> None:
    footage = open_footage(write_pictures(tmp_path / "a.mp4", squares(3)))
    assert (footage.has_sound, footage.start) == (False, 0)


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        footage = open_footage(write_pictures(tmp_path / f"{count}.mp4", squares(count, (320, 240))))
        tracemalloc.start()
        for picture in footage.pictures():
            assert picture.pixels.shape == (240, 320, 3)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(120) < peak(20) + 320 * 240 * 3 * 20


def test_a_photo_is_footage_of_one_picture(tmp_path: Path) -> None:
    Image.fromarray(corners()).save(tmp_path / "a.png")
    footage = open_footage(tmp_path / "a.png")
    (picture,) = footage.pictures()
    assert footage.still
    assert picture.time == 0
    np.testing.assert_array_equal(picture.pixels, corners())


def sound_alone(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def cut_short(path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 48, 64, 3), np.uint8)
    whole = write_pictures(path.with_name("whole.mkv"), list(noise), codec="ffv1", pixel_format="bgr0")
    data = whole.read_bytes()
    path.write_bytes(data[: len(data) // 2])


BROKEN = {
    "empty.mp4": lambda path: path.write_bytes(b""),
    "noise.mp4": lambda path: path.write_bytes(np.random.default_rng(0).bytes(5000)),
    "text.mov": lambda path: path.write_text("ffconcat version 1.0\nfile other.mp4\n"),
    "list.m3u8": lambda path: path.write_text("#EXTM3U\n#EXTINF:1,\nother.mp4\n#EXT-X-ENDLIST\n"),
    "sound.wav": sound_alone,
    "folder.mp4": Path.mkdir,
    "cut short.mkv": cut_short,
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_film_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    BROKEN[name](path)
    with pytest.raises(VideoError) as error:
        list(open_footage(path).pictures())
    assert name in str(error.value)
    assert str(error.value).endswith(".")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"no file .*gone\.mp4"):
        open_footage(tmp_path / "gone.mp4")


def test_a_film_that_changes_its_size_is_refused(tmp_path: Path) -> None:
    one = write_pictures(tmp_path / "a.ts", squares(5, (64, 48)), codec="mpeg2video", time_base=Fraction(1, 25))
    two = write_pictures(tmp_path / "b.ts", squares(5, (96, 64)), codec="mpeg2video", time_base=Fraction(1, 25))
    (tmp_path / "c.ts").write_bytes(one.read_bytes() + two.read_bytes())
    with pytest.raises(VideoError, match="changes its size"):
        list(open_footage(tmp_path / "c.ts").pictures())


@pytest.mark.parametrize(("name", "count"), [("dub_b.mp4", 200), ("dub_d.mp4", 600)])
def test_real_clips(name: str, count: int) -> None:
    path = SHARED / "real-video" / name
    if not path.is_file():
        pytest.skip("the real clips lie beside the checkout only where the project is developed")
    footage = open_footage(path)
    times = [picture.time for picture in footage.pictures()]
    assert times == [i / footage.rate for i in range(count)]
    assert footage.has_sound
