# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of which each moves the whole of a region: their values together go no farther than one of them alone. No bpy.

VRoid's brows for anger, sorrow and surprise move the same vertices, and so do the faces of VRM's expressions. Blender
adds shape keys, so that two of them at 1 take the brow twice as far as it was modelled: it spikes.
"""

import re
from collections.abc import Iterable

import numpy as np

from ..formats.channels import folded

# Folded names of the keys of one region. Visemes are shares of one already, and are no part of it.
REGIONS = (
    re.compile(r"fclbrw(angry|fun|joy|sorrow|surprised)"),
    re.compile(r"fcleye(closeleft|close|surprised|joyleft|joy|fun|angry|sorrow)"),
    re.compile(r"fcleye(closeright|close|surprised|joyright|joy|fun|angry|sorrow)"),
    re.compile(r"fclmth(fun|joy|sorrow|angry|surprised)"),
    re.compile(r"joy|happy|angry|sorrow|sad|surprised"),
    re.compile("困る|怒り|上|下"),
    re.compile("口角上げ|口角下げ|にっこり|にやり"),
)


def regions(names: Iterable[str]) -> list[tuple[str, ...]]:
    """The keys of each region of which a mesh has several."""
    by_name = {name: folded(name) for name in names}
    found = [tuple(name for name, plain in by_name.items() if region.fullmatch(plain)) for region in REGIONS]
    return [group for group in found if len(group) > 1]


def cap(values: dict[str, np.ndarray], most: float = 1.0) -> dict[str, np.ndarray]:
    """key -> (F,) values, in which the keys of one region are scaled down where they sum up to more than `most`. Keys
    that close come first, and the others get what is left."""
    out = dict(values)
    for group in regions(values):
        closing = [name for name in group if "close" in folded(name)]  # lids shut, whatever else the face does
        room = np.maximum(most - _scale(out, closing, most), 0.0)
        _scale(out, [name for name in group if name not in closing], room)
    return out


def _scale(values: dict[str, np.ndarray], names: list[str], most: float | np.ndarray) -> float | np.ndarray:
    """Scale the values of these keys down, in place, to a sum of at most `most`; (F,) the sum that they have then."""
    if not names:
        return 0.0
    together = np.stack([values[name] for name in names]).clip(min=0.0)
    total = together.sum(0)
    share = np.where(total > most, most / np.maximum(total, 1e-9), 1.0)
    for name in names:
        values[name] = np.where(values[name] > 0.0, values[name] * share, values[name]).astype(np.float32)
    return total * share
