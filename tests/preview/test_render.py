# SPDX-License-Identifier: GPL-3.0-or-later
from fractions import Fraction

import av
import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.heads.default import load_head
from mien.preview import render
from mien.preview.render import RATE, contact_sheet, render_preview
from mien.preview.scene import Scene
from mien.take import Take
from mien.video import VideoError
from PIL import Image

SIZE = (64, 64)


@pytest.fixture(scope="module", autouse=True)
def egl():
    try:
        Scene(SIZE).close()
    except VideoError as error:
        pytest.skip(str(error))


def chatter(seconds: Fraction, fps: Fraction = Fraction(25), start: float = 0.0) -> Take:
    """A jaw that opens and shuts twice a second."""
    frames = -(-(seconds * fps).numerator // (seconds * fps).denominator)
    times = np.arange(frames) / float(fps)
    return Take(
        fps=fps,
        start=start,
        duration=Fraction(start) + seconds,
        channels=("jawOpen",),
        weights=(0.25 - 0.25 * np.cos(times * 4 * np.pi))[:, None].astype(np.float32),
        head_rotation=np.stack([0 * times, 0.2 * np.sin(times), 0 * times], 1).astype(np.float32),
    )


def tone(seconds: float) -> Speech:
    samples = 0.3 * np.sin(np.arange(round(seconds * RATE)) * 0.1).astype(np.float32)
    return Speech(samples=samples, sha256="0" * 64, name="tone")


def streams(path) -> tuple[av.VideoStream, float, float]:
    with av.open(str(path)) as film:
        video, audio = film.streams.video[0], film.streams.audio[0]
        return video.frames, float(video.duration * video.time_base), float(audio.duration * audio.time_base)


def test_a_film_has_all_frames_and_all_the_sound(tmp_path):
    film, told = tmp_path / "film.mp4", []
    fps = Fraction(30000, 1001)
    render_preview(chatter(Fraction(13, 10), fps), tone(1.3), film, SIZE, lambda f, stage: told.append((f, stage)))
    frames, shown, heard = streams(film)
    assert frames == 39
    assert shown == pytest.approx(39 / float(fps))
    assert heard == pytest.approx(1.3, abs=0.022)
    assert told[0] == (0.0, "preview") and told[-1] == (1.0, "preview")
    assert [f for f, _ in told] == sorted(f for f, _ in told)


def test_a_take_from_within_the_sound_starts_there(tmp_path):
    film = tmp_path / "film.mp4"
    render_preview(chatter(Fraction(1), start=0.5), tone(1.5), film, SIZE)
    assert streams(film)[2] == pytest.approx(1.0, abs=0.022)


@pytest.mark.parametrize(("start", "length", "quiet"), [(0.0, 1.0, 0.0), (0.25, 0.75, 0.0), (-0.25, 1.0, 0.25)])
def test_the_sound_is_cut_to_the_take(start, length, quiet):
    speech = tone(1.0)
    take = chatter(Fraction(str(length)), start=start)
    sound = render._sound(take, speech)
    assert len(sound) == length * RATE
    assert not sound[: round(quiet * RATE)].any()
    first = round(max(0.0, start) * RATE)
    rest = sound[round(quiet * RATE) :]
    assert (rest == speech.samples[first : first + len(rest)]).all()


def test_a_cancel_leaves_nothing(tmp_path):
    def progress(fraction: float, stage: str) -> None:
        if fraction > 0.3:
            raise InterruptedError("cancelled")

    with pytest.raises(InterruptedError, match="cancelled"):
        render_preview(chatter(Fraction(1)), tone(1.0), tmp_path / "film.mp4", SIZE, progress)
    assert not list(tmp_path.iterdir())


def test_faces_come_in_blocks_and_are_those_of_the_head(monkeypatch):
    monkeypatch.setattr(render, "BLOCK", 7)
    take, head = chatter(Fraction(4, 5)), load_head()
    faces, weights = (np.stack(each) for each in zip(*render._faces(take), strict=True))
    assert faces == pytest.approx(head.vertices + head.offsets(take), abs=1e-7)
    assert head.pose(weights, take.head_rotation) == pytest.approx(faces, abs=1e-6)


def test_stills_and_sheets_are_pictures(tmp_path):
    take = chatter(Fraction(1))
    contact_sheet([(take, 6)], tmp_path / "open.png", size=SIZE)
    contact_sheet([(take, 0)], tmp_path / "shut.png", size=SIZE)
    still, shut = (np.asarray(Image.open(tmp_path / name)) for name in ("open.png", "shut.png"))
    assert still.shape == (64, 64, 3)
    assert (still != shut).any()
    contact_sheet([(take, 0), (take, 6), (take, 12)], tmp_path / "sheet.png", columns=2, size=SIZE)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (128, 128, 3)
    assert (sheet[:64, 64:] == still).all()


def test_a_frame_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(VideoError, match="frames 0 to 24; frame 25"):
        contact_sheet([(chatter(Fraction(1)), 25)], tmp_path / "a.png", size=SIZE)
    with pytest.raises(VideoError, match=r"'a\.nothing' could not be written"):
        contact_sheet([(chatter(Fraction(1)), 0)], tmp_path / "a.nothing", size=SIZE)
