# SPDX-License-Identifier: GPL-3.0-or-later
"""What a refinement gains on drawn heads of identities that it was not trained on, whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from mien.evaluation.films.portrait import fineness, psnr, similarity
from mien.face_tracking.bundle import load_bundle
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.follower import FaceFollower
from mien.face_tracking.likeness import describe, difference
from mien.photo.refinement.crop import SIDE
from mien.photo.refinement.network import RefinementNetwork
from mien.training.refinement.dataset import collate, example
from mien.training.refinement.pairs import Pairs, read

WAYS = ("warp and layers", "refined")
INSIDE = 128  # 255ths of an area's mask, from which a pixel is of it
FEW = 40  # pixels: a smaller mouth is shut and not measured
FINE = 1.0  # pixels
LOOK_EVERY, LOOK_SIZE = 8, 2 * SIDE  # pairs between two whose likeness is measured; pixels that they are enlarged to


@dataclass(frozen=True)
class HeadResult:
    """Means over pairs of one way to make them and one way to move them: PSNR in dB and SSIM of the face and within the
    lips; texture: what is finer than a pixel of the square in the face over the true one; flicker: mean change between
    successive pictures there, likewise; likeness: the difference to the truth (about 1 is the most within a clip of one
    person)."""

    way: str
    moved_by: str
    pairs: int
    face_psnr: float
    face_ssim: float
    mouth_psnr: float
    texture: float
    flicker: float
    likeness: float


def evaluate(folder: Path, network: RefinementNetwork) -> list[HeadResult]:
    """Of the pairs that `mien train refinement` holds out in `folder`: both WAYS, moved by landmarks and channels."""
    photos = [read(path) for path in sorted((folder / "unknown").glob("photo_*.npz"))]
    out = []
    for tracked, moved_by in ((True, "landmarks"), (False, "channels")):
        rows: dict[str, list[tuple[float, ...]]] = {way: [] for way in WAYS}
        changes: dict[str, list[tuple[float, ...]]] = {way: [] for way in WAYS}
        looks: dict[str, list[float]] = {way: [] for way in WAYS}
        for pairs in photos:
            last: dict[str, np.ndarray] = {}
            for made, truth, area in _pictures(pairs, tracked, network):
                face, mouth = area[0] >= INSIDE, area[1] >= INSIDE
                for way, drawn in made.items():
                    rows[way].append(_row(drawn, truth, face, mouth))
                    if last:
                        steps = (np.abs(now.astype(int) - last[name])[face].mean()
                                 for name, now in ((way, drawn), ("truth", truth)))  # fmt: skip
                        changes[way].append(tuple(map(float, steps)))
                if len(rows[WAYS[0]]) % LOOK_EVERY == 0:
                    for way, look in _looks({**made, "truth": truth}).items():
                        looks[way].append(look)
                last = {**made, "truth": truth}
        out += [_result(way, moved_by, rows[way], changes[way], looks[way]) for way in WAYS]
    return out


def _pictures(
    pairs: Pairs, tracked: bool, network: RefinementNetwork
) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]]:
    """The picture of each way, its truth and the areas, in order."""
    for number in np.flatnonzero(pairs.tracked == tracked):
        moved, photo, _, areas, condition, activity, _ = collate([example(pairs, int(number))])
        with torch.inference_mode():
            refined = moved + network(moved, photo, areas, condition, activity)
        pixels = np.rint(255 * refined[0].clamp(0, 1).movedim(0, -1).numpy()).astype(np.uint8)
        yield dict(zip(WAYS, (pairs.warped[number], pixels), strict=True)), pairs.truth[number], pairs.area[number]


def _row(drawn: np.ndarray, truth: np.ndarray, face: np.ndarray, mouth: np.ndarray) -> tuple[float, ...]:
    return (
        psnr(drawn[face], truth[face]),
        similarity(drawn, truth, face),
        psnr(drawn[mouth], truth[mouth]) if mouth.sum() > FEW else np.nan,
        fineness(drawn, face, FINE),
        fineness(truth, face, FINE),
    )


def _looks(pictures: dict[str, np.ndarray]) -> dict[str, float]:
    """The difference to the truth by way; nothing where a face is not found."""
    found = {}
    for name, picture in pictures.items():
        large = np.array(Image.fromarray(picture).resize((LOOK_SIZE, LOOK_SIZE), Image.Resampling.BICUBIC))
        face = FaceFollower(load_bundle(), FaceChoice())(large, True)
        if face is None:
            return {}
        found[name] = describe(large, face[0])
    return {way: difference(found[way], found["truth"]) for way in WAYS}


def _result(
    way: str, moved_by: str, rows: list[tuple[float, ...]], changes: list[tuple[float, ...]], looks: list[float]
) -> HeadResult:
    face, ssim, mouth, fine, true_fine = np.nanmean(rows, 0)
    change, true_change = np.mean(changes, 0)
    return HeadResult(
        way=way,
        moved_by=moved_by,
        pairs=len(rows),
        face_psnr=float(face),
        face_ssim=float(ssim),
        mouth_psnr=float(mouth),
        texture=float(fine / true_fine),
        flicker=float(change / true_change),
        likeness=float(np.mean(looks)) if looks else float("nan"),
    )


HEAD = ("moved by", "pairs", "way", "face dB", "SSIM", "inside of the lips dB", "texture", "flicker", "likeness")


def cells(results: list[HeadResult]) -> list[tuple[str, ...]]:
    """Rows of the table."""
    return [
        (
            r.moved_by, str(r.pairs), r.way, f"{r.face_psnr:.2f}", f"{r.face_ssim:.3f}", f"{r.mouth_psnr:.2f}",
            f"{r.texture:.2f}", f"{r.flicker:.2f}", f"{r.likeness:.2f}",
        )
        for r in results
    ]  # fmt: skip
