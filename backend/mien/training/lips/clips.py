# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips to train a lips model on: the sound of somebody who talks, and the tracked mouth.

Given tracks are a folder with `audio/NAME.wav` and `tracks/NAME.npz`: `t` (s), `aperture`, `width`, `jaw` in any unit,
and optionally `valid` and `speech`; `clips.json`, where there is one, says whose voice it is. Videos are tracked by the
face tracker.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.audio.speech import Speech, read_speech
from mien.engines.base import Cancelled, Progress
from mien.errors import MienError
from mien.face_tracking.landmark_indices import CHIN, INNER_LIPS, LOWER_LIP, NOSE_TIP, OUTER_EYE_CORNERS, UPPER_LIP
from mien.face_tracking.track import FaceTrack
from mien.training.lips import LipsTrainingError

CURVES = ("aperture", "width", "jaw")
MOUTH_CORNERS = (INNER_LIPS[0], INNER_LIPS[10])
VIDEOS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")


@dataclass(frozen=True, eq=False)
class LipClip:
    """One clip of one speaker. times (N,) seconds of the sound at which the mouth was tracked; curves (3, N): aperture,
    width and jaw drop in any unit that stays the same; valid (N,) bool: where they can be trusted."""

    name: str
    speaker: str
    speech: Speech
    times: np.ndarray
    curves: np.ndarray
    valid: np.ndarray

    @property
    def frame(self) -> float:
        """Seconds of one picture."""
        return float(np.median(np.diff(self.times)))


def clips_from_tracks(folder: Path) -> list[LipClip]:
    """Of a folder with `audio` and `tracks`. LipsTrainingError where there are none or a track is unusable."""
    sounds = sorted((folder / "audio").glob("*.wav"))
    pairs = [(sound, track) for sound in sounds if (track := folder / "tracks" / f"{sound.stem}.npz").is_file()]
    if not pairs:
        raise LipsTrainingError(
            f"{folder} has no audio/NAME.wav with a tracks/NAME.npz beside it; name a folder of tracks, or of videos "
            f"({', '.join(VIDEOS)})."
        )
    speakers = _speakers(folder / "clips.json")
    return [_from_track(sound, track, speakers.get(sound.stem, sound.stem)) for sound, track in pairs]


def _from_track(sound: Path, track: Path, speaker: str) -> LipClip:
    try:
        with np.load(track, allow_pickle=False) as arrays:
            if missing := {"t", *CURVES} - set(arrays.files):
                raise LipsTrainingError(f"{track} has no {sorted(missing)[0]!r}; a track has t, {', '.join(CURVES)}.")
            times = arrays["t"].astype(float)
            curves = np.stack([arrays[name].astype(float) for name in CURVES])
            valid = arrays["valid"].astype(bool) if "valid" in arrays.files else np.ones(len(times), bool)
    except LipsTrainingError:
        raise
    except (ValueError, AttributeError, zipfile.BadZipFile) as error:  # text, a bare array, unequal shapes, a torn zip
        raise LipsTrainingError(f"{track} holds no track ({error}); a track has t, {', '.join(CURVES)}.") from None
    if curves.shape[1] != len(times) or len(times) < 2 or np.any(np.diff(times) <= 0):
        raise LipsTrainingError(f"the times of {track} do not rise, or are not as many as its curves; track it again.")
    return LipClip(sound.stem, speaker, read_speech(sound), times, curves, valid & np.isfinite(curves).all(0))


def _speakers(path: Path) -> dict[str, str]:
    """Who speaks in each clip, by name; every clip is a speaker of its own where no file says so."""
    if not path.is_file():
        return {}
    try:
        return {clip["name"]: str(clip["speaker"]) for clip in json.loads(path.read_text("utf-8"))}
    except (ValueError, KeyError, TypeError) as error:
        raise LipsTrainingError(f"{path} is no list of clips with name and speaker ({error}).") from None


def clips_from_videos(folder: Path, progress: Progress) -> tuple[list[LipClip], list[str]]:
    """Of the videos in a folder, tracked; those in a folder within it are one speaker's; and a sentence for each that
    cannot be used. LipsTrainingError where there are none."""
    from mien.face_tracking.tracker import track_face
    from mien.video.reader import open_footage

    videos = sorted(path for path in folder.rglob("*") if path.suffix.lower() in VIDEOS)
    if not videos:
        raise LipsTrainingError(f"there are no videos ({', '.join(VIDEOS)}) in {folder}.")
    clips: list[LipClip] = []
    refused: list[str] = []
    for i, video in enumerate(videos):
        progress(i / len(videos), f"tracking {video.name}")
        speaker = video.stem if video.parent == folder else video.parent.name
        try:
            clips.append(clip_of_track(video.stem, speaker, read_speech(video), track_face(open_footage(video))))
        except Cancelled:
            raise
        except (MienError, OSError) as error:  # without sound, without a face, damaged: the others are still good
            refused.append(f"{video.name} is left out: {str(error).rstrip('.')}.")
    if not clips:
        raise LipsTrainingError(f"none of {len(videos)} videos can be used. {' '.join(refused)}")
    return clips, refused


def clip_of_track(name: str, speaker: str, speech: Speech, track: FaceTrack) -> LipClip:
    """A clip of a tracked face: distances between its points from the front, as shares of the distance of the outer eye
    corners."""
    points = track.pose.without_pose(track.points.astype(float))

    def distance(one: int, other: int) -> np.ndarray:
        return np.linalg.norm(points[:, one, :2] - points[:, other, :2], axis=1)

    unit = np.maximum(distance(*OUTER_EYE_CORNERS), 1e-6)
    pairs = ((UPPER_LIP, LOWER_LIP), MOUTH_CORNERS, (NOSE_TIP, CHIN))
    curves = np.stack([distance(*pair) / unit for pair in pairs])
    return LipClip(name, speaker, speech, float(track.start) + track.seconds, curves, track.tracked.copy())
