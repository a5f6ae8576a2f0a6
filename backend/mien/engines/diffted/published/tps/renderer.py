# SPDX-License-Identifier: GPL-3.0-or-later
"""A photo drawn frame by frame from key points, by the motion model. Slow on a processor: some 3 s a frame at 256 px,
7 s at 384 (docs/models.md); what the photo alone decides is computed once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from mien.engines.base import EngineError, EngineMissing, Progress, no_progress
from mien.engines.diffted.published.tps import NEEDED, weights_in
from mien.engines.diffted.published.tps.network import MotionModel
from mien.engines.diffted.published.tps.weights import read_weights

MULTIPLE = 128  # the hourglass halves a quarter of the picture five times


class Renderer:
    """`key_points` (N, 2) are those of the photo; frames are (side, side, 3) uint8."""

    def __init__(self, model: MotionModel, photo: np.ndarray, side: int, device: str = "cpu") -> None:
        """`photo` (H, W, 3) uint8, of which the square of `square` is used; `side` in pixels, of frames. `device`:
        'cpu', 'cuda' or 'auto'. EngineError for a side that is no multiple of 128."""
        if side < MULTIPLE or side % MULTIPLE:
            raise EngineError(f"the motion model draws sides that are multiples of {MULTIPLE} px; {side} is none.")
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        self.device, self.side, self.model = torch.device(device), side, model.to(device)
        with torch.inference_mode():
            self.source = self._tensor(photo)
            self.small = model.dense_motion_network.down(self.source)
            self.encoded = model.inpainting_network.encode(self.source)
            self.source_points = model.kp_detector(self.source)
        self.key_points: np.ndarray = self.source_points[0].cpu().numpy()

    @torch.inference_mode()
    def detect(self, picture: np.ndarray) -> np.ndarray:
        """Key points (N, 2) of another picture (H, W, 3) uint8, of which its square is used."""
        return self.model.kp_detector(self._tensor(picture))[0].cpu().numpy()

    @torch.inference_mode()
    def frame(self, key_points: np.ndarray) -> np.ndarray:
        """The photo moved to key points (N, 2), its background still, as DiffTED does."""
        driving = torch.from_numpy(key_points.astype(np.float32))[None].to(self.device)
        motion = self.model.dense_motion_network(self.small, self.source_points, driving)
        picture = self.model.inpainting_network(self.source, self.encoded, motion).picture[0]
        return (255 * picture).round().clamp(0, 255).byte().permute(1, 2, 0).cpu().numpy()

    def frames(self, key_points: np.ndarray, progress: Progress = no_progress) -> Iterator[np.ndarray]:
        """A frame for each of (T, N, 2). The stages of `progress` say how long one takes and how long the rest will."""
        begin, stage = time.perf_counter(), f"drawing on {self.device.type}"
        for i, points in enumerate(key_points):
            progress(i / len(key_points), stage)
            yield self.frame(points)
            each = (time.perf_counter() - begin) / (i + 1)
            stage = f"drawing on {self.device.type}, {each:.2g} s a frame, {_left(each * (len(key_points) - i - 1))}"

    def _tensor(self, picture: np.ndarray) -> torch.Tensor:
        resized = Image.fromarray(square(picture)).resize((self.side, self.side), Image.Resampling.BICUBIC)
        tensor = torch.from_numpy(np.asarray(resized, dtype=np.float32) / 255)
        return tensor.permute(2, 0, 1)[None].contiguous().to(self.device)


def open_renderer(
    photo: np.ndarray, data_folder: Path, name: str, side: int | None = None, device: str = "auto"
) -> Renderer:
    """The renderer of a photo by the weights that were imported under a name, as 'vox'; `side` None: the side of the
    pictures that they were trained on. EngineMissing where there are none of that name, EngineError as `Renderer`."""
    found = {path.stem: path for path in weights_in(data_folder)}
    if name not in found:
        known = f" Imported are: {', '.join(found)}." if found else ""
        raise EngineMissing(f"no weights of the motion model are called {name!r}.{known} {NEEDED}.")
    model, own_side = read_weights(found[name])
    return Renderer(model, photo, side or own_side, device)


def square(picture: np.ndarray) -> np.ndarray:
    """The largest square of a picture (H, W, 3): the middle of a wide one, the top of a high one, where heads are."""
    height, width = picture.shape[:2]
    side = min(height, width)
    left = (width - side) // 2
    return np.ascontiguousarray(picture[:side, left : left + side])


def _left(seconds: float) -> str:
    return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"
