# SPDX-License-Identifier: GPL-3.0-or-later
"""Films that are unlike a test film: each gives a right take, with what is missing said, or a sentence."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from films import SOUND_RATE, squares, turn_mp4, write_pictures
from mien.errors import MienError
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.to_take import take_from_track
from mien.face_tracking.track import FaceTrack
from mien.face_tracking.tracker import track_face
from mien.take import Take, read_take
from mien.video.reader import open_footage
from PIL import Image
from rendered_faces import SIDE, beside, face, nobody

Pictures = list[np.ndarray]


def tracked(path: Path, choice: FaceChoice | None = None) -> tuple[FaceTrack, Take]:
    """Both checked for what holds of every track and take."""
    footage = open_footage(path)
    track = track_face(footage, choice)
    take = read_take(take_from_track(track).to_bytes())
    assert np.isfinite(take.weights).all()
    assert (take.weights >= 0).all()
    assert (take.weights <= 1).all()
    assert float(take.duration) - take.start == pytest.approx(float(track.length), abs=0.05)
    return track, take


def stranger() -> np.ndarray:
    return np.ascontiguousarray((np.asarray(face()) * [0.5, 0.3, 0.28]).astype(np.uint8))


def on_canvas(*placed: tuple[np.ndarray, int], width: int = 3 * SIDE) -> np.ndarray:
    canvas = np.full((SIDE, width, 3), 90, np.uint8)
    for picture, x in placed:
        left, right = max(0, x), min(width, x + SIDE)
        if left < right:
            canvas[:, left:right] = picture[:, left - x : right - x]
    return canvas


WHOLE: dict[str, Callable[[], Pictures]] = {
    "one picture": lambda: [face()],
    "two pictures": lambda: [face()] * 2,
    "a face that never moves": lambda: [face()] * 12,
    "a head that turns far": lambda: [face((), (0, yaw, 0)) for yaw in range(0, 40, 4)],
    "a head that rolls": lambda: [face((), (0, 0, roll)) for roll in range(0, 36, 4)],
    "eyes shut throughout": lambda: [face((("eyeBlinkLeft", 1.0), ("eyeBlinkRight", 1.0)))] * 8,
    "mouth wide open throughout": lambda: [face((("jawOpen", 0.9),))] * 8,
    "very dark": lambda: [(np.asarray(face()) // 5).astype(np.uint8)] * 8,
    "grey": lambda: [np.asarray(face()).mean(2, keepdims=True).astype(np.uint8).repeat(3, 2)] * 8,
    "a flash in each second picture": lambda: [face(), np.clip(face() * 1.4, 0, 255).astype(np.uint8)] * 5,
    "a cut in each third picture": lambda: [
        [beside(face(), nobody()), beside(255 - nobody(), face())][i // 3 % 2] for i in range(12)
    ],
    "a long thin picture": lambda: [np.pad(face(), ((0, 0), (0, 500), (0, 0)))] * 6,
}


@pytest.mark.parametrize("name", WHOLE)
def test_every_picture_is_tracked(tmp_path: Path, name: str) -> None:
    pictures = WHOLE[name]()
    track, take = tracked(write_pictures(tmp_path / "film.mp4", pictures))
    assert track.gaps() == []
    assert take.frames == len(pictures)


def in_parts(pictures: Pictures, tmp_path: Path, choice: FaceChoice | None = None) -> list[tuple[float, float]]:
    track, take = tracked(write_pictures(tmp_path / "film.mp4", pictures), choice)
    assert take.frames == len(pictures)
    return [(float(begin), float(end)) for begin, end in track.gaps()]


def test_a_face_that_comes_late_and_leaves_early(tmp_path: Path) -> None:
    gaps = in_parts([nobody()] * 5 + [face()] * 10 + [nobody()] * 5, tmp_path)
    assert gaps == [(0, 0.2), (0.6, 0.8)]


def test_a_face_that_leaves_by_the_side_and_comes_back(tmp_path: Path) -> None:
    way = [*range(SIDE, 3 * SIDE + 1, 48), *range(3 * SIDE, SIDE - 1, -48)]
    ((begin, end),) = in_parts([on_canvas((face(), x)) for x in way], tmp_path)
    assert 0 < begin < end < len(way) / 25


def test_two_faces_that_cross(tmp_path: Path) -> None:
    steps = range(0, 2 * SIDE + 1, 16)
    pictures = [on_canvas((face(), x), (stranger(), 2 * SIDE - x)) for x in steps]  # the stranger is in front
    track, _ = tracked(write_pictures(tmp_path / "film.mp4", pictures), FaceChoice(at=(SIDE / 2, SIDE / 2)))
    assert track.tracked[0]
    assert track.tracked[-1]
    middle = track.points[:, :, 0].mean(1)
    places = np.array([x + SIDE / 2 for x in steps])
    np.testing.assert_allclose(middle[track.tracked], places[track.tracked], atol=SIDE / 5)
    assert not track.tracked[len(steps) // 2]


def test_the_front_one_of_two_that_cross_has_no_gap(tmp_path: Path) -> None:
    pictures = [on_canvas((face(), x), (stranger(), 2 * SIDE - x)) for x in range(0, 2 * SIDE + 1, 16)]
    assert in_parts(pictures, tmp_path, FaceChoice(at=(2.5 * SIDE, SIDE / 2))) == []


def test_a_phone_held_upright(tmp_path: Path) -> None:
    lying = np.ascontiguousarray(np.rot90(face()))  # what the sensor sees
    path = write_pictures(tmp_path / "film.mp4", [np.pad(lying, ((0, 0), (0, 64), (0, 0)))] * 6)
    turn_mp4(path, (0, 1, -1, 0))
    track, _ = tracked(path)
    assert (track.width, track.height) == (SIDE, SIDE + 64)
    assert abs(np.degrees(track.pose.head_rotation[:, 2])).max() < 10


def test_a_variable_rate(tmp_path: Path) -> None:
    times = [Fraction(n, 1000) for n in (0, 20, 110, 120, 300, 333, 700)]
    pictures = [face((("jawOpen", time.numerator / time.denominator),)) for time in times]
    track, take = tracked(write_pictures(tmp_path / "film.mkv", pictures, times))
    assert track.times == tuple(times)
    assert np.corrcoef(take.channel("jawOpen"), take.times)[0, 1] > 0.97


@pytest.mark.parametrize("seconds", [0.1, 2.0])
def test_sound_that_is_shorter_or_longer_than_the_picture(tmp_path: Path, seconds: float) -> None:
    path = write_pictures(tmp_path / "film.mkv", [face()] * 20, sound=(Fraction(0), seconds))
    assert tracked(path)[1].frames == 20


def test_eight_thousand_pixels(tmp_path: Path) -> None:
    large = np.asarray(Image.fromarray(face()).resize((7680, 4320)))
    track, _ = tracked(write_pictures(tmp_path / "film.mp4", [large], codec="mpeg4"))
    assert track.width == 7680


def test_a_photo_given_as_a_film(tmp_path: Path) -> None:
    Image.fromarray(face()).save(tmp_path / "photo.mp4", "PNG")  # whatever its name says
    assert tracked(tmp_path / "photo.mp4")[1].frames == 1


def upside_down(path: Path) -> None:
    small = np.pad(face()[::-12, ::12], ((90, 90), (90, 90), (0, 0)))
    Image.fromarray(small).save(path, "PNG")


def tiny(path: Path) -> None:
    Image.fromarray(np.full((5, 5, 3), 120, np.uint8)).save(path, "PNG")


def sound_alone(path: Path) -> None:
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=SOUND_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = SOUND_RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def without_its_end(path: Path) -> None:
    whole = write_pictures(path.with_name("whole.mp4"), [face()] * 20)
    path.write_bytes(whole.read_bytes()[:-200])


def overwritten(path: Path) -> None:
    data = bytearray(write_pictures(path.with_name("whole.mp4"), [face()] * 20).read_bytes())
    data[100 : len(data) // 2] = np.random.default_rng(0).bytes(len(data) // 2 - 100)
    path.write_bytes(data)


REFUSED: dict[str, Callable[[Path], object]] = {
    "no face": lambda path: write_pictures(path.with_suffix(".mp4"), [nobody()] * 4).rename(path),
    "squares": lambda path: write_pictures(path.with_suffix(".mp4"), squares(4)).rename(path),
    "a face of 16 pixels, upside down": upside_down,
    "5 x 5 pixels": tiny,
    "no picture": sound_alone,
    "no end": without_its_end,
    "overwritten": overwritten,
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("a film"),
    "a take": lambda path: path.write_bytes(b"\x10\0\0\0\0\0\0\0" + b'{"a":1}' + b" " * 9),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_tracked_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / "film"
    REFUSED[name](path)
    with pytest.raises(MienError) as error:
        track_face(open_footage(path))
    assert "film" in str(error.value)
    assert str(error.value).endswith(".")
