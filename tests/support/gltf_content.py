# SPDX-License-Identifier: GPL-3.0-or-later
"""What a .glb has in it."""

import json
import struct
from pathlib import Path

import numpy as np


def content_of(path: Path) -> tuple[dict, bytes]:
    data = path.read_bytes()
    size = struct.unpack("<I", data[12:16])[0]
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def floats(content: dict, binary: bytes, number: int) -> np.ndarray:
    view = content["bufferViews"][content["accessors"][number]["bufferView"]]
    return np.frombuffer(binary[view["byteOffset"] :][: view["byteLength"]], "<f4")
