# SPDX-License-Identifier: GPL-3.0-or-later
"""A half-length photo and a voice to a film: hands move with the voice, and what holds of portraits holds."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import motion_model
import numpy as np
import pytest
import soundfile
from drawn_body import drawn_body, larger, with_face
from mien.body.skeleton import JOINTS
from mien.channels import ARKIT
from mien.engines.base import EngineMissing
from mien.engines.diffted.published.tps import FOLDER
from mien.engines.diffted.published.tps.weights import import_weights
from mien.photo import PortraitError, PortraitRefused
from mien.photo.body import layers, talking_body
from mien.photo.body.options import TalkOptions
from mien.settings import Settings
from mien.take import Take, write_take
from mien.talk import motion_of_take, talk
from mien.video.consent import Consent, ConsentMissing, file_digest, record_consent
from mien.video.provenance_reading import read_provenance
from PIL import Image
from rendered_faces import face
from voices import SHIPPED

SECONDS = 0.8


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With photo.png, whose body is known, voice.wav, and a consent on record."""
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path / "data"))
    samples, rate = soundfile.read(SHIPPED, dtype="float32")
    soundfile.write(tmp_path / "voice.wav", samples[rate : rate + round(SECONDS * rate)], rate)
    Image.fromarray(with_face(face())).save(tmp_path / "photo.png")
    agreed(tmp_path / "photo.png")
    body = larger(drawn_body())
    monkeypatch.setattr(talking_body, "tracked_body", lambda pixels, name, face: body)
    monkeypatch.setattr(layers, "person_matte", lambda pixels, points: body.mask)
    return tmp_path


def agreed(path: Path) -> None:
    record_consent(file_digest(path), Consent.given("Nobody is shown: drawn.", "test"), Settings.read().data_folder)


def take_of(raised: float, frames: int = 20) -> Take:
    """Both lower arms bent at the elbow from frame 10 on."""
    joints = np.zeros((frames, len(JOINTS), 3), np.float32)
    for side in ("left", "right"):
        joints[10:, JOINTS.index(f"{side}_lower_arm"), 0] = -raised
    return Take(
        fps=Fraction(25),
        duration=Fraction(frames, 25),
        channels=ARKIT,
        weights=np.zeros((frames, len(ARKIT)), np.float32),
        head_rotation=np.zeros((frames, 3), np.float32),
        joints=joints,
        joint_names=JOINTS,
    )


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]


def test_the_joints_of_a_take_move_the_hands_of_the_photo(folder: Path) -> None:
    write_take(take_of(0.9), folder / "act.take.safetensors")
    report = talk(
        folder / "photo.png", folder / "voice.wav", folder / "talk.mp4",
        TalkOptions(take=str(folder / "act.take.safetensors")),
    )  # fmt: skip
    shown = pictures(folder / "talk.mp4")
    assert len(shown) == report.frames == 20
    changed = np.abs(shown[-1] - shown[2]).max(2) > 40
    assert changed[100:300, :100].sum() > 200 and changed[100:300, 380:].sum() > 200
    reading = read_provenance(folder / "talk.mp4")
    assert reading.manifest and reading.manifest.valid
    assert reading.tag and [each.role for each in reading.tag.inputs] == ["photo", "voice", "take"]


def test_a_voice_makes_gestures_of_its_own_and_none_where_none_are_wanted(folder: Path) -> None:
    for gestures, name in ((1.0, "moves.mp4"), (0.0, "still.mp4")):
        options = TalkOptions(engine="articulation", gestures=gestures)
        report = talk(folder / "photo.png", folder / "voice.wav", folder / name, options)
        assert report.frames == int(np.ceil(SECONDS * 25))
    still = pictures(folder / "still.mp4")
    assert np.abs(still[-1] - still[1])[:, :80].max() < 30  # the right hand, but for what the codec does


def test_the_user_s_motion_model_draws_the_talk_and_says_how_long_that_takes(folder: Path) -> None:
    wanted = TalkOptions(take=str(folder / "act.take.safetensors"), renderer="tps")
    write_take(take_of(0.9, 3), folder / "act.take.safetensors")
    with pytest.raises(EngineMissing, match="mien models import FILE"):
        talk(folder / "photo.png", folder / "voice.wav", folder / "talk.mp4", wanted)
    data = Settings.read().data_folder
    import_weights(motion_model.saved(folder / "vox.pth.tar", motion_model.model()), data / FOLDER / "vox.safetensors")
    said: list[str] = []
    report = talk(
        folder / "photo.png", folder / "voice.wav", folder / "talk.mp4", wanted, lambda _, stage: said.append(stage)
    )
    assert any("s a picture on the" in stage and stage.startswith("drawing, ") for stage in said)
    assert "the motion model 'vox' at 256 pixels, enlarged to" in report.notes[-1]
    shown, photo = pictures(folder / "talk.mp4"), np.asarray(Image.open(folder / "photo.png"))
    assert len(shown) == 3 and shown[0].shape == photo.shape
    assert np.abs(shown[0][60:400, 60:400] - photo[60:400, 60:400]).mean() > 30  # by a network of random numbers
    reading = read_provenance(folder / "talk.mp4")
    assert reading.tag and any("motion model" in note for note in reading.tag.notes)


def test_a_film_of_a_person_needs_consent_and_the_right_name(folder: Path) -> None:
    Image.fromarray(with_face(face())[::-1]).save(folder / "other.png")
    with pytest.raises(ConsentMissing):
        talk(folder / "other.png", folder / "voice.wav", folder / "talk.mp4", TalkOptions(engine="articulation"))
    with pytest.raises(PortraitRefused, match="the talk is written as .mp4"):
        talk(folder / "photo.png", folder / "voice.wav", folder / "talk.gif")
    assert not (folder / "talk.mp4").exists()


def test_a_picture_without_a_person_is_refused_in_words(folder: Path) -> None:
    Image.fromarray(np.full((200, 200, 3), 120, np.uint8)).save(folder / "wall.png")
    agreed(folder / "wall.png")
    with pytest.raises(PortraitError, match=r"wall\.png"):
        talk(folder / "wall.png", folder / "voice.wav", folder / "talk.mp4", TalkOptions(engine="articulation"))


def test_a_take_without_joints_lets_the_chest_go_with_the_head() -> None:
    take = Take(
        fps=Fraction(25),
        duration=Fraction(2, 25),
        channels=ARKIT,
        weights=np.zeros((2, len(ARKIT)), np.float32),
        head_rotation=np.array([[0, 0, 0], [0, 0.4, 0]], np.float32),
    )
    motion = motion_of_take(take)
    assert motion.chest[1, 0] > 0.02 and not motion.wrists.any()
    assert motion_of_take(take_of(0.9)).wrists[-1, 0, 1] < -0.1
