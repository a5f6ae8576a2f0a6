# SPDX-License-Identifier: GPL-3.0-or-later
"""A photo and a voice to a film: signed, whole or not at all, in step with the sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from mien.channels import ARKIT
from mien.direction import Direction
from mien.engines.base import Cancelled
from mien.photo import PortraitError, PortraitRefused
from mien.photo.options import PortraitOptions
from mien.portrait import portrait
from mien.settings import Settings
from mien.take import Take, write_take
from mien.video.consent import Consent, ConsentMissing, file_digest, record_consent
from mien.video.provenance_reading import read_provenance
from PIL import Image
from rendered_faces import face, nobody
from voices import SHIPPED

SECONDS = 0.6


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With photo.png and voice.wav, and a consent for the photo on record."""
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path / "data"))
    samples, rate = soundfile.read(SHIPPED, dtype="float32")
    soundfile.write(tmp_path / "voice.wav", samples[rate : rate + round(SECONDS * rate)], rate)
    agreed(tmp_path / "photo.png", face())
    return tmp_path


def agreed(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels).save(path)
    record_consent(
        file_digest(path), Consent.given("Nobody is shown: a drawn head.", "test"), Settings.read().data_folder
    )
    return path


def portrait_of(folder: Path, name: str = "talk.mp4", photo: str = "photo.png", **options) -> object:
    chosen = PortraitOptions(engine="articulation", **options)
    return portrait(folder / photo, folder / "voice.wav", folder / name, chosen)


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def test_a_film_has_the_take_s_frames_the_voice_and_its_provenance(folder: Path) -> None:
    report = portrait_of(folder, direction=Direction.from_json({"emotion": "happy"}))
    shown = pictures(folder / "talk.mp4")
    assert len(shown) == report.frames == int(np.ceil(SECONDS * 25))
    assert shown[0].shape == (*report.size[::-1], 3) == (192, 192, 3)
    assert np.abs(shown[0].astype(int) - face()).mean() < 20
    assert np.abs(shown[-1].astype(int) - shown[2]).max() > 10
    with av.open(str(folder / "talk.mp4")) as film:
        assert film.streams.audio[0].duration * film.streams.audio[0].time_base == pytest.approx(SECONDS, abs=0.06)
    reading = read_provenance(folder / "talk.mp4")
    assert reading.manifest and reading.manifest.valid
    assert reading.tag and reading.tag.kind == "portrait"
    assert [each.role for each in reading.tag.inputs] == ["photo", "voice"]


def test_a_moving_face_is_refined_unless_it_is_not_to_be(folder: Path) -> None:
    moving = {"direction": Direction.from_json({"emotion": "happy"})}
    portrait_of(folder, **moving)
    portrait_of(folder, "plain.mp4", refine=False, **moving)
    one, other = (np.array(pictures(folder / name)).astype(int) for name in ("talk.mp4", "plain.mp4"))
    assert 0 < np.abs(one - other).mean() < 5


def test_a_take_that_does_nothing_shows_the_photo(folder: Path) -> None:
    frames = 15
    take = Take(
        fps=Fraction(25),
        duration=Fraction(frames, 25),
        channels=ARKIT,
        weights=np.zeros((frames, len(ARKIT)), np.float32),
        head_rotation=np.zeros((frames, 3), np.float32),
    )
    write_take(take, folder / "rest.take.safetensors")
    portrait_of(folder, take=str(folder / "rest.take.safetensors"))
    # What H.264 leaves of a photo.
    assert max(np.abs(shown.astype(int) - face()).mean() for shown in pictures(folder / "talk.mp4")) < 3


def test_alpha_is_written_as_prores(folder: Path) -> None:
    cut = np.concatenate([face(), np.full((192, 192, 1), 255, np.uint8)], 2)
    cut[:, :16, 3] = 0
    agreed(folder / "cut.png", cut)
    report = portrait_of(folder, "talk.mov", "cut.png", alpha=True, fps=Fraction(24))
    with av.open(str(folder / "talk.mov")) as film:
        frames = [frame.to_ndarray(format="rgba") for frame in film.decode(video=0)]
        assert film.streams.video[0].codec_context.name == "prores"
    assert len(frames) == report.frames
    assert frames[0][:, :8, 3].max() < 5
    assert frames[0][96, 96, 3] > 250


def test_what_cannot_be_made_is_refused_and_nothing_is_left(folder: Path) -> None:
    agreed(folder / "nobody.png", nobody())
    with pytest.raises(PortraitError, match="No face was found"):
        portrait_of(folder, photo="nobody.png")
    with pytest.raises(PortraitRefused, match="ends in .mp4"):
        portrait_of(folder, "talk.avi")
    with pytest.raises(PortraitRefused, match="no alpha"):
        portrait_of(folder, "talk.mov", alpha=True)
    Image.fromarray(face()[::-1]).save(folder / "unknown.png")
    with pytest.raises(ConsentMissing):
        portrait_of(folder, photo="unknown.png")
    assert not [path for path in folder.iterdir() if path.suffix in (".mp4", ".mov")]


def test_a_cancel_leaves_nothing(folder: Path) -> None:
    calls = iter(range(10**6))
    with pytest.raises(Cancelled):
        portrait(
            folder / "photo.png", folder / "voice.wav", folder / "talk.mp4", PortraitOptions(engine="articulation"),
            cancelled=lambda: next(calls) > 12,
        )  # fmt: skip
    assert not list(folder.glob("*.mp4")) + list(folder.glob(".*part*"))


def test_two_takes_of_one_photo_differ_and_a_pose_is_matched(folder: Path) -> None:
    portrait_of(folder, "one.mp4")
    portrait_of(folder, "two.mp4", direction=Direction.from_json({"seed": 5}))
    one, two = pictures(folder / "one.mp4"), pictures(folder / "two.mp4")
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(one, two, strict=True)) > 10
    agreed(folder / "smile.png", face((("mouthSmileLeft", 0.9), ("mouthSmileRight", 0.9))))
    chosen = PortraitOptions(engine="emodiffhead", pose=str(folder / "smile.png"))
    assert portrait(folder / "photo.png", folder / "voice.wav", folder / "posed.mp4", chosen).frames == len(one)


def test_the_command_makes_the_film_and_says_so(folder: Path, capsys) -> None:
    from mien.cli.main import main

    arguments = ["portrait", str(folder / "photo.png"), str(folder / "voice.wav"), "-o", str(folder / "talk.mp4")]
    assert main([*arguments, "--engine", "articulation", "--head", "0.3", "--size", "128", "--label"]) == 0
    assert "128x128" in capsys.readouterr().out
    assert main([*arguments[:3], "-o", str(folder / "photo.png")]) == 2
    assert main([*arguments, "--head", "7"]) == 2
    assert "0 to 2" in capsys.readouterr().err


def test_a_film_says_that_nothing_was_heard(folder: Path) -> None:
    soundfile.write(folder / "voice.wav", np.zeros(round(SECONDS * 16000)), 16000)
    report = portrait_of(folder)
    assert any(note.startswith("Nothing was heard as speech") for note in report.notes)
