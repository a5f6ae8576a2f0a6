# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture with another mouth: the low band from Lip- and Face-Attention over all references, teeth and fine texture
of the lips from the few nearest ones warped to the target geometry, skin and its grain from the very picture."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor

from mien.engines.personatalk.appearance import Appearance
from mien.engines.personatalk.covered import CoverTest
from mien.engines.personatalk.face_shapes import FaceShapes
from mien.engines.personatalk.mouth_space import MouthSpace
from mien.engines.personatalk.references.bank import FINE, FlatPicture, flattened
from mien.engines.personatalk.template import OUTSIDE, SKIN_CORE
from mien.engines.personatalk.warp import blurred, sample
from mien.numeric.smoothstep import smoothstep

LIGHT = 25.0  # samples over which the light of what is seen is carried to what is not
TEETH = 12.0  # samples: what is coarser is of the mean between the lips, too, so that they keep its light
TEETH_SHARE = 0.5  # of the nearest references between the lips; the mean has the rest
# What several pictures wipe out of each other's fine texture is made up for: a little more than it lacks, as the coarse
# mean lacks some of what is nearly fine as well, and never more than MOST_CONTRAST times
MADE_UP, MOST_CONTRAST = 1.3, 2.5
COARSE = 4  # by which wide blurs are made at a smaller size
FAR, FARTHER = 1e-2, 1e-5  # weights of a three times wider blur, and of the mean, where nothing is near
SOFT_EDGE = 0.7  # pixels: the sigma of an edge before what it hides, and of lips that meet
LIP_EDGE = 6  # samples around the lips that are no skin yet
# Samples from the face's edge over which what geometry says of its light begins to count: what lies beyond the jaw,
# hair and background, goes its own way in every picture.
INWARD = 18.0


