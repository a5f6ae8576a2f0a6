# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a portrait shows what its take asks for: the film is tracked, and what is read is laid beside the take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mien.channels import ARKIT, columns
from mien.evaluation.films.exercise import exercise
from mien.face_tracking.contacts import lip_aperture as seen_aperture
from mien.face_tracking.landmark_indices import LEFT_LIDS, RIGHT_LIDS
from mien.face_tracking.likeness import describe, difference
from mien.face_tracking.tracker import track_face
from mien.photo.animator import Animator
from mien.photo.motion import motion_of
from mien.take import Take
from mien.video.footage import Footage, Picture

COMPARED = ("jawOpen", "eyeBlink", "mouthSmile", "mouthPucker", "browInnerUp", "browDown")
BLINKING, OPEN = 0.97, 0.05  # weights of a full blink and of open eyes
SEEDS, MOVED = 50, 0.4
HEAD_SHARE = 0.5  # of the exercise's head motion

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class ReadBack:
    """Of one photo: pictures, and how many the tracker lost; r of the lip gap and of each of COMPARED; lids: the
    lids' aperture at a full blink over the open one; likeness: the mean difference of `face_tracking.likeness` to the
    photo (about 1 is the most within a clip of one person)."""

    photo: str
    pictures: int
    lost: int
    lip_gap: float
    correlation: dict[str, float]
    lids: float
    likeness: float


def read_back(pixels: np.ndarray, name: str, seconds: float, seed: int, progress: Progress) -> ReadBack:
    """The exercise of `evaluation/films/exercise.py` on the face of pixels (H, W, 3) uint8, drawn and tracked again.

    PortraitError where there is no face, VideoError where nothing can be drawn."""
    take = _exercise(seconds, seed)
    with Animator(pixels, name=name) as animator:
        motion = motion_of(take, animator.head, animator.face.own)
        shown: list[np.ndarray] = []

        def pictures() -> Iterator[Picture]:
            for i in range(motion.frames):
                rotation = HEAD_SHARE * motion.head_rotation[i]
                shown.append(animator.picture(motion.weights[i], rotation, motion.gaze[i])[..., :3])
                yield Picture(i / take.fps, shown[-1])
                progress(i / motion.frames, name)

        height, width = pixels.shape[:2]
        length = take.frames / take.fps
        footage = Footage(name, width, height, take.fps, length, False, Fraction(0), False, (), pictures)
        track = track_face(footage)
        photo_look = describe(pixels[..., :3], animator.face.points)
        weights = motion.weights[:, animator.head.order(ARKIT)]
        apertures = animator.head.lip_aperture(motion.weights, animator.head.channels)
    seen = track.tracked
    looks = [difference(describe(shown[i], track.points[i]), photo_look) for i in np.flatnonzero(seen)[::5]]
    found = {
        name: track.scores[:, [track.channels.index(ARKIT[c]) for c in columns(name)]].mean(1) for name in COMPARED
    }
    blink = weights[:, columns("eyeBlink")].mean(1)
    lids = _lid_apertures(track.points)
    shut, open_eyes = seen & (blink >= BLINKING), seen & (blink <= OPEN)
    return ReadBack(
        photo=name,
        pictures=track.frames,
        lost=int((~seen).sum()),
        lip_gap=_r(apertures[seen], seen_aperture(track)[seen]),
        correlation={name: _r(weights[seen][:, columns(name)].mean(1), found[name][seen]) for name in COMPARED},
        lids=float(np.median(lids[shut]) / np.median(lids[open_eyes])) if shut.any() else float("nan"),
        likeness=float(np.mean(looks)),
    )


def _exercise(seconds: float, seed: int) -> Take:
    """The first exercise from `seed` on in which everything that is compared moves."""
    for number in range(seed, seed + SEEDS):
        take = exercise(seconds, number)
        if all(take.weights is not None and take.weights[:, columns(name)].max() > MOVED for name in COMPARED):
            return take
    return exercise(seconds, seed)


def _r(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1]) if one.std() > 0 and other.std() > 0 else float("nan")


def _lid_apertures(points: np.ndarray) -> np.ndarray:
    """(N,) pixels between the lids, the mean of both eyes."""
    pairs = (RIGHT_LIDS, LEFT_LIDS)
    return np.mean([np.linalg.norm(points[:, a, :2] - points[:, b, :2], axis=1) for a, b in pairs], 0)


HEAD = ("photo", "pictures", "lost", "lip gap r", *COMPARED, "lids at a blink", "likeness")


def cells(results: list[ReadBack]) -> list[tuple[str, ...]]:
    """Rows of the table."""
    return [
        (
            r.photo, str(r.pictures), str(r.lost), f"{r.lip_gap:.2f}", *(f"{r.correlation[n]:.2f}" for n in COMPARED),
            f"{r.lids:.2f}", f"{r.likeness:.2f}",
        )
        for r in results
    ]  # fmt: skip
