# SPDX-License-Identifier: GPL-3.0-or-later
"""Which shape key is which channel: ARKit's names, exact first, then however they are spelt. No bpy."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Apple's 52 blend shapes (ARFaceAnchor.BlendShapeLocation), in the order of Apple's list.
_SIDED = (
    "eyeBlink eyeLookDown eyeLookIn eyeLookOut eyeLookUp eyeSquint eyeWide mouthSmile mouthFrown mouthDimple "
    "mouthStretch mouthPress mouthLowerDown mouthUpperUp browDown browOuterUp cheekSquint noseSneer"
)
_WHOLE = (
    "jawForward jawLeft jawRight jawOpen mouthClose mouthFunnel mouthPucker mouthLeft mouthRight "
    "mouthRollLower "
    "mouthRollUpper mouthShrugLower mouthShrugUpper browInnerUp cheekPuff tongueOut"
)
ARKIT = tuple(name + side for name in _SIDED.split() for side in ("Left", "Right")) + tuple(_WHOLE.split())


@dataclass(frozen=True)
class Match:
    """keys: channel -> shape key name; missing: channels without a
    key; unclear: channels with several equal keys."""

    keys: dict[str, str]
    missing: tuple[str, ...]
    unclear: tuple[str, ...]


def folded(name: str) -> str:
    """A name without what exporters change: case, separators, a prefix up to a dot, _L and _R for Left and Right."""
    plain = re.sub(r"[^A-Za-z0-9]", "_", name.rpartition(".")[2]).strip("_")
    plain = re.sub(r"_([lLrR])$", lambda side: "Left" if side[1] in "lL" else "Right", plain)
    return plain.replace("_", "").casefold()


def match(channels: Iterable[str], names: Iterable[str]) -> Match:
    """Match channels to the names of shape keys. A channel with
    two equally good keys is left alone and named."""
    names = tuple(names)
    same: dict[str, list[str]] = {}
    for name in names:
        same.setdefault(folded(name), []).append(name)
    keys, missing, unclear = {}, [], []
    for channel in channels:
        alike = same.get(folded(channel), [])
        if channel in alike:
            keys[channel] = channel
        elif len(alike) == 1:
            keys[channel] = alike[0]
        else:
            (unclear if alike else missing).append(channel)
    return Match(keys, tuple(missing), tuple(unclear))
