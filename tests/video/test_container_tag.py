# SPDX-License-Identifier: GPL-3.0-or-later
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from films import squares, write_pictures
from mien.video import VideoError
from mien.video.container_tag import has_tag, read_tag, write_tag
from mien.video.writer import write_film

TAGS = {"comment": "Made by Mien 1. {}"}


def decoded(path: Path) -> tuple[list[tuple[Fraction, bytes]], np.ndarray]:
    """(time and pixels of each picture, the sound (N,))."""
    with av.open(str(path)) as film:
        pictures = [(frame.pts * frame.time_base, frame.to_ndarray().tobytes()) for frame in film.decode(video=0)]
    with av.open(str(path)) as film:
        sound = [frame.to_ndarray()[0] for frame in film.decode(audio=0)] if film.streams.audio else []
    return pictures, np.concatenate(sound) if sound else np.zeros(0)


def test_the_tag_is_written_and_every_picture_and_sample_stays(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    tone = 0.3 * np.sin(np.arange(16000) * 0.1).astype(np.float32)
    write_film(film, squares(25), Fraction(25), tone, 16000)
    pictures, sound = decoded(film)
    assert not has_tag(film)
    write_tag(film, TAGS)
    assert has_tag(film) and read_tag(film) == TAGS["comment"]
    pictures_after, sound_after = decoded(film)
    assert pictures_after == pictures
    assert np.array_equal(sound_after, sound)
    assert list(tmp_path.iterdir()) == [film]


@pytest.mark.parametrize("suffix", [".mkv", ".mov", ".mp4"])
@pytest.mark.parametrize("count", [1, 3, 5, 30])
def test_containers_of_other_kinds_carry_it(tmp_path: Path, suffix: str, count: int) -> None:
    film = write_pictures(tmp_path / f"film{suffix}", squares(count), sound=(Fraction(0), count / 25))
    pictures, sound = decoded(film)
    assert len(pictures) == count  # with pictures out of order (B-frames), which Matroska gives no decoding times
    write_tag(film, TAGS)
    assert read_tag(film) == TAGS["comment"]
    pictures_after, sound_after = decoded(film)
    assert pictures_after == pictures and np.array_equal(sound_after, sound)


def test_somebody_elses_comment_is_not_mistaken(tmp_path: Path) -> None:
    film = write_pictures(tmp_path / "film.mp4", squares(5))
    write_tag(film, {"comment": "holiday"})
    assert not has_tag(film)


def test_tags_that_are_no_text_are_left_alone(tmp_path: Path) -> None:
    film = write_pictures(tmp_path / "film.mp4", squares(5))
    write_tag(film, {"title": "a title"})
    film.write_bytes(film.read_bytes().replace(b"a title", b"\xff\xfe\xe9itle"))
    assert read_tag(film) == ""
    write_tag(film, TAGS)
    assert has_tag(film)


def test_what_is_no_film_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film")
    with pytest.raises(VideoError, match="film.mp4 cannot be read"):
        read_tag(tmp_path / "film.mp4")
    with pytest.raises(VideoError, match="film.mp4' could not be marked"):
        write_tag(tmp_path / "film.mp4", TAGS)
    with pytest.raises(VideoError, match="'dub.mp4' could not be marked"):
        write_tag(tmp_path / "film.mp4", TAGS, "dub.mp4")
    assert (tmp_path / "film.mp4").read_bytes() == b"no film"
    with pytest.raises(FileNotFoundError):
        read_tag(tmp_path / "none.mp4")
