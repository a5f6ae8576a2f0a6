# SPDX-License-Identifier: GPL-3.0-or-later
"""A film for Blender's sequencer, without a face and without Mien's backend."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest


def write_grey_film(path: Path) -> Path:
    """Two seconds at 24 fps, 64x48, from black to nearly white. Skips the test where PyAV is missing."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(48):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 4 * number, np.uint8), format="rgb24")
            frame.time_base, frame.pts = Fraction(1, 24), number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
