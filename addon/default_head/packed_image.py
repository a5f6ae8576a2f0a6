# SPDX-License-Identifier: GPL-3.0-or-later
"""An image that is computed and packed into the .blend, once in a file."""

from collections.abc import Callable

import bpy
import numpy as np


def packed_image(name: str, pixels: Callable[[], np.ndarray], is_data: bool) -> bpy.types.Image:
    """The image of that name, made of pixels() (h, w, 4) float32, row 0 at the bottom, where there is none yet.
    is_data: numbers and no colours."""
    existing = bpy.data.images.get(name)
    if existing is not None:
        return existing
    values = pixels()
    height, width = values.shape[:2]
    image = bpy.data.images.new(name, width, height, alpha=False, is_data=is_data)
    image.pixels.foreach_set(values.ravel())
    image.update()
    image.pack()
    return image
