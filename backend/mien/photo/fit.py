# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head laid over the face of a photo, so that its channels move this face."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.spatial import KDTree

from mien.channels import ARKIT, INDEX
from mien.face_tracking.blendshapes import CHANNELS, BlendshapeNetwork
from mien.face_tracking.bundle import load_bundle
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.follower import FaceFollower
from mien.face_tracking.head_pose import PICTURE_AXES, HeadPose, fit_pose
from mien.face_tracking.landmark_indices import (
    FACE,
    LEFT_EYE,
    LOWER_LIP,
    NOSE_TIP,
    OUTER_EYE_CORNERS,
    OUTER_LIPS,
    RIGHT_EYE,
    UPPER_LIP,
)
from mien.heads.default import Head, load_head, rotation_matrix
from mien.heads.identity import face_offsets
from mien.photo import PortraitError
from mien.photo.head_landmarks import landmarks_on
from mien.photo.space_warp import SpaceWarp

LEAST_EYES = 14.0  # pixels between the outer corners of the eyes
MOST_YAW = np.radians(48.0)  # of the photo's head; a profile shows half a face
NODS = np.radians(8.5)  # by which the tracker's depth lets the head nod: measured on drawings of six identities
SMOOTHING = 0.0006  # m: the tracker's noise is .4 % of the eye distance
DEPTH_TRUST = 0.35  # share of the tracker's depth against the fitted head's own
OPEN_GAP = 0.035  # of the eye distance between the lips, from which the photo's mouth is open
SMILE = (0.25, 0.9)  # of the scores, over which a smile rises to its whole
PUCKER = 2.4  # times as narrow as the head's own at the lips
# Eye distances between the corners of pursed lips. The tracker scores a pucker by that, whatever the mouth's width at
# rest: between its landmarks of the corners .50 to .52 is a half on three people, .46 over .9 on one; man_b .51, .45.
PURSED, MOST_PURSED = 0.315, 1.3  # of the inner lips; times more narrow than others' that wide lips become, at most
PUCKER_REACH = 0.016  # m around the inner lips: further off, at the nose, the head's own is enough
# Of the head's own rise of what a smile lifts, and of what lies beyond the lips where the upper one is raised. Smiles
# of two people (scores .85 and .82) lift the corners of the mouth by .05 and .07 eye distances and the cheek above the
# fold by .03, the head's by .15 and .06, and a raised upper lip lifts that cheek by as much again, the nose with it.
SMILE_RISE, RAISE_BEYOND, RAISE_REACH = 0.75, 0.4, 0.010  # the last in m around the inner lips
# The head's lips and chin have a vertex in their middle and the next ones 6 mm aside: as the jaw opens they would come
# to a point there. How much less the middle moves, over which distance, m.
BLUNTER, MIDDLE = 0.04, 0.004
LIP_REACH = 0.004  # m around the inner lips that go with them where they are brought together
FAMILY_RIDGE = 0.25  # how far the family of heads is drawn to its mean, against noise


@dataclass(frozen=True, eq=False)
class FittedFace:
    """A head over a photo. Pixels are continuous: (0, 0) is the corner of the first; z grows away from the camera.

    points (478, 3) pixels: the tracker's; pose: of the head in the photo, scale in pixels a metre; own (52,) the
    channels that the photo shows, in the order of ARKIT; faces: how many were found; scores: by channel, as tracked.
    """

    head: Head
    points: np.ndarray
    pose: HeadPose
    warp: SpaceWarp
    own: np.ndarray
    faces: int
    scores: dict[str, float]

    @property
    def eye_distance(self) -> float:
        """Pixels between the outer corners of the eyes, as if seen from the front."""
        return float(np.linalg.norm(self.points[OUTER_EYE_CORNERS[0]] - self.points[OUTER_EYE_CORNERS[1]]))

    @property
    def own_weights(self) -> np.ndarray:
        """(52,) float32: the channels that the photo shows, in the order of the head."""
        weights = np.zeros(len(self.own), np.float32)
        weights[self.head.order(ARKIT)] = self.own
        return weights

    def vertices(self, weights: np.ndarray, which: np.ndarray | None = None) -> np.ndarray:
        """(V, 3) pixels of the head's vertices, or of `which` of them, for weights (52,) in the order of the head; the
        head as it is turned in the photo."""
        return self.warp(self.posed(weights, which))

    def posed(self, weights: np.ndarray, which: np.ndarray | None = None) -> np.ndarray:
        """(V, 3) metres: the head's own vertices for weights (52,)."""
        chosen = slice(None) if which is None else which
        shown = np.flatnonzero(weights)
        deltas = self.head.deltas[shown][:, chosen]
        return self.head.vertices[chosen] + np.tensordot(weights[shown].astype(np.float32), deltas, 1)


