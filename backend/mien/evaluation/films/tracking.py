# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a face is read from film: takes of known channels are rendered, tracked, and compared with themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from mien.channels import columns
from mien.evaluation import EvaluationError
from mien.evaluation.films.exercise import CLOSED, REST, exercise
from mien.evaluation.films.looks import LOOKS, Look, composited
from mien.eye_look import eyes_of_default_head
from mien.face_tracking.to_take import take_from_track
from mien.face_tracking.tracker import track_face
from mien.heads.default import Head, load_head
from mien.preview.scene import Scene
from mien.take import Take
from mien.video.footage import Footage, Picture

COMPARED = ("jawOpen", "mouthSmile", "eyeBlink", "browInnerUp")
SIZE = (512, 512)

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Result:
    """Of one look: lost pictures; mean errors of the head's rotation (the largest of pitch, yaw, roll) and of the gaze
    in degrees; correlation by channel; mean distance in mm of the vertices of face and lips, the head held still;
    closures of the take, and how many of them the tracked take has, in frames."""

    look: str
    pictures: int
    lost: int
    rotation: float
    gaze: float
    correlation: dict[str, float]
    face: float
    lips: float
    closures: int
    closures_found: int


def evaluate(seconds: float, seed: int, progress: Progress) -> list[Result]:
    """One result for each look. VideoError where nothing can be drawn."""
    results = []
    for i, look in enumerate(LOOKS):
        results.append(_evaluated(look, exercise(seconds, seed + i)))
        progress((i + 1) / len(LOOKS), look.name)
    return results


def _evaluated(look: Look, take: Take) -> Result:
    head = load_head()
    if look.identity:
        if look.identity not in head.identities:
            raise EvaluationError(f"the default head has no identity {look.identity!r}; build it again.")
        head = replace(head, vertices=head.identities[look.identity])
    weights, gaze = _given(take.weights), _given(take.gaze)
    shown = weights + eyes_of_default_head(gaze).astype(np.float32)
    with Scene(SIZE, head) as scene:
        track = track_face(_footage(take, shown, scene, head, look))
    found = take_from_track(track, neutral=REST // 2)
    found_weights = _given(found.weights)
    moving = slice(REST, None)
    seen = track.tracked[moving]

    def error(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.degrees(np.abs(one - other)[moving][seen].mean(0))

    def correlation(name: str) -> float:
        one, other = (w[moving][:, columns(name)].mean(1)[seen] for w in (weights, found_weights))
        return float(np.corrcoef(one, other)[0, 1])

    still = load_head()
    moved = np.linalg.norm(still.faces(take)[moving] - still.faces(found)[moving], axis=-1)[seen] * 1000
    front = (still.upper_face_mask > 0) | (still.lip_mask > 0)
    closed = (take.channel("jawOpen") < CLOSED)[moving] & (weights[moving][:, columns("mouthSmile")].max(1) < CLOSED)
    return Result(
        look=look.name,
        pictures=track.frames,
        lost=int((~track.tracked).sum()),
        rotation=float(error(take.head_rotation, found.head_rotation).max()),
        gaze=float(error(gaze, _given(found.gaze)).mean()),
        correlation={name: correlation(name) for name in COMPARED},
        face=float(moved[:, front].mean()),
        lips=float(moved[:, still.lip_mask > 0].mean()),
        closures=int(closed.sum()),
        closures_found=int((closed & (_aperture(still, found)[moving] < _aperture(still, take)[moving] + 0.02)).sum()),
    )


def rendered(take: Take, weights: np.ndarray, scene: Scene, head: Head, look: Look) -> Iterator[Picture]:
    """The pictures of a take in a look, of these weights (F, 52) in place of its own."""
    empty = scene.picture(head.vertices + [0, 10, 0])  # metres: out of the picture
    for i in range(take.frames):
        face = head.pose(weights[i], take.head_rotation[i])
        yield Picture(i / take.fps, composited(scene.picture(face, weights[i]), empty, look, i))


def _footage(take: Take, weights: np.ndarray, scene: Scene, head: Head, look: Look) -> Footage:
    def pictures() -> Iterator[Picture]:
        return rendered(take, weights, scene, head, look)

    length = take.frames / take.fps
    return Footage(look.name, *SIZE, take.fps, length, False, Fraction(0), False, (), pictures)


def _given(values: np.ndarray | None) -> np.ndarray:
    if values is None:
        raise EvaluationError("the take has no weights or no gaze, so nothing can be compared.")
    return values


def _aperture(head: Head, take: Take) -> np.ndarray:
    """(N,) of the lips over the distance of the outer eye corners, as lip_aperture() measures it in a film."""
    eyes = head.vertices[head.landmarks[[36, 45]]]
    return head.lip_aperture(_given(take.weights), take.channels) / np.linalg.norm(eyes[0] - eyes[1])


HEAD = (
    "look", "lost", "head, deg", "gaze, deg", *(f"{name}, r" for name in COMPARED), "face, mm", "lips, mm", "closures",
)  # fmt: skip


def cells(results: list[Result]) -> list[list[str]]:
    """Rows of a table under HEAD."""
    return [
        [
            result.look,
            f"{result.lost} of {result.pictures}",
            f"{result.rotation:.1f}",
            f"{result.gaze:.1f}",
            *(f"{result.correlation[name]:.2f}" for name in COMPARED),
            f"{result.face:.2f}",
            f"{result.lips:.2f}",
            f"{result.closures_found} of {result.closures}",
        ]
        for result in results
    ]
