# SPDX-License-Identifier: GPL-3.0-or-later
"""A drawn head that talks is dubbed: the whole way, on two seconds of small pictures."""

import signal
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from films import squares, write_pictures
from mien import dub as module
from mien.dub import dub
from mien.engines import Cancelled
from mien.engines.personatalk import DubError, DubRefused
from mien.engines.personatalk.film.kept_pictures import NO_FACE
from mien.engines.personatalk.options import DubOptions
from mien.engines.personatalk.renderer import Renderer
from mien.face_tracking import TrackingError
from mien.face_tracking.contacts import lip_aperture
from mien.face_tracking.tracker import track_face
from mien.video import VideoError
from mien.video.consent import Consent, ConsentMissing, file_digest, record_consent
from mien.video.provenance_reading import read_provenance
from mien.video.reader import open_footage
from mien.video.writer import write_film
from PIL import Image
from rendered_faces import face, nobody
from sounds import voice, written

JAWS = [0.0, 0.1, 0.35, 0.6, 0.4, 0.15]
PLAIN = DubOptions(engine="articulation")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path / "data"))
    return tmp_path / "data"


def consented(path: Path, data: Path) -> Path:
    record_consent(file_digest(path), Consent.given("drawn, nobody living", "test"), data)
    return path


@pytest.fixture
def film(tmp_path: Path, data: Path) -> Path:
    path = tmp_path / "film.mp4"
    pictures = [face((("jawOpen", jaw),)) for jaw in JAWS * 8]
    write_film(path, pictures, Fraction(25), voice(1.92), 16000)
    return consented(path, data)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "voice.wav"
    path.write_bytes(written(voice(1.2)))
    return path


def pictures_of(path: Path) -> list[np.ndarray]:
    return [picture.pixels for picture in open_footage(path).pictures()]


def test_a_film_says_other_words(film: Path, sound: Path, tmp_path: Path) -> None:
    stages: list[tuple[float, str]] = []
    output = tmp_path / "dubbed.mkv"
    options = replace(PLAIN, codec="lossless")
    report = dub(film, sound, output, options, lambda fraction, stage: stages.append((fraction, stage)))
    made, own = pictures_of(output), pictures_of(film)
    assert report.frames == len(made) == len(own) == 48 and report.dubbed == 48 and report.kept == ()
    assert stages[0][1] == "tracking"
    assert max(fraction for fraction, _ in stages) == pytest.approx(1)
    changed = [np.abs(a.astype(int) - b).max(-1) for a, b in zip(made, own, strict=True)]
    assert max(change.max() for change in changed) > 20
    upper = slice(0, 80)  # the eyes and above
    assert max(change[upper].max() for change in changed) == 0
    again = tmp_path / "again.mkv"
    dub(film, sound, again, options)
    assert all((a == b).all() for a, b in zip(made, pictures_of(again), strict=True))
    tag = read_provenance(output).tag
    assert tag is not None and tag.kind == "dub"


def test_after_the_voice_the_lips_are_shut(film: Path, sound: Path, tmp_path: Path) -> None:
    output = tmp_path / "dubbed.mp4"
    report = dub(film, sound, output, PLAIN)
    assert not [note for note in report.notes if "from there on" in note]  # .7 s: an editor need not be told
    late = lip_aperture(track_face(open_footage(output)))[36:]
    own = lip_aperture(track_face(open_footage(film)))
    assert np.median(late) < np.median(own) and late.max() < own.max() / 2