def fit_face(pixels: np.ndarray, choice: FaceChoice | None = None, name: str = "photo") -> FittedFace:
    """The face that is meant in pixels (H, W, 3) uint8 with the default head fitted to it.

    PortraitError in words where there is none, where it is too small, cut by the edge, or seen too far from the side.
    """
    choice = choice or FaceChoice()
    bundle = load_bundle()
    follower = FaceFollower(bundle, choice)
    found = follower(pixels, True)
    if found is None:
        raise PortraitError(_nobody(name, choice, follower.most_faces, pixels.shape))
    points = found[0].astype(float)
    pose = fit_pose(points)
    eyes = float(np.linalg.norm(points[OUTER_EYE_CORNERS[0], :3] - points[OUTER_EYE_CORNERS[1], :3]))
    if eyes < LEAST_EYES:
        raise PortraitError(
            f"The face in {name!r} is too small: {eyes:.0f} pixels between its eyes. At least {LEAST_EYES:.0f} are "
            "needed, and 100 look well; use a larger picture, or cut this one closer."
        )
    seen = points[[*LEFT_EYE, *RIGHT_EYE, *OUTER_LIPS], :2]
    if (seen < 0).any() or (seen > pixels.shape[1::-1]).any():
        raise PortraitError(
            f"The face in {name!r} is cut by the edge of the picture. Use a photo that shows both eyes and the mouth."
        )
    yaw = abs(float(pose.head_rotation[1]))
    if yaw > MOST_YAW:
        raise PortraitError(
            f"The face in {name!r} is turned by {np.degrees(yaw):.0f} degrees; one side of it is not seen. Use a photo "
            f"from the front, or turned by at most {np.degrees(MOST_YAW):.0f} degrees."
        )
    scores = dict(zip(CHANNELS, map(float, BlendshapeNetwork(bundle.blendshapes)(found[0])), strict=True))
    return fit_points(points, scores, follower.most_faces)


def fit_points(points: np.ndarray, scores: dict[str, float], faces: int = 1) -> FittedFace:
    """The default head fitted to landmarks (478, 3) pixels with the scores of the channels."""
    gap = relative_gap(points)
    own = own_channels(shut_head(), scores, gap)
    head = shut_head() if own.any() else photo_head()
    order = head.order(ARKIT)
    weights = np.zeros(len(order))
    weights[order] = own
    start = head.vertices + np.tensordot(weights.astype(np.float32), head.deltas, 1)
    head_points = landmarks_on(start).astype(float)
    pose = _pose(head_points, points[:FACE])
    member = _family_offsets(head, points[:FACE], head_points, pose)
    seen = pose.with_pose((head_points + landmarks_on(member)) * PICTURE_AXES)
    goals = points[:FACE].copy()
    # The tracker's depth has another middle than the head's.
    depth = goals[:, 2] - goals[NOSE_TIP, 2] + seen[NOSE_TIP, 2]
    goals[:, 2] = DEPTH_TRUST * depth + (1 - DEPTH_TRUST) * seen[:, 2]
    warp = SpaceWarp(head_points, goals, SMOOTHING)
    face = FittedFace(head, points, pose, warp, own, faces, scores)
    return replace(face, head=_pursed(face))


@lru_cache(maxsize=1)
def photo_head() -> Head:
    """The default head with a pucker that is seen from the front: the head's brings the lips forward by 6 mm and makes
    the mouth narrower by a sixth, of which a picture shows the sixth alone; people's is narrower by over a third. With
    a smile that draws the cheeks aside and not up to the eyes. And with a lower lip that is round in its middle when
    the jaw is open."""
    head = smiling(puckering(load_head()))
    deltas = head.deltas.copy()
    less = 1 - BLUNTER * np.exp(-((head.vertices[:, 0] / MIDDLE) ** 2))
    deltas[head.channels.index("jawOpen"), :, 1] *= less.astype(deltas.dtype)
    return replace(head, deltas=deltas)


