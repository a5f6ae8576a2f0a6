# SPDX-License-Identifier: GPL-3.0-or-later
import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from checkout import SHARED
from mien.face_tracking import TrackingError
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.contacts import lip_aperture
from mien.face_tracking.tracker import track_face
from mien.video.reader import open_footage
from rendered_faces import SIDE, beside, face, footage, nobody

YAWS = (0, 4, 8, 12, 8, 4)


@pytest.fixture(scope="module")
def turning():
    return track_face(footage([face((("jawOpen", yaw / 20),), (0, yaw, 0)) for yaw in YAWS]))


def test_every_picture_of_a_face_is_tracked(turning) -> None:
    assert turning.frames == len(YAWS)
    assert turning.tracked.all()
    assert turning.presence.min() > 0.9
    assert (turning.width, turning.height, turning.rate) == (SIDE, SIDE, 25)
    assert turning.gaps() == turning.cuts() == []
    assert turning.meta["source"] == "rendered"


def test_head_and_jaw_follow_what_was_rendered(turning) -> None:
    yaw = np.degrees(turning.pose.head_rotation[:, 1])
    np.testing.assert_allclose(yaw - yaw[0], YAWS, atol=3)
    assert np.corrcoef(turning.channel("jawOpen"), YAWS)[0, 1] > 0.95
    assert np.corrcoef(lip_aperture(turning), YAWS)[0, 1] > 0.95


def test_smoothing_is_said_and_can_be_turned_off(turning) -> None:
    raw = track_face(footage([face((("jawOpen", yaw / 20),), (0, yaw, 0)) for yaw in YAWS]), sigma=0)
    assert raw.meta["smoothing"] == "0.0"
    assert float(turning.meta["smoothing"]) > 0
    assert np.ptp(raw.points[:, 4, 0]) > np.ptp(turning.points[:, 4, 0])


def test_where_no_face_is_is_told() -> None:
    pictures = [nobody()] * 2 + [face()] * 3 + [nobody()] * 2 + [face()] * 2
    track = track_face(footage(pictures))
    assert track.gaps() == [(0, Fraction(2, 25)), (Fraction(5, 25), Fraction(7, 25))]
    assert (track.points[~track.tracked] == 0).all()
    assert (track.scores[~track.tracked] == 0).all()


def test_a_cut_begins_a_new_shot_and_nothing_is_smoothed_across_it() -> None:
    far = beside(nobody(), face())
    track = track_face(footage([beside(face(), 255 - nobody())] * 4 + [far] * 4))
    assert track.cuts() == [Fraction(4, 25)]
    assert track.tracked.all()
    nose = track.points[:, 4, 0]
    assert np.ptp(nose[:4]) < 3
    assert np.ptp(nose[4:]) < 3
    assert nose[4] - nose[3] > 0.9 * SIDE


def test_another_person_after_a_cut_is_told() -> None:
    other = np.ascontiguousarray(
        (np.asarray(face()) * [0.35, 0.2, 0.2]).astype(np.uint8)[:, 24:-24].repeat(4, 1)[:, ::3]
    )
    pictures = [np.ascontiguousarray(face())] * 4 + [other] * 4
    notes = json.loads(track_face(footage(pictures)).meta["notes"])
    assert notes == ["the face may be another person's after the cut at 0.16 s"]


def test_times_offset_and_notes_are_the_footages() -> None:
    times = [Fraction(0), Fraction(1, 30), Fraction(1, 10)]
    noted = replace(footage([face()] * 3, times, start=Fraction(1, 8)), notes=("the film is interlaced",))
    track = track_face(noted)
    assert track.times == tuple(times)
    assert track.start == Fraction(1, 8)
    assert json.loads(track.meta["notes"]) == ["the film is interlaced"]


@pytest.mark.parametrize(
    ("pictures", "choice", "sentence"),
    [
        ([nobody()] * 3, None, r"No face was found in the film \(3 pictures\)"),
        ([np.zeros((5, 5, 3), np.uint8)], None, "No face was found in the photo"),
    ],
)
def test_footage_without_a_face_is_refused(pictures, choice, sentence) -> None:
    with pytest.raises(TrackingError, match=sentence):
        track_face(footage(pictures), choice)


def test_a_face_that_was_not_there_is_refused() -> None:
    with pytest.raises(TrackingError, match="At most 1 face was found at a time .* face 2 was asked for"):
        track_face(footage([face()] * 2), FaceChoice(2))
    with pytest.raises(TrackingError, match="No face was found at 380,5 .* there are others"):
        track_face(footage([beside(face(), nobody())]), FaceChoice(at=(380, 5)))


def test_progress_can_stop_it() -> None:
    class Stop(Exception):
        pass

    seen = []

    def progress(fraction: float, stage: str) -> None:
        seen.append((fraction, stage))
        if fraction > 0.4:
            raise Stop

    with pytest.raises(Stop):
        track_face(footage([face()] * 10), progress=progress)
    assert len(seen) < 10
    assert {stage for _, stage in seen} == {"tracking"}


@pytest.mark.parametrize("name", ["dub_b", "dub_c", "dub_d"])
def test_real_clips_are_tracked_whole(name: str) -> None:
    path = SHARED / "real-video" / f"{name}.mp4"
    if not path.is_file():
        pytest.skip("the real clips lie beside the checkout only where the project is developed")
    track = track_face(open_footage(path))
    assert track.tracked.all()
    assert track.cuts() == []
    assert np.corrcoef(track.channel("jawOpen"), lip_aperture(track))[0, 1] > 0.7
