# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs to learn from: the face of a drawn photo as Mien moves it, and the same face drawn as it then is.

Half of them are moved by channels, as a take does, and half by the landmarks that are tracked in the truth. One file a
photo; a build that was stopped goes on.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from mien.channels import ARKIT
from mien.engines.base import Progress
from mien.face_tracking.bundle import load_bundle
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.follower import FaceFollower
from mien.face_tracking.landmark_indices import FACE
from mien.files.atomic import write_whole
from mien.heads.default import Head, rotation_matrix
from mien.numeric.random_streams import stream
from mien.photo import PortraitError
from mien.photo.animator import Animator
from mien.photo.reenactment import Reenactment
from mien.photo.refinement.condition import condition_of
from mien.photo.refinement.crop import Moment, Square, activity, areas, square_around
from mien.preview.scene import Scene
from mien.training.refinement.poses import Pose, photo_pose, random_moments
from mien.training.refinement.sitters import random_sitter

PICTURE = 384  # pixels of a drawn photo
MOMENTS = 16  # of each photo
HELD_OUT_PHOTOS, HELD_OUT_MOMENTS = 8, 24  # moments of these follow one another
TRIES = 5  # of a photo whose face the tracker does not find
JITTER = 0.05  # of the square's side, by which it is moved and scaled in training
FILE = "photo_{:04d}.npz"


@dataclass(frozen=True, eq=False)
class Pairs:
    """N pairs of one photo: reference (S, S, 3) the photo's face; warped, truth (N, S, S, 3); area (N, 3, S, S), all
    uint8; condition (N, C) and activity (N,) float32; tracked (N,) bool: moved by landmarks, not by channels; misfit
    (N,) float32: mean distance of its landmarks from the truth's, in parts of the square's side."""

    reference: np.ndarray
    warped: np.ndarray
    truth: np.ndarray
    area: np.ndarray
    condition: np.ndarray
    activity: np.ndarray
    tracked: np.ndarray
    misfit: np.ndarray

    def __len__(self) -> int:
        return len(self.warped)


def build(folder: Path, photos: int, seed: int, progress: Progress) -> None:
    """What `folder` lacks of `photos` photos to learn from (`known`) and of those that are held out (`unknown`)."""
    wanted = [("unknown", number, True) for number in range(HELD_OUT_PHOTOS)]
    wanted += [("known", number, False) for number in range(photos)]
    for done, (part, number, held_out) in enumerate(wanted):
        progress(done / len(wanted), f"{part} photo {number + 1}")
        path = folder / part / FILE.format(number)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, make_pairs(seed, number, held_out))


def make_pairs(seed: int, number: int, held_out: bool, moments: int | None = None) -> Pairs:
    """The pairs of photo `number`. PortraitError where no face is found in any of some tries; VideoError where nothing
    can be drawn."""
    for attempt in range(TRIES):
        rng = stream(seed, f"refinement {number} {held_out} {attempt}")
        try:
            return _pairs(rng, held_out, moments or (HELD_OUT_MOMENTS if held_out else MOMENTS))
        except PortraitError:
            if attempt == TRIES - 1:
                raise
    raise AssertionError


def write(path: Path, pairs: Pairs) -> None:
    """To a file of arrays."""
    data = io.BytesIO()
    np.savez_compressed(data, **vars(pairs))
    write_whole(path, data.getvalue())


def read(path: Path) -> Pairs:
    """What `write` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Pairs(**arrays)


def _pairs(rng: np.random.Generator, held_out: bool, count: int) -> Pairs:
    sitter, start = random_sitter(rng, held_out), photo_pose(rng)
    follower = FaceFollower(load_bundle(), FaceChoice())
    rows: list[tuple[np.ndarray, ...]] = []
    with Scene((PICTURE, PICTURE), identity=sitter.identity, studio=sitter.studio, painting=sitter.painting) as scene:
        head = scene.head

        def drawn(pose: Pose, turn: np.ndarray) -> np.ndarray:
            weights = np.zeros(len(ARKIT), np.float32)
            weights[head.order(ARKIT)] = pose.with_look
            return scene.picture(_turned(head, head.pose(weights), turn), weights)

        own_turn = rotation_matrix(start.turn)
        photo = drawn(start, own_turn)
        with Animator(photo, name="a drawn photo") as animator:
            moved, order = Reenactment(animator), animator.head.order(ARKIT)
            rest, fitted = animator.mesh.rest_landmarks, animator.face.points[:FACE]
            shown: list[Moment] = []

            def note(picture: np.ndarray, moment: Moment) -> np.ndarray:
                shown.append(moment)
                return picture

            animator.refine = note
            for pose in random_moments(rng, count, in_sequence=held_out):
                truth = drawn(pose, own_turn @ rotation_matrix(pose.turn))
                weights = np.zeros(len(ARKIT), np.float32)
                weights[order] = pose.weights
                if (found := follower(truth, True)) is None:
                    continue
                points = found[0].astype(float)
                made = [(animator.picture(weights, pose.turn, pose.gaze), False), (moved.picture(points), True)]
                for (picture, tracked), moment in zip(made, shown, strict=True):
                    # A fitted head turns about another neck than the true one; that is not the network's to mend.
                    square, true = square_around(moment.landmarks, rest), square_around(points[:FACE], fitted)
                    apart = square.of(moment.landmarks) - true.of(points[:FACE])
                    if not held_out:
                        square, true = _jittered((square, true), rng)
                    rows.append((
                        square.cut(picture), true.cut(truth),
                        np.rint(255 * areas(moment.landmarks, square)).astype(np.uint8), condition_of(moment),
                        np.array(activity(moment.landmarks, rest), np.float32), np.array(tracked),
                        np.array(np.linalg.norm(apart, axis=1).mean(), np.float32),
                    ))  # fmt: skip
                shown.clear()
            if not rows:
                raise PortraitError("The face of a drawn photo was lost in all of its moments.")
            reference = square_around(rest, rest).cut(photo)
    return Pairs(reference, *(np.stack(column) for column in zip(*rows, strict=True)))


def _turned(head: Head, face: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """(V, 3) the face (V, 3) with its head turned by a matrix (3, 3)."""
    yaw, pitch, roll = Rotation.from_matrix(turn).as_euler("YXZ")
    return head.turned(face, np.array([pitch, yaw, roll]))


def _jittered(squares: tuple[Square, ...], rng: np.random.Generator) -> tuple[Square, ...]:
    """All of them moved and scaled alike."""
    growth, (x, y) = 1 + rng.uniform(-JITTER, JITTER), rng.uniform(-JITTER, JITTER, 2) + 0.5
    return tuple(
        Square(one.left + one.side * (x - growth / 2), one.top + one.side * (y - growth / 2), one.side * growth)
        for one in squares
    )