def puckering(head: Head, times: float = PUCKER) -> Head:
    """A head whose mouthPucker narrows the lips more, as people's does, and leaves the nose; see `photo_head`."""
    deltas = head.deltas.copy()
    away = KDTree(head.vertices[np.unique(head.inner_lips)]).query(head.vertices)[0]
    narrower = 1 + (times - 1) * np.exp(-((away / PUCKER_REACH) ** 2))
    deltas[head.channels.index("mouthPucker"), :, 0] *= narrower.astype(deltas.dtype)
    return replace(head, deltas=deltas)


def smiling(head: Head) -> Head:
    """A head whose mouthSmile and mouthUpperUp lift the cheeks and the nose as little as people's do: folds that are
    lifted with them run level."""
    deltas = head.deltas.copy()
    away = KDTree(head.vertices[np.unique(head.inner_lips)]).query(head.vertices)[0]
    raised = RAISE_BEYOND + (1 - RAISE_BEYOND) * np.exp(-((away / RAISE_REACH) ** 2))
    for side in ("Left", "Right"):
        deltas[head.channels.index(f"mouthSmile{side}"), :, 1] *= SMILE_RISE
        deltas[head.channels.index(f"mouthUpperUp{side}"), :, 1] *= raised.astype(deltas.dtype)
    return replace(head, deltas=deltas)


def _pursed(face: FittedFace) -> Head:
    """The face's head with a pucker that brings wide lips together as far as it does others."""
    inner = np.unique(face.head.inner_lips)
    ends = inner[[face.head.vertices[inner, 0].argmin(), face.head.vertices[inner, 0].argmax()]]
    weights = np.zeros(len(face.own), np.float32)
    apart = face.vertices(weights, ends)
    weights[face.head.channels.index("mouthPucker")] = 1
    pursed = face.vertices(weights, ends)
    wide, narrow = (float(np.linalg.norm(each[0] - each[1])) for each in (apart, pursed))
    times = (wide - PURSED * face.eye_distance) / max(wide - narrow, 1e-6)
    return puckering(face.head, min(times, MOST_PURSED)) if times > 1 else face.head


@lru_cache(maxsize=1)
def shut_head() -> Head:
    """The head of photos with open mouths or a smile: its lips meet at rest. Those of the default head are 1.3 mm
    apart, through which teeth of an open photo would be seen, and the inside of lips that leave a smile to be pursed; a
    calm photo with closed lips brings them together itself."""
    head = photo_head()
    vertices = head.vertices.astype(float)
    upper, lower = (np.unique(side) for side in head.inner_lips.T)
    ends = np.intersect1d(upper, lower)
    upper, lower = np.setdiff1d(upper, ends), np.setdiff1d(lower, ends)
    across = np.linspace(vertices[lower, 0].min(), vertices[lower, 0].max(), 60)
    heights = [np.interp(across, *_by_x(vertices[side])) for side in (upper, lower)]
    meeting = np.mean(heights, 0)
    rim = np.r_[upper, lower]
    moves = np.interp(vertices[rim, 0], across, meeting) - vertices[rim, 1]
    near, which = KDTree(vertices[rim]).query(vertices)
    vertices[:, 1] += moves[which] * np.exp(-((near / LIP_REACH) ** 2))
    return replace(head, vertices=vertices.astype(np.float32))