class Renderer:
    """Pictures of one bank of references with other mouths."""

    def __init__(
        self, shapes: FaceShapes, space: MouthSpace, appearance: Appearance, cover: CoverTest | None = None
    ) -> None:
        self._shapes, self._space, self._appearance, self._cover = shapes, space, appearance, cover
        self._bank = appearance.bank
        template = self.template = self._bank.template
        covered = template.coverage.triangle >= 0
        inner_face = np.asarray(ndimage.binary_erosion(template.face, iterations=SKIN_CORE), bool)
        background = ~np.asarray(ndimage.binary_dilation(template.face, iterations=OUTSIDE), bool)
        lips = np.asarray(ndimage.binary_dilation(template.lips[0].numpy() > 0.02, iterations=LIP_EDGE), bool)
        self._face = torch.from_numpy(template.face.astype(np.float32))
        self._seen = {}
        for hidden in (False, True):
            seen = covered & ((template.hidden <= 0) if hidden else ~lips)
            parts = [_Light(seen & part) for part in (inner_face, background)]
            self._seen[hidden] = torch.from_numpy(seen.astype(np.float32)), parts
        soft = ndimage.gaussian_filter(lips.astype(np.float32), LIP_EDGE / 2)
        self._lips_and_edge = torch.from_numpy(soft)[None]
        inward = (np.asarray(ndimage.distance_transform_edt(template.face)) / INWARD).astype(np.float32)
        self._changes = torch.from_numpy(np.maximum(smoothstep(inward), soft))[None]
        self._masks = {name: torch.from_numpy(getattr(template, name))[None] for name in ("hidden", "dubbed")}

    def render(
        self, pixels: np.ndarray, frame: int, shape: np.ndarray, references: Mapping[int, float], hidden: bool = False,
        own: FlatPicture | None = None,
    ) -> np.ndarray:  # fmt: skip
        """The picture (H, W, 3) uint8 of a frame, its face with the shape (468, 3), teeth and fine texture from
        references of the bank, by their shares. hidden: nothing of the picture within the template's `hidden` mask is
        looked at, as for measuring; else its skin is used. Outside of the mask all pixels stay. own: the picture laid
        `flat`, where that is known."""
        template, space = self.template, self._space
        own_shape = self._shapes.shapes[frame]
        own_mesh, mesh = (self._shapes.vertices(frame, each) for each in (own_shape, template.moved(own_shape, shape)))
        window = template.window(mesh, "hidden" if hidden else "dubbed", pixels.shape)
        if window is None:
            return pixels
        scale = float(self._shapes.pose.scale[frame])
        own = own or self.flat(pixels, frame)
        ring = self._bank.ring(own.texture.flatten()[None])[0]
        turn = self._shapes.turn[frame]
        turns, rings = np.tile(turn, (2, 1)), np.tile(ring, (2, 1))
        geometries = space.coefficients(np.stack([own_shape, shape]))
        if hidden:
            was = texture = self._appearance.textures(geometries[1:], turns[1:], rings[1:])[0]
        else:
            was, texture = self._appearance.textures(geometries, turns, rings)
            texture = was + self._changes * (texture - was)
        low = texture + self.light(own.texture - was, hidden)
        teeth = torch.zeros_like(low)
        for each, share in references.items():
            teeth.add_(self._bank.pictures[each].texture, alpha=share)
        low = low + TEETH_SHARE * template.teeth * (teeth + _coarse_blur(low - teeth, {TEETH: 1.0}) - low)

        under, covered, folded = template.under(mesh, window)
        lips = sample(self._lips_and_edge, under)
        if hidden:
            fine = self._shared_fine(references, under, lips, scale)
        else:
            places = torch.from_numpy((template.places(own_mesh) - own.corner).transpose(2, 0, 1)).float()
            warped = sample(own.crop.float(), sample(places, under).permute(1, 2, 0), cubic=True)
            fine = warped - self._smooth(warped, under, folded, lips, FINE * scale)
            if (lips > 0).any():
                box = _around(lips[0] > 0, math.ceil(3 * FINE * scale))
                there = fine[:, *box]
                there += lips[:, *box] * (self._shared_fine(references, under[box], lips[:, *box], scale) - there)
        made = sample(low, under) + fine
        if folded.any():  # places jump there from one pixel to the next: a stair, which no camera shows
            edge = torch.from_numpy(folded)
            box = _around(edge, math.ceil(3 * SOFT_EDGE))
            made[:, *box] = torch.where(edge[box], blurred(made[:, *box], SOFT_EDGE), made[:, *box])
        return self.paste(pixels, window, made, under, covered, hidden, folded)

    def flat(self, pixels: np.ndarray, frame: int) -> FlatPicture:
        """The picture (H, W, 3) uint8 of a frame over the template."""
        mesh, scale = self._shapes.vertices(frame), float(self._shapes.pose.scale[frame])
        return flattened(pixels, mesh, scale, self.template)

    def unlike(self, own: FlatPicture) -> float:
        """How unlike the speaker a picture that was laid flat is, as CoverTest has it."""
        return 0.0 if self._cover is None else self._cover(own.texture)

    def paste(
        self, pixels: np.ndarray, window: tuple[int, int, int, int], made: Tensor, under: Tensor, covered: np.ndarray,
        hidden: bool, folded: np.ndarray | None = None,
    ) -> np.ndarray:  # fmt: skip
        """The picture (H, W, 3) with `made` (3, h, w) in its window, faded by the mask at the template's places `under`
        (h, w, 2) where the mesh is (`covered`). folded (h, w) bool: where the mask may end from one pixel to the next,
        which is softened on its inner side."""
        share = sample(self._masks["hidden" if hidden else "dubbed"], under)[0].numpy()[..., None] * covered[..., None]
        if folded is not None and folded.any():
            soft = blurred(torch.from_numpy(share.transpose(2, 0, 1)), SOFT_EDGE).numpy().transpose(1, 2, 0)
            share = np.where(folded[..., None], np.clip(2 * soft - share, 0, share), share)
        x0, y0, x1, y1 = window
        result = pixels.copy()
        old = pixels[y0:y1, x0:x1]
        new = made.permute(1, 2, 0).numpy()
        mixed = np.clip(np.rint(old + share * (new - old)), 0, 255).astype(np.uint8)
        result[y0:y1, x0:x1] = np.where(share > 0, mixed, old)
        return result

    def light(self, difference: Tensor, hidden: bool) -> Tensor:
        """The difference (3, H, W) between the picture and what was expected, where it is seen, and carried on from
        there: within the face from the face, beside it from beside it."""
        seen, (inside, outside) = self._seen[hidden]
        carried = outside(difference) + self._face * (inside(difference) - outside(difference))
        return carried + seen * (difference - carried)

    def _shared_fine(self, references: Mapping[int, float], under: Tensor, lips: Tensor, scale: float) -> Tensor:
        """(3, h, w) at places `under` (h, w, 2): the mean of the references' fine texture, with some more than the
        contrast that each of them has on the lips (1, h, w)."""
        warped = []
        places = sample(torch.cat([self._bank.places(each) for each in references]), under)
        for reference, at in zip(references, places.view(-1, 2, *under.shape[:2]), strict=True):
            crop = self._bank.pictures[reference].crop.float()
            warped.append(sample(crop, at.permute(1, 2, 0), cubic=True))
        pictures = torch.stack(warped)
        shares = torch.tensor(list(references.values()), dtype=torch.float32)
        # contrast is measured on grey: one blur of the mean's colours and of a grey of each takes less than all colours
        together = torch.cat([torch.einsum("r,rchw->chw", shares, pictures), pictures.mean(1)])
        fine = together - blurred(together, FINE * scale)
        mean, greys = fine[:3], fine[3:]
        energy = float(shares @ (lips * greys.square()).sum((1, 2)))
        left = float((lips * mean.mean(0).square()).sum())
        return min(math.sqrt(energy / max(left, 1e-9)) ** MADE_UP, MOST_CONTRAST) * mean

    def _smooth(self, warped: Tensor, under: Tensor, folded: np.ndarray, lips: Tensor, sigma: float) -> Tensor:
        """(3, h, w) the coarse part of the picture's own pixels. At a cheek that hides what is behind it, of the face
        alone: in the template they are no neighbours, and what is blurred over both would give the cheek a bright rim.
        """
        smooth = blurred(warped, sigma)
        fold = torch.from_numpy(folded) & (lips[0] <= 0)
        if fold.any():
            box = _around(fold, math.ceil(6 * sigma))
            face = (sample(self._face[None], under[box]) > 0.5).float()
            near = (2 * blurred(fold[box][None].float(), sigma)).clamp(max=1) * face * (1 - lips[:, *box])
            alone = blurred(warped[:, *box] * face, sigma) / blurred(face, sigma).clamp(min=1e-3)
            smooth[:, *box] += near * (alone - smooth[:, *box])
        return smooth


