# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips from given tracks and from tracked faces."""

import json
from pathlib import Path

import numpy as np
import pytest
from lips import talking, write_tracks
from mien.engines.base import no_progress
from mien.training.lips import LipsTrainingError
from mien.training.lips.clips import clip_of_track, clips_from_tracks, clips_from_videos
from tracks import track


def test_given_tracks_are_clips_of_their_speakers(tmp_path: Path) -> None:
    clips = [talking(), talking(begin=4.0, seconds=3.0)]
    write_tracks(tmp_path, *clips)
    (tmp_path / "clips.json").write_text(json.dumps([{"name": clips[0].name, "speaker": "Ann"}]))
    first, second = clips_from_tracks(tmp_path)
    assert (first.name, first.speaker, second.speaker) == (clips[0].name, "Ann", clips[1].name)
    np.testing.assert_allclose(first.curves, clips[0].curves)
    assert first.frame == pytest.approx(0.04) and first.valid.all()
    np.testing.assert_allclose(first.speech.samples, clips[0].speech.samples, atol=1e-4)


def test_what_is_no_folder_of_tracks_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(LipsTrainingError, match="no audio/NAME.wav with a tracks/NAME.npz"):
        clips_from_tracks(tmp_path)
    with pytest.raises(LipsTrainingError, match="there are no videos"):
        clips_from_videos(tmp_path, no_progress)
    clip = talking()
    write_tracks(tmp_path, clip)
    track = tmp_path / "tracks" / f"{clip.name}.npz"
    np.savez(track, t=clip.times, aperture=clip.curves[0], width=clip.curves[1])
    with pytest.raises(LipsTrainingError, match="has no 'jaw'"):
        clips_from_tracks(tmp_path)
    np.savez(track, t=clip.times[::-1], aperture=clip.curves[0], width=clip.curves[1], jaw=clip.curves[2])
    with pytest.raises(LipsTrainingError, match="do not rise"):
        clips_from_tracks(tmp_path)


def test_a_track_of_text_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    (tmp_path / "tracks").mkdir()
    (tmp_path / "audio" / "a.wav").write_bytes(b"never read")
    (tmp_path / "tracks" / "a.npz").write_text("no arrays")
    with pytest.raises(LipsTrainingError, match=r"a\.npz holds no track"):
        clips_from_tracks(tmp_path)


def test_a_tracked_face_gives_distances_that_its_turn_does_not_change() -> None:
    opening = np.linspace(0, 0.2, 50)
    turned = np.tile([0.1, 0.4, -0.1], (50, 1))
    front, aside = (
        clip_of_track("film", "Ann", talking().speech, track(50, aperture=opening, rotation=rotation))
        for rotation in (None, turned)
    )
    np.testing.assert_allclose(front.curves, aside.curves, atol=0.02)
    np.testing.assert_allclose(front.curves[0], opening, atol=0.01)
    assert front.curves[1].std() < 0.01 and front.times[1] == pytest.approx(0.04)
