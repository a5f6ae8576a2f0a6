# SPDX-License-Identifier: GPL-3.0-or-later
"""How good the pixels of a portrait are: the first picture of a clip, moved by the tracked landmarks of each other one,
beside the clip itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import binary_dilation, gaussian_filter

from mien.engines.personatalk.raster import rasterise
from mien.evaluation import EvaluationError
from mien.evaluation.films.dub_pixels import lip_box, structural_similarity
from mien.face_tracking.landmark_indices import OUTER_EYE_CORNERS
from mien.face_tracking.likeness import describe, difference
from mien.face_tracking.tracker import track_face
from mien.photo.animator import Animator
from mien.photo.fit import STILL_POINTS, fit_points
from mien.photo.matte import oval_mask
from mien.photo.reenactment import Reenactment
from mien.photo.refinement.network import RefinementNetwork
from mien.photo.refinement.refiner import Refiner
from mien.video.footage import Footage

EDGE = 2  # pixels
FINE = 0.012  # eye distances
WAYS = ("aligned copy", "warp alone", "portrait")
REFINED = "refined"  # a way more, where a network refines the portrait

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class PixelResult:
    """Of one way to make the pictures: PSNR in dB and SSIM of the face, PSNR of the mouth; likeness: the difference of
    `face_tracking.likeness` to the first picture over that of the true pictures; flicker: mean change between pictures
    in the face over the true one; texture: what is finer than .012 eye distances there, likewise; folded: share of the
    face's pixels that show skin turned over; outside: the largest change of a pixel that is not the person's, in
    255ths."""

    way: str
    pictures: int
    face_psnr: float
    face_ssim: float
    mouth_psnr: float
    likeness: float
    flicker: float
    texture: float
    folded: float
    outside: int


def evaluate(
    footage: Footage, step: int, progress: Progress, network: RefinementNetwork | None = None
) -> list[PixelResult]:
    """One result for each of WAYS, over every `step`-th picture and the one after it, and one for REFINED where there
    is a network of `photo/refinement`. EvaluationError for a film
    without two pictures of a face; TrackingError, VideoError, PortraitError."""
    track = track_face(footage, progress=lambda done, stage: progress(0.3 * done, stage))
    frames = np.flatnonzero(track.tracked)
    if len(frames) < 3:
        raise EvaluationError(f"{footage.name!r} has {len(frames)} pictures with a face; three are needed.")
    first = int(frames[0])
    wanted = {int(i) for i in frames[1:] if (i - first) % step in (0, 1)}
    scores = dict(zip(track.channels, map(float, track.scores[first]), strict=True))
    ways = WAYS if network is None else (*WAYS, REFINED)
    sums: dict[str, list[tuple[float, ...]]] = {way: [] for way in ways}
    last: dict[str, tuple[int, np.ndarray]] = {}
    changes: dict[str, list[float]] = {way: [] for way in (*ways, "true")}
    animator = moved = refiner = None
    outside, folds = 0, []
    look = np.zeros(0)
    for number, picture in enumerate(footage.pictures()):
        if number == first:
            face = fit_points(track.points[first].astype(float), scores)
            animator = Animator(picture.pixels, face=face)
            moved = Reenactment(animator)
            refiner = None if network is None else Refiner(animator, network)
            start = picture.pixels
            look = describe(start, track.points[first])
        if animator is None or moved is None or number not in wanted:
            continue
        points, true = track.points[number].astype(float), picture.pixels
        made = {
            "aligned copy": _aligned(start, track.points[first], points),
            "warp alone": moved.picture(points, bare=True),
            "portrait": moved.picture(points),
        }
        if refiner is not None:
            animator.refine = refiner
            made[REFINED] = moved.picture(points)
            animator.refine = None
        eyes = float(np.linalg.norm(points[OUTER_EYE_CORNERS[0]] - points[OUTER_EYE_CORNERS[1]]))
        oval = oval_mask(points, true.shape[:2]) > 0.5
        x0, y0, x1, y1 = lip_box(points, eyes, true.shape)
        for way, drawn in made.items():
            sums[way].append(
                (
                    psnr(drawn[oval], true[oval]),
                    similarity(drawn, true, oval),
                    psnr(drawn[y0:y1, x0:x1], true[y0:y1, x0:x1]),
                    difference(describe(drawn, points), look),
                    difference(describe(true, points), look),
                    fineness(drawn, oval, FINE * eyes),
                    fineness(true, oval, FINE * eyes),
                )
            )
        for way, drawn in (*made.items(), ("true", true)):
            if way in last and last[way][0] == number - 1:
                changes[way].append(float(np.abs(drawn[oval].astype(int) - last[way][1][oval]).mean()))
            last[way] = (number, drawn)
        places, turn, shift, _ = moved.places(points)
        folds.append(folded_share(animator, (places - animator.pivot) @ turn.T + animator.pivot + shift))
        outside = max(outside, *(_outside(animator, drawn) for way, drawn in made.items() if way not in WAYS[:2]))
        progress(0.3 + 0.7 * number / track.frames, "re-enactment")
    if animator is not None:
        animator.close()
    return [_result(way, sums[way], changes, float(np.mean(folds)), outside) for way in ways]


def folded_share(animator: Animator, places: np.ndarray) -> float:
    """The share of the pixels that the face covers at places (V, 3) whose nearest triangle faced the camera in the
    photo and is turned over now (Jacobian <= 0). What a turned head hides behind itself is turned over, too, and not
    seen: it does not count."""
    triangles, rest = animator.mesh.triangles, animator.mesh.rest
    turned_over = (_areas(rest, triangles) > 0) & (_areas(places, triangles) <= 0)
    low = np.floor(places[:, :2].min(0))
    width, height = (np.ceil(places[:, :2].max(0)) - low + 1).astype(int)
    nearest = rasterise(places[:, :2] - low, triangles, (height, width), places[:, 2]).triangle
    return float(turned_over[nearest[nearest >= 0]].mean())


def _areas(places: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(T,) signed, positive for those that face the camera: the head's triangles turn the other way in a picture."""
    a, b, c = (places[triangles[:, i], :2].astype(float) for i in range(3))
    return -0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])


