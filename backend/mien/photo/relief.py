# SPDX-License-Identifier: GPL-3.0-or-later
"""How deep the person in a photo is: face, ears, jaw and neck of the fitted head, and the hair about it."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial import KDTree

from mien.engines.personatalk.raster import rasterise
from mien.face_tracking.head_pose import PICTURE_AXES
from mien.face_tracking.landmark_indices import CHIN, FACE_OVAL
from mien.numeric.smoothstep import smoothstep
from mien.photo.fit import FittedFace
from mien.photo.head_landmarks import landmarks_on, skin_triangles

UNIT = 0.025  # of the eye distance: a sample of the depth
SOFT = (0.03, 0.35)  # of the eye distance over which the depth is softened on the head and beside it
BESIDE = 0.15  # of the eye distance from the head's outline to where it is soft
EDGE = 0.2  # of the eye distance beyond the face's oval over which the depth steps back, as from the jaw to the neck
LOBES = (132, 361)  # landmarks of the jaw at the lobes of the ears
EAR_TOPS = (162, 389)  # at the height of the brows
FOREHEAD = 10  # at the top of the face's oval
NECK_WEIGHTS = (0.2, 0.8)  # of the turn, which the middle of the neck takes
HANGING, ROUND = 0.5, (0.9, 1.3)  # of the neck's radius: behind its axis, and from it, is the hair beside it
HOLE = 0.25  # eye distances behind the nearest landmark: skin seen through the eyes or the mouth
ROOM = 8  # samples around the head


def depth_at(face: FittedFace, places: np.ndarray) -> np.ndarray:
    """(N,) pixels away from the camera at places (N, 2) of the photo: of the fitted head's nearest skin there, and
    beside the head of its outline, which hair goes on from."""
    eyes = face.eye_distance
    vertices = face.vertices(face.own_weights).astype(float)
    unit = max(UNIT * eyes, 0.25)
    triangles = skin_triangles(face.head)
    used = np.unique(triangles)
    low = vertices[used, :2].min(0) - ROOM * unit
    width, height = (int(side) for side in np.ceil((vertices[used, :2].max(0) - low) / unit) + ROOM)
    over = rasterise((vertices[:, :2] - low) / unit, triangles, (height, width), vertices[:, 2])
    away, nearest = distance_transform_edt(over.triangle < 0, return_indices=True)  # pyright: ignore[reportGeneralTypeIssues]
    nearest_skin = over.interpolate(triangles, vertices[:, 2:])[..., 0][tuple(nearest)]
    oval = Image.new("1", (width, height))
    ImageDraw.Draw(oval).polygon(
        [tuple(map(float, p)) for p in (face.points[list(FACE_OVAL), :2] - low) / unit], fill=1
    )
    inside = np.asarray(oval)
    near = gaussian_filter(nearest_skin, SOFT[0] * eyes / unit)
    # Beside the head only its outline counts: the face would draw ears and hair forward.
    beside = gaussian_filter((away > 0).astype(float), SOFT[1] * eyes / unit)
    far = gaussian_filter(nearest_skin * (away > 0), SOFT[1] * eyes / unit) / np.maximum(beside, 1e-6)
    y, x = np.indices(far.shape)
    sampled = np.stack([x, y], -1).reshape(-1, 2) * unit + low
    # From the tops of the ears to their lobes, hair beside the head comes to hang behind the neck.
    tops = float(below_lobes(face, face.points[list(EAR_TOPS), :2]).mean())
    hanging = smoothstep(below_lobes(face, sampled), tops, 0).reshape(far.shape)
    far += hanging * (neck_depth(face, sampled).reshape(far.shape) - far)
    depth = near + np.clip(away * unit / (BESIDE * eyes), 0, 1) * (far - near)
    outside, nearest = distance_transform_edt(~inside, return_indices=True)  # pyright: ignore[reportGeneralTypeIssues]
    skin = _without_holes(face, vertices, nearest_skin, low, unit)[tuple(nearest)]
    rim = gaussian_filter(skin, SOFT[0] * eyes / unit)
    depth = rim + smoothstep(outside * unit, 0, EDGE * eyes) * (depth - rim)
    columns, rows = np.clip(np.rint((places - low) / unit).astype(int), 0, [width - 1, height - 1]).T
    return depth[rows, columns]


def neck_depth(face: FittedFace, places: np.ndarray, hair: np.ndarray | float = 1.0) -> np.ndarray:
    """(N,) pixels away from the camera at places (N, 2) of the photo: of the neck's front as of a cylinder, and of the
    hair beside it, which hangs from behind the ears and so behind its axis."""
    axis, _, back = neck_of(face)
    down = face.pose.turn[:2, 1] / max(float(np.linalg.norm(face.pose.turn[:2, 1])), 1e-6)
    aside = np.abs((places - axis[:2]) @ np.array([down[1], -down[0]])) / back
    hanging = hair * HANGING * back * smoothstep(aside, *ROUND)
    return axis[2] - back * np.sqrt(np.clip(1 - aside**2, 0, 1)) + hanging


def neck_of(face: FittedFace) -> tuple[np.ndarray, float, float]:
    """Of the fitted head's neck: (3,) pixels of its joint, half its width, and from the joint to its back."""
    head, scale = face.head, float(face.pose.scale)
    low, high = NECK_WEIGHTS
    neck = head.vertices[(head.neck_weights > low) & (head.neck_weights < high)]
    back = float(head.joint("neck")[2] - neck[:, 2].min())
    joint = face.pose.with_pose((head.joint("neck") * PICTURE_AXES)[None])[0]
    return joint, scale * float(np.ptp(neck[:, 0])) / 2, scale * back


def axes_of(face: FittedFace) -> tuple[np.ndarray, np.ndarray]:
    """(2,) unit vectors in the picture: from the forehead to the chin, and across the face."""
    down = face.points[CHIN, :2] - face.points[FOREHEAD, :2]
    down = down / float(np.linalg.norm(down))
    return down, np.array([down[1], -down[0]])


def below_lobes(face: FittedFace, places: np.ndarray) -> np.ndarray:
    """(N,) how far places (N, 2) pixels are below the lobes of the ears, of the face's height."""
    tall = float(np.linalg.norm(face.points[CHIN, :2] - face.points[FOREHEAD, :2]))
    down, across = axes_of(face)
    lobes = face.points[list(LOBES), :2]
    lobes = lobes[np.argsort(lobes @ across)]
    return (places @ down - np.interp(places @ across, lobes @ across, lobes @ down)) / tall


def _without_holes(
    face: FittedFace, vertices: np.ndarray, depth: np.ndarray, low: np.ndarray, unit: float
) -> np.ndarray:
    """depth (h, w) with that of the landmarks where it is far behind the nearest one."""
    landmarks = landmarks_on(vertices)
    y, x = np.indices(depth.shape)
    distance, near = KDTree(landmarks[:, :2]).query(np.stack([x, y], -1) * unit + low, k=4)
    weights = 1 / np.maximum(distance, unit) ** 2
    skin = (landmarks[near, 2] * weights).sum(-1) / weights.sum(-1)
    return np.where(depth > skin + HOLE * face.eye_distance, skin, depth)
