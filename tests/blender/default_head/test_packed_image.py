# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np

from addon.default_head.packed_image import packed_image


def test_it_is_made_once_and_lies_in_the_file():
    pixels = np.random.default_rng(1).random((3, 5, 4), np.float32)
    image = packed_image("Noise", lambda: pixels, is_data=True)
    kept = np.empty(pixels.size, np.float32)
    image.pixels.foreach_get(kept)
    assert tuple(image.size) == (5, 3) and image.packed_file is not None and image.colorspace_settings.is_data
    np.testing.assert_allclose(kept.reshape(pixels.shape)[..., :3], pixels[..., :3], atol=1 / 255)
    assert packed_image("Noise", lambda: 1 / 0, is_data=True) == image