def _by_x(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(places[:, 0])
    return places[order, 0], places[order, 1]


def relative_gap(points: np.ndarray) -> float:
    """The lips' distance in parts of that of the eyes."""
    eyes = np.linalg.norm(points[OUTER_EYE_CORNERS[0]] - points[OUTER_EYE_CORNERS[1]])
    return float(np.linalg.norm(points[UPPER_LIP, :2] - points[LOWER_LIP, :2]) / eyes)


def own_channels(head: Head, scores: dict[str, float], gap: float) -> np.ndarray:
    """(52,) what the photo's face does: an open mouth and a smile. All else is taken for the face's own shape."""
    own = np.zeros(len(ARKIT))
    low, high = SMILE
    for side in ("Left", "Right"):
        name = f"mouthSmile{side}"
        own[INDEX[name]] = np.clip((scores.get(name, 0.0) - low) / (high - low), 0, 1)
    if gap > OPEN_GAP:
        marks = head.vertices[head.landmarks[[36, 45]]]
        wanted = gap * float(np.linalg.norm(marks[0] - marks[1]))

        def excess(jaw: float) -> float:
            row = np.zeros((1, len(ARKIT)), np.float32)
            row[0] = own
            row[0, INDEX["jawOpen"]] = jaw
            return float(head.lip_aperture(row, ARKIT)[0]) - wanted

        if excess(0.0) < 0:
            own[INDEX["jawOpen"]] = 1.0 if excess(1.0) <= 0 else brentq(excess, 0.0, 1.0, xtol=1e-3)
    return own


def _pose(head_points: np.ndarray, points: np.ndarray) -> HeadPose:
    """The pose whose scale is in pixels a metre: the tracker's depth says how the head is turned."""
    still = STILL_POINTS
    flat = head_points[still] * PICTURE_AXES
    seen = points[still]
    a, b = flat - flat.mean(0), seen - seen.mean(0)
    u, singular, vt = np.linalg.svd(b.T @ a)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    turn = (u * signs) @ vt
    turn = turn @ _nod(-NODS)
    # The scale by what the picture shows; depth is the network's guess.
    turned = a @ turn.T
    scale = float((turned[:, :2] * b[:, :2]).sum() / (turned[:, :2] ** 2).sum())
    shift = seen.mean(0) - scale * turn @ flat.mean(0)
    return HeadPose(turn, np.array(scale), shift)


def _nod(angle: float) -> np.ndarray:
    """(3, 3) in the picture's axes: the head nods by `angle` radians."""
    return PICTURE_AXES[:, None] * rotation_matrix(np.array([angle, 0.0, 0.0])) * PICTURE_AXES


def _family_offsets(head: Head, points: np.ndarray, head_points: np.ndarray, pose: HeadPose) -> np.ndarray:
    """(V, 3) metres: the member of the family of heads (the twelve identities, about the default) that is nearest to
    the landmarks; its depth is what a picture does not tell."""
    offsets = face_offsets()
    seen = pose.without_pose(points) * PICTURE_AXES - head_points  # metres
    basis = np.stack([landmarks_on(each) for each in offsets])
    flat = basis[..., :2].reshape(len(basis), -1)
    system = flat @ flat.T
    ridge = FAMILY_RIDGE * np.trace(system) / len(system)
    shares = np.linalg.solve(system + ridge * np.eye(len(system)), flat @ seen[:, :2].ravel())
    return np.tensordot(shares, offsets, 1)


# What expressions move least: forehead, temples, the bridge and wings of the nose, corners of the eyes, cheek bones.
STILL_POINTS = np.array([
    10, 338, 297, 332, 284, 251, 389, 356, 454, 127, 162, 21, 54, 103, 67, 109, 234, 6, 168, 197, 195, 5, 4, 33, 133,
    362, 263, 98, 327, 2, 9, 8, 151, 116, 345, 117, 346, 93, 323, 132, 361,
])  # fmt: skip


def _nobody(name: str, choice: FaceChoice, most: int, shape: tuple[int, ...]) -> str:
    if most == 0:
        return (
            f"No face was found in {name!r} ({shape[1]}x{shape[0]} pixels). It should be a tenth of the picture high "
            "at least, and be seen from the front or half from the side; an animal's face is not found."
        )
    if choice.by_size:
        return (
            f"A face was found in {name!r} whose features cannot be made out: it is covered, or seen from the side. "
            "Use a photo from the front, or turned by at most 48 degrees."
        )
    if choice.at is not None:
        return f"No face was found at {choice.at[0]:g},{choice.at[1]:g} in {name!r}; it has {most} elsewhere."
    return f"{choice} was asked for, and {name!r} has {most}; the largest is face 1."