def _result(
    way: str, rows: list[tuple[float, ...]], changes: dict[str, list[float]], folded: float, outside: int
) -> PixelResult:
    face, ssim, mouth, likeness, true_likeness, fine, true_fine = np.array(rows).mean(0)
    portrait = way not in WAYS[:2]
    return PixelResult(
        way=way,
        pictures=len(rows),
        face_psnr=float(face),
        face_ssim=float(ssim),
        mouth_psnr=float(mouth),
        likeness=float(likeness / max(true_likeness, 1e-9)),
        flicker=float(np.mean(changes[way]) / max(np.mean(changes["true"]), 1e-9)) if changes["true"] else float("nan"),
        texture=float(fine / max(true_fine, 1e-9)),
        folded=folded if portrait else 0.0,
        outside=outside if portrait else 0,
    )


def fineness(picture: np.ndarray, mask: np.ndarray, sigma: float) -> float:
    """The spread of what is finer than `sigma` pixels in picture (H, W, 3) uint8 within a mask (H, W) bool."""
    grey = picture.astype(float).mean(2)
    return float((grey - gaussian_filter(grey, sigma))[mask].std())


def _aligned(start: np.ndarray, points: np.ndarray, goals: np.ndarray) -> np.ndarray:
    """The first picture moved, turned and scaled, so that its still landmarks lie over the goals."""
    a, b = points[STILL_POINTS, :2].astype(float), goals[STILL_POINTS, :2]
    one, other = a - a.mean(0), b - b.mean(0)
    u, singular, vt = np.linalg.svd(one.T @ other)
    turn = u @ np.diag([1, np.sign(np.linalg.det(u @ vt))]) @ vt  # goals to the picture: row vectors
    scale = singular.sum() / (other**2).sum()
    matrix = scale * turn
    shift = a.mean(0) - matrix @ b.mean(0)
    coefficients = (*matrix[0], shift[0], *matrix[1], shift[1])
    image = Image.fromarray(start)
    return np.asarray(image.transform(image.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BICUBIC))


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """dB."""
    error = float(((one.astype(float) - other) ** 2).mean())
    return float(10 * np.log10(255**2 / max(error, 1e-6)))


def similarity(one: np.ndarray, other: np.ndarray, mask: np.ndarray) -> float:
    """SSIM over the box around a mask (H, W) bool."""
    rows, columns = np.nonzero(mask)
    box = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    return structural_similarity(one[box].astype(float).mean(2), other[box].astype(float).mean(2))


def _outside(animator: Animator, drawn: np.ndarray) -> int:
    """The largest change of a pixel where the person neither is nor was."""
    if not animator.cut_out:
        return 0
    # At its very edge the person covers less than one 255th, which its alpha does not say.
    outside = animator.nobody & ~np.asarray(binary_dilation(animator.covered(), iterations=EDGE), bool)
    changed = np.abs(drawn[outside].astype(int) - animator.pixels[outside])
    return int(changed.max()) if changed.size else 0


HEAD = ("pictures", "way", "face dB", "SSIM", "mouth dB", "likeness", "flicker", "texture", "folded", "outside")


def cells(results: list[PixelResult]) -> list[tuple[str, ...]]:
    """Rows of the table."""
    return [
        (
            str(r.pictures), r.way, f"{r.face_psnr:.2f}", f"{r.face_ssim:.3f}", f"{r.mouth_psnr:.2f}",
            f"{r.likeness:.2f}", f"{r.flicker:.2f}", f"{r.texture:.2f}", f"{100 * r.folded:.3f} %", str(r.outside),
        )
        for r in results
    ]  # fmt: skip
