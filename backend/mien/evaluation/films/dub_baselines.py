# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dub is compared with: a mouth pasted as it is, warped references averaged or alone, a prototype's recipe."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mien.engines.personatalk.face_shapes import FaceShapes
from mien.engines.personatalk.references.bank import FINE, ReferenceBank, flattened
from mien.engines.personatalk.renderer import Renderer
from mien.engines.personatalk.warp import blurred, sample

MOUTH, TURN = 0.02, 0.15  # eye distances and radians that count alike
NAMES = ("nearest, pasted", "best one", "mean of 5", "prototype", "picture before")


class Baselines:
    """Pictures of the baselines NAMES, by the mask and the light of a Renderer."""

    def __init__(self, shapes: FaceShapes, bank: ReferenceBank, renderer: Renderer, mouth: np.ndarray) -> None:
        self._shapes, self._bank, self._renderer, self._mouth = shapes, bank, renderer, mouth

    def render(self, name: str, frame: int, pixels: np.ndarray, before: np.ndarray | None) -> np.ndarray:
        """Of a frame and its picture (H, W, 3); `before`: the true picture before it."""
        if name == "picture before":
            assert before is not None
            crop, vertices, scale = before, self._shapes.vertices(frame - 1), self._shapes.pose.scale[frame - 1]
            other = flattened(crop, vertices, float(scale), self._bank.template)
            at = self._bank.template.places(vertices) - other.corner
            return self._pasted(pixels, frame, self._warped(other.crop, at, other.texture, pixels, frame))
        distance = ((self._bank.mouth - self._mouth[frame]) ** 2).sum(1) / MOUTH**2
        distance += ((self._bank.turn - self._shapes.turn[frame]) ** 2).sum(1) / TURN**2
        nearest = np.argsort(distance)
        if name == "nearest, pasted":
            mouth_alone = ((self._bank.mouth - self._mouth[frame]) ** 2).sum(1)
            return self._unwarped(pixels, frame, int(mouth_alone.argmin()))
        count = {"best one": 1, "mean of 5": 5, "prototype": 8}[name]
        chosen = nearest[:count]
        weights = np.exp(-(distance[chosen] - distance[chosen[0]])) if name == "prototype" else np.ones(count)
        images = [self._reference(int(i), pixels, frame) for i in chosen]
        image = torch.stack([float(w) * each for w, each in zip(weights / weights.sum(), images, strict=True)]).sum(0)
        if name == "prototype":
            sigma = FINE * float(self._shapes.pose.scale[frame])
            image = blurred(image, sigma) + images[0] - blurred(images[0], sigma)
        return self._pasted(pixels, frame, image)

    def _reference(self, index: int, pixels: np.ndarray, frame: int) -> Tensor:
        picture = self._bank.pictures[index]
        places = self._bank.places(index).permute(1, 2, 0).numpy()
        return self._warped(picture.crop, places, picture.texture, pixels, frame)

    def _warped(self, crop: Tensor, places: np.ndarray, texture: Tensor, pixels: np.ndarray, frame: int) -> Tensor:
        """A picture's pixels at the frame's geometry and in its light."""
        under, _ = self._under(frame, pixels)
        at = sample(torch.from_numpy(places.transpose(2, 0, 1).astype(np.float32)), under).permute(1, 2, 0)
        return sample(crop.float(), at) + sample(self._light(texture, pixels, frame), under)

    def _light(self, texture: Tensor, pixels: np.ndarray, frame: int) -> Tensor:
        own = flattened(
            pixels, self._shapes.vertices(frame), float(self._shapes.pose.scale[frame]), self._bank.template
        )
        return self._renderer.light(own.texture - texture, hidden=True)

    def _unwarped(self, pixels: np.ndarray, frame: int, index: int) -> np.ndarray:
        """The reference moved, turned and scaled as the head is, and no more."""
        under, _ = self._under(frame, pixels)
        target = self._shapes.vertices(frame)[:, :2] - 0.5
        source = self._bank.vertices[index][:, :2] - 0.5
        rigid = self._rigid_places(target, source)
        x0, y0, x1, y1 = self._window(frame, pixels)
        grid = np.stack(np.meshgrid(np.arange(x0, x1), np.arange(y0, y1)), -1)
        at = grid @ rigid[:2] + rigid[2] - self._bank.pictures[index].corner
        image = sample(self._bank.pictures[index].crop.float(), torch.from_numpy(at).float())
        light = self._light(self._bank.pictures[index].texture, pixels, frame)
        return self._pasted(pixels, frame, image + sample(light, under))

    @staticmethod
    def _rigid_places(target: np.ndarray, source: np.ndarray) -> np.ndarray:
        """(3, 2) similarity from target to source points, by the upper face and the ring, which no mouth moves."""
        still = [33, 133, 362, 263, 168, 6, 197, 195, 4, 10]
        a, b = target[still], source[still]
        a0, b0 = a - a.mean(0), b - b.mean(0)
        u, _, vt = np.linalg.svd(a0.T @ b0)
        turn = u @ np.diag([1, np.sign(np.linalg.det(u @ vt))]) @ vt
        matrix = turn * np.linalg.norm(b0) / np.linalg.norm(a0)
        return np.concatenate([matrix, (b.mean(0) - a.mean(0) @ matrix)[None]])

    def _under(self, frame: int, pixels: np.ndarray) -> tuple[Tensor, np.ndarray]:
        return self._bank.template.under(self._shapes.vertices(frame), self._window(frame, pixels))[:2]

    def _window(self, frame: int, pixels: np.ndarray) -> tuple[int, int, int, int]:
        window = self._renderer.template.window(self._shapes.vertices(frame), "hidden", pixels.shape)
        assert window is not None  # a face that was tracked lies in its picture
        return window

    def _pasted(self, pixels: np.ndarray, frame: int, image: Tensor) -> np.ndarray:
        under, covered = self._under(frame, pixels)
        return self._renderer.paste(pixels, self._window(frame, pixels), image, under, covered, hidden=True)
