# SPDX-License-Identifier: GPL-3.0-or-later
"""The ReferenceBank: pictures of one speaker of which a new mouth is made, as crops and as flat textures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mien.engines.personatalk.face_shapes import FaceShapes
from mien.engines.personatalk.mouth_space import MouthSpace
from mien.engines.personatalk.template import DENSITY, FaceTemplate, texture_columns
from mien.engines.personatalk.warp import blurred, sample

FINE = 0.012  # eye distances: the sigma between what is averaged and what one reference gives
RING_POINTS, RING_COMPONENTS = 23, 8  # every so many-th sample of the ring around the mask; components of its colours
EDGE = 4  # pixels around a crop
KEPT = 300  # references whose places in the template are remembered: a quarter of a megabyte each
COARSER = 1.5  # pixels for a sample of the template from which a crop is averaged down first


@dataclass(frozen=True, eq=False)
class FlatPicture:
    """A picture's lower face: crop (3, h, w) uint8 whose corner is at `corner` (x, y); texture (3, H, W) float32, 0 to
    255, low band, in the template."""

    crop: Tensor
    corner: np.ndarray
    texture: Tensor


def flattened(pixels: np.ndarray, vertices: np.ndarray, scale: float, template: FaceTemplate) -> FlatPicture:
    """Of a picture (H, W, 3) uint8 whose mesh has vertices (504, 3), and an eye distance `scale` pixels."""
    places = template.places(vertices)
    height, width = pixels.shape[:2]
    across, down = places[..., 0], places[..., 1]  # one by one: some ten times as fast
    low = np.clip(np.floor([across.min(), down.min()]).astype(int) - EDGE, 0, [width - 2, height - 2])
    high = np.clip(np.ceil([across.max(), down.max()]).astype(int) + EDGE + 1, low + 2, [width, height])
    crop = torch.from_numpy(np.ascontiguousarray(pixels[low[1] : high[1], low[0] : high[0]].transpose(2, 0, 1)))
    step = max(1, int(scale / (DENSITY * COARSER)))
    image = crop.float()
    if step > 1:
        image = F.avg_pool2d(image[None], step, ceil_mode=True)[0]
    at = torch.from_numpy((places - low + 0.5) / step - 0.5).float()
    return FlatPicture(crop, low, blurred(sample(image, at), FINE * DENSITY))


@dataclass(frozen=True, eq=False)
class ReferenceBank:
    """N references. frames (N,) of the film; pictures; textures (N, 3 * H * W) float32, theirs; vertices (N, 504, 3);
    scale (N,) pixels of an eye distance; mouth (N, 12); turn (N, 3) radians."""

    frames: np.ndarray
    pictures: list[FlatPicture]
    textures: Tensor
    vertices: np.ndarray
    scale: np.ndarray
    mouth: np.ndarray
    turn: np.ndarray
    template: FaceTemplate
    _places: dict[int, Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frames)

    def without(self, dropped: np.ndarray) -> ReferenceBank:
        """The references but those `dropped` (N,) bool."""
        kept = np.flatnonzero(~dropped)
        return ReferenceBank(
            self.frames[kept], [self.pictures[i] for i in kept], self.textures[torch.from_numpy(kept)],
            self.vertices[kept], self.scale[kept], self.mouth[kept], self.turn[kept], self.template,
        )  # fmt: skip

    def places(self, index: int) -> Tensor:
        """(2, H, W): where in its own crop each sample of the template lies."""
        if index not in self._places:
            if len(self._places) > KEPT:
                self._places.clear()
            places = self.template.places(self.vertices[index]) - self.pictures[index].corner
            self._places[index] = torch.from_numpy(places.transpose(2, 0, 1).astype(np.float32))
        return self._places[index]

    def ring(self, textures: Tensor) -> np.ndarray:
        """(n, 8): colours around the mask of textures (n, 3 * H * W), in principal components of these references; 1 is
        a root mean square of 255 over the ring."""
        mean, basis, columns = self._ring_basis
        return (textures[:, columns].numpy() - mean) @ basis

    @cached_property
    def _ring_basis(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        template = self.template
        around = (template.dubbed <= 0) & (template.hidden <= 0) & (template.coverage.triangle >= 0) & template.face
        columns = texture_columns(around, RING_POINTS)
        seen = self.textures[:, columns].numpy()
        mean = seen.mean(0)
        basis = np.linalg.svd(seen - mean, full_matrices=False)[2][:RING_COMPONENTS].T
        return mean, basis / (np.sqrt(len(columns)) * 255), columns


def reference_bank(
    frames: np.ndarray,
    pictures: Iterable[tuple[int, np.ndarray]],
    shapes: FaceShapes,
    space: MouthSpace,
    template: FaceTemplate,
    step: Callable[[], None] = lambda: None,
) -> ReferenceBank:
    """Of these frames (N,), in their order, out of all `pictures` (number, pixels). `step` is called for each."""
    wanted, found, vertices = set(frames.tolist()), [], []
    for number, pixels in pictures:
        if number in wanted:
            mesh = shapes.vertices(number)
            found.append(flattened(pixels, mesh, float(shapes.pose.scale[number]), template))
            vertices.append(mesh)
            step()
        if len(found) == len(wanted):
            break
    frames = np.sort(frames)[: len(found)]
    textures = torch.stack([picture.texture.flatten() for picture in found])
    # one copy of the textures: the pictures look into it
    found = [replace(f, texture=t.view(f.texture.shape)) for f, t in zip(found, textures, strict=True)]
    mouth = space.coefficients(shapes.shapes[frames])
    scale, turn = shapes.pose.scale[frames], shapes.turn[frames]
    return ReferenceBank(frames, found, textures, np.stack(vertices), scale, mouth, turn, template)
