# SPDX-License-Identifier: GPL-3.0-or-later
"""Who speaks, in which emotion and how strongly: the names of ProbTalk3D's style and their places in it.

The order is that of the published training; it is in none of the published files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mien.engines.base import EngineError

if TYPE_CHECKING:
    import torch

IDENTITIES = (  # speakers of MEAD
    "M003",
    "M005",
    "M007",
    "M009",
    "M011",
    "M012",
    "M013",
    "M019",
    "M022",
    "M023",
    "M024",
    "M025",
    "M026",
    "M027",
    "M028",
    "M029",
    "M030",
    "M031",
    "W009",
    "W011",
    "W014",
    "W015",
    "W016",
    "W018",
    "W019",
    "W021",
    "W023",
    "W024",
    "W025",
    "W026",
    "W028",
    "W029",
)
EMOTIONS = ("neutral", "happy", "sad", "surprised", "fear", "disgusted", "angry", "contempt")
INTENSITIES = ("low", "medium", "high")  # MEAD's levels 1 to 3; neutral was only trained low
SIZES = (len(IDENTITIES), len(EMOTIONS), len(INTENSITIES))


def style(identity: str, emotion: str, intensity: str) -> torch.Tensor:
    """(1, 43) float32 with three ones. EngineError for a name that is none of these."""
    import torch  # not above: who wants names alone, as the list of engines does, need not wait for it

    parts = []
    for what, name, names in (
        ("speaker", identity, IDENTITIES),
        ("emotion", emotion, EMOTIONS),
        ("intensity", intensity, INTENSITIES),
    ):
        if name not in names:
            raise EngineError(f"ProbTalk3D knows no {what} {name!r}; it knows {', '.join(names)}.")
        parts.append(torch.eye(len(names))[names.index(name)])
    return torch.cat(parts)[None]
