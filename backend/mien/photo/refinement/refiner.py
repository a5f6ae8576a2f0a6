# SPDX-License-Identifier: GPL-3.0-or-later
"""The network over the pictures of an Animator: `animator.refine = Refiner(animator)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from mien.nn.one_thread import one_thread
from mien.photo.refinement.condition import condition_of
from mien.photo.refinement.crop import Moment, activity, areas, square_around
from mien.photo.refinement.network import RefinementNetwork
from mien.photo.refinement.weights import load

if TYPE_CHECKING:
    from mien.photo.animator import Animator


class Refiner:
    """A drawn picture (H, W, 3 or 4) uint8 and its Moment to the refined one.

    network: that of the shipped weights unless another is given. PortraitError for weights that cannot be used.
    """

    def __init__(self, animator: Animator, network: RefinementNetwork | None = None) -> None:
        self._network = network or load()
        self._rest = animator.mesh.rest_landmarks
        self._photo = _tensor(square_around(self._rest, self._rest).cut(animator.pixels))

    def __call__(self, drawn: np.ndarray, moment: Moment) -> np.ndarray:
        """The picture, refined within the face; the same array where nothing is."""
        share = activity(moment.landmarks, self._rest)
        if share == 0:
            return drawn
        square = square_around(moment.landmarks, self._rest)
        where = areas(moment.landmarks, square)
        with one_thread(), torch.inference_mode():  # a picture is too small to share
            change = self._network(
                _tensor(square.cut(drawn)), self._photo, torch.from_numpy(where)[None],
                torch.from_numpy(condition_of(moment))[None], torch.tensor([share], dtype=torch.float32),
            )  # fmt: skip
        return square.add(drawn, change[0].movedim(0, -1).numpy())


def _tensor(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels.astype(np.float32) / 255).movedim(-1, 0)[None].contiguous()