class _Light:
    """Carries values from where they are known over the template, by normalised convolution."""

    def __init__(self, known: np.ndarray) -> None:
        self._known = torch.from_numpy(known.astype(np.float32))[None]
        self._share = float(self._known.mean())
        self._weight = self._spread(self._known) + FARTHER * self._share + 1e-12

    def __call__(self, values: Tensor) -> Tensor:
        values = values * self._known
        return (self._spread(values) + FARTHER * values.mean((1, 2), keepdim=True)) / self._weight

    @staticmethod
    def _spread(values: Tensor) -> Tensor:
        return _coarse_blur(values, {LIGHT: 1.0, 3 * LIGHT: FAR})


def _around(wanted: Tensor, margin: int) -> tuple[slice, slice]:
    """The box around the pixels that are wanted (h, w) bool, of which there are some, and a margin."""
    rows, columns = (torch.nonzero(wanted.any(axis)).flatten() for axis in (1, 0))
    y, x = (slice(max(int(each[0]) - margin, 0), int(each[-1]) + margin + 1) for each in (rows, columns))
    return y, x


def _coarse_blur(image: Tensor, shares: Mapping[float, float]) -> Tensor:
    """The sum of `blurred` by each sigma, of several COARSE pixels, times its share."""
    small = F.avg_pool2d(image[None], COARSE, ceil_mode=True, count_include_pad=False)[0]
    wide = torch.stack([share * blurred(small, sigma / COARSE) for sigma, share in shares.items()]).sum(0, keepdim=True)
    return F.interpolate(wide, size=image.shape[1:], mode="bilinear", align_corners=False)[0]
