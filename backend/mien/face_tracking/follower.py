# SPDX-License-Identifier: GPL-3.0-or-later
"""One face followed from picture to picture.

The region of a picture comes from the landmarks of the one before; the detector is asked only where the face is not
known: at the beginning, after a cut, and when the landmark network says that the face is gone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.face_tracking.bundle import Bundle
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.detector import Detection, FaceDetector
from mien.face_tracking.landmark_network import LandmarkNetwork
from mien.face_tracking.likeness import OTHER_PERSON, describe, difference
from mien.face_tracking.region import Region

PRESENCE = 0.5  # below it the region has no face (MediaPipe)
JUMP = 0.5  # parts of the region's side a face may move between two pictures
GROWTH = 1.5  # and how much larger or smaller it may become
NEAR = 1.0  # region sides within which a face that comes back is the one that left
LOOK_EVERY = 5  # pictures between two looks whether it still is the same person
REMEMBERED = 0.05  # share of each look in what is remembered of a face
SOMEBODY_ELSE = 0.75  # of the difference to its own memory: a face nearer to the other one's is the other one
APART = 0.6  # region sides between two faces that do not hide each other


class FaceFollower:
    """Call it with each picture in turn.

    most_faces: how many were found at once; shot_looks: for each shot with the face, its number and the mean of what
    it looked like there; withdrawn: how many of its last answers were another face, as it found
    out with the newest picture (two faces that cross).
    """

    def __init__(self, bundle: Bundle, choice: FaceChoice, threads: int = 1) -> None:
        self._detect = FaceDetector(bundle.detector)
        self._landmarks = LandmarkNetwork(bundle.landmarks, threads)
        self._choice = choice
        self._region: Region | None = None  # where the face was in the picture before
        self._last: Region | None = None  # where it was last seen in this shot
        self._memory: np.ndarray | None = None  # what the face looks like
        self._rival: np.ndarray | None = None  # what the one beside it looks like
        self._since_look = LOOK_EVERY
        self._shot, self._looks = 0, 0
        self.most_faces = 0
        self.shot_looks: dict[int, np.ndarray] = {}
        self.withdrawn = 0

    def __call__(self, picture: np.ndarray, cut: bool) -> tuple[np.ndarray, float] | None:
        """(points (478, 3) float32, presence) of the face in picture (H, W, 3) uint8; None where it is not found.

        `cut`: whether the picture begins a new shot.
        """
        self.withdrawn = 0
        self._since_look += 1
        if cut:
            self._region = self._last = self._rival = None
            self._shot, self._looks = self._shot + 1, 0
        found = None if self._region is None else self._followed(picture, self._region)
        if found is not None and self._since_look >= LOOK_EVERY and not self._look(picture, found[0]):
            self.withdrawn, found = self._since_look - 1, None
        if found is None:
            found = self._redetect(picture)
            if found is not None:
                self._look(picture, found[0])
        self._region = None if found is None else Region.around_landmarks(found[0])
        self._last = self._region or self._last
        return found

    def _followed(self, picture: np.ndarray, region: Region) -> tuple[np.ndarray, float] | None:
        points, presence = self._landmarks(picture, region)
        after = Region.around_landmarks(points)
        moved = np.hypot(after.x - region.x, after.y - region.y) / region.width
        growth = after.width / region.width
        if presence < PRESENCE or moved > JUMP or not 1 / GROWTH < growth < GROWTH:
            return None
        return points, presence

    def _redetect(self, picture: np.ndarray) -> tuple[np.ndarray, float] | None:
        faces = self._detect(picture)
        self.most_faces = max(self.most_faces, len(faces))
        for face in self._candidates(picture, faces):
            # The detector's region is only a start: the network looks again from its own landmarks.
            points, presence = self._landmarks(picture, face.region)
            if presence < PRESENCE:
                continue
            points, presence = self._landmarks(picture, Region.around_landmarks(points))
            if presence >= PRESENCE:
                return points, presence
        return None

    def _candidates(self, picture: np.ndarray, faces: Sequence[Detection]) -> list[Detection]:
        """The faces of a picture that may be the one followed, the likeliest first."""
        if self._memory is None:  # not seen before
            chosen = self._choice.of(faces)
            return [] if chosen is None else [chosen]
        if self._last is None and self._choice.by_size:  # a new shot
            return list(faces)
        limit = np.inf if self._last is None else OTHER_PERSON
        likely = []
        for i, face in enumerate(faces):
            looks = self._description(picture, face)
            if looks is None or self._is_rival(looks):
                continue
            near = self._last is not None and _distance(face, self._last) < NEAR
            strangeness = difference(looks, self._memory)
            if near or strangeness < limit:
                likely.append((strangeness, i))
        return [faces[i] for _, i in sorted(likely)]

    def _description(self, picture: np.ndarray, face: Detection) -> np.ndarray | None:
        points, presence = self._landmarks(picture, face.region)
        return describe(picture, points) if presence >= PRESENCE else None

    def _is_rival(self, looks: np.ndarray) -> bool:
        if self._rival is None or self._memory is None:
            return False
        return difference(looks, self._rival) < SOMEBODY_ELSE * difference(looks, self._memory)

    def _look(self, picture: np.ndarray, points: np.ndarray) -> bool:
        """Whether the face followed still is who it was; remembers it, and the one beside it."""
        looks = describe(picture, points)
        if self._is_rival(looks):
            return False
        self._since_look = 0
        self._memory = _mixed(self._memory, looks)
        self._looks += 1
        before = self.shot_looks.get(self._shot, looks)
        self.shot_looks[self._shot] = before + (looks - before) / self._looks
        here = Region.around_landmarks(points)
        faces = self._detect(picture)
        self.most_faces = max(self.most_faces, len(faces))
        others = [(_distance(face, here), i) for i, face in enumerate(faces)]
        beside = min(((d, i) for d, i in others if d > APART), default=None)
        if beside is not None:
            other = self._description(picture, faces[beside[1]])
            if other is not None:
                self._rival = _mixed(self._rival, other)
        return True


def _mixed(memory: np.ndarray | None, looks: np.ndarray) -> np.ndarray:
    return looks if memory is None else memory + REMEMBERED * (looks - memory)


def _distance(face: Detection, last: Region) -> float:
    """Between a face and where it was last seen, in sides of its region then; growing counts too."""
    region = face.region
    moved = np.hypot(region.x - last.x, region.y - last.y) / last.width
    return float(moved + abs(np.log(max(region.width, 1e-6) / last.width)) / np.log(4))
