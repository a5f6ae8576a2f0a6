# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON of blend-shape weights that NVIDIA's Audio2Face exports, by the fields that importing programs read:
exportFps, trackPath, numPoses, numFrames, facsNames and weightMat, one row a frame. It has no head rotation."""

from __future__ import annotations

import json
from pathlib import Path

from mien.export.live_link import ORDER, in_order
from mien.heads.default import Head
from mien.heads.flame import Flame
from mien.take import Take


def write(take: Take, head: Head | Flame, path: Path) -> None:
    """Write the file; a fractional frame rate as the nearest decimal. ExportError for a take of vertices."""
    weights = in_order(take)
    content = {
        "exportFps": take.fps.numerator if take.fps.denominator == 1 else float(take.fps),
        "trackPath": "",
        "numPoses": len(ORDER),
        "numFrames": take.frames,
        "facsNames": list(ORDER),
        "weightMat": [[round(number, 8) for number in row] for row in weights.tolist()],
    }
    path.write_text(json.dumps(content) + "\n", "utf-8")