def test_a_voice_that_ends_long_before_the_film_is_said(film: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.wav"
    short.write_bytes(written(voice(0.6)))
    report = dub(film, short, tmp_path / "out.mp4", PLAIN)
    assert "The new sound ends 1.3 s before the film: from there on the mouth is shut." in report.notes


def test_a_sound_without_speech_is_said(film: Path, tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    silent.write_bytes(written(np.zeros(20000, np.float32)))
    report = dub(film, silent, tmp_path / "out.mp4", PLAIN)
    assert any(note.startswith("Nothing was heard as speech") for note in report.notes)


def test_pictures_without_a_face_are_as_they_were(sound: Path, tmp_path: Path, data: Path) -> None:
    path = tmp_path / "gap.mp4"
    pictures = [face((("jawOpen", jaw),)) for jaw in JAWS * 5] + [nobody()] * 6
    consented(write_pictures(path, pictures), data)
    report = dub(path, sound, tmp_path / "out.mp4", PLAIN)
    assert report.kept == ((1.2, 1.44, NO_FACE),) and report.dubbed == 30


def test_a_part_a_preview_and_a_label(film: Path, sound: Path, tmp_path: Path) -> None:
    options = replace(PLAIN, begin=Fraction("0.4"), preview=Fraction("0.6"), label=True, keep_pauses=True)
    output = tmp_path / "part.mp4"
    report = dub(film, sound, output, options)
    assert report.frames == len(pictures_of(output)) == 15


def test_a_preview_listens_to_no_more_than_it_has_seen(film: Path, sound: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("mien.engines.personatalk.film.preview.LOOKED_AT", Fraction(1))
    monkeypatch.setattr("mien.engines.personatalk.film.preview.ENOUGH", Fraction(1, 2))
    monkeypatch.setattr("mien.dub.OFFSET_S", 0.2)
    heard: list[float] = []
    listen = module._motion

    def analysing(speech, *arguments):
        heard.append(float(speech.duration))
        return listen(speech, *arguments)

    monkeypatch.setattr(module, "_motion", analysing)
    dub(film, sound, tmp_path / "out.mp4", replace(PLAIN, preview=Fraction("0.4")))
    assert heard == pytest.approx([0.96 + 0.2, 1.2])  # of the film, of the voice


def test_a_longer_voice_is_asked_about_and_loops(film: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer.wav"
    longer.write_bytes(written(voice(2.6)))
    with pytest.raises(DubRefused, match="loop"):
        dub(film, longer, tmp_path / "out.mp4", PLAIN)
    assert dub(film, longer, tmp_path / "out.mp4", replace(PLAIN, when_longer="loop")).frames == 65


def test_it_stops_when_it_is_told_to(film: Path, sound: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    for stop_after in (3, 70, 150):
        calls = []

        def cancelled(calls: list = calls, stop_after: int = stop_after) -> bool:
            calls.append(1)
            return len(calls) > stop_after

        with pytest.raises(Cancelled):
            dub(film, sound, output, PLAIN, cancelled=cancelled)
        assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == []


MORTAL = """
import os, signal, sys
from fractions import Fraction
from pathlib import Path
from mien import take_request
from mien.dub import dub
from mien.engines.personatalk.film import film_plan
from mien.engines.personatalk.options import DubOptions

take_request.code_digest = lambda: "this code"
film_plan.PART = Fraction(sys.argv[5])
def progress(fraction, stage):
    if stage == "dubbing" and fraction >= float(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
dub(*map(Path, sys.argv[1:4]), DubOptions.from_json(sys.stdin.read()), progress)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("codec", ["h264", "lossless"])
def test_a_dub_that_was_killed_goes_on_where_it_was(
    film: Path, sound: Path, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, codec: str
) -> None:
    part = Fraction(2, 5)  # s: ten pictures
    monkeypatch.setattr("mien.take_request.code_digest", lambda: "this code")  # while somebody edits it
    monkeypatch.setattr("mien.engines.personatalk.film.film_plan.PART", part)
    options = replace(PLAIN, codec=codec)
    one, other = tmp_path / f"one{options.suffix}", tmp_path / f"other{options.suffix}"
    # the third of five parts is being drawn, behind the pictures that are looked at ahead: tracking and the analysis of
    # the speech are .55 of the work
    arguments = [*map(str, (film, sound, one)), str(0.55 + 0.45 * 28 / 48), str(part)]
    killed = subprocess.run([sys.executable, "-c", MORTAL, *arguments], input=options.to_json(), text=True, check=False)
    assert killed.returncode == -signal.SIGKILL and not one.exists()
    rendered, render = [], Renderer.render
    monkeypatch.setattr(
        Renderer, "render", lambda *arguments, **named: rendered.append(1) or render(*arguments, **named)
    )
    tracked: list[int] = []
    monkeypatch.setattr("mien.face_tracking.tracker.track_face", lambda *arguments, **named: tracked.append(1))
    report = dub(film, sound, one, options)
    assert len(rendered) == 28 and tracked == [] and report.frames == report.dubbed == 48
    assert any(note.startswith("0.8 s of it were made before") for note in report.notes)
    assert list((data / "unfinished-dubs").iterdir()) == []
    monkeypatch.undo()
    monkeypatch.setattr("mien.engines.personatalk.film.film_plan.PART", part)
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(data))
    dub(film, sound, other, options)
    with av.open(str(one)) as resumed, av.open(str(other)) as whole:
        assert [bytes(p) for p in resumed.demux()] == [bytes(p) for p in whole.demux()]


def test_nobody_is_dubbed_without_consent(sound: Path, tmp_path: Path) -> None:
    path = write_pictures(tmp_path / "other.mp4", [face()] * 30)
    with pytest.raises(ConsentMissing):
        dub(path, sound, tmp_path / "out.mp4", PLAIN)


def test_what_cannot_be_dubbed_is_refused_in_words(sound: Path, tmp_path: Path, data: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(face()).save(photo)
    empty = write_pictures(tmp_path / "empty.mp4", squares(30))
    short = write_pictures(tmp_path / "short.mp4", [face()] * 5)
    text = tmp_path / "text.mp4"
    text.write_text("no film")
    wanted = [
        (photo, DubError, "portrait"),
        (empty, TrackingError, "No face"),
        (short, DubError, "5 pictures"),
        (text, VideoError, "cannot be read"),
    ]
    for path, error, sentence in wanted:
        with pytest.raises(error, match=sentence):
            dub(consented(path, data), sound, tmp_path / "out.mp4", replace(PLAIN, when_longer="stop"))
    assert not (tmp_path / "out.mp4").exists()
