# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of a take's 52 channels (ARKit's), of its tongue's shapes, and names normalised for comparison. No bpy."""

import re
import unicodedata

# Apple's 52 blend shapes (ARFaceAnchor.BlendShapeLocation), in the order of Apple's list.
_SIDED = (
    "eyeBlink eyeLookDown eyeLookIn eyeLookOut eyeLookUp eyeSquint eyeWide mouthSmile mouthFrown mouthDimple "
    "mouthStretch mouthPress mouthLowerDown mouthUpperUp browDown browOuterUp cheekSquint noseSneer"
)
_WHOLE = (
    "jawForward jawLeft jawRight jawOpen mouthClose mouthFunnel mouthPucker mouthLeft mouthRight mouthRollLower "
    "mouthRollUpper mouthShrugLower mouthShrugUpper browInnerUp cheekPuff tongueOut"
)
SIDED = tuple(_SIDED.split())
TONGUE = ("tongueTipUp", "tongueBackUp", "tongueTipForward")  # Mien's own, beside the 52; takes of speech have them
ARKIT = tuple(name + side for name in SIDED for side in ("Left", "Right")) + tuple(_WHOLE.split())


def stripped(name: str) -> str:
    """A name without what programs and exporters change: case, separators, half-width letters, a prefix up to a dot,
    a number in front (A25_Jaw_Open)."""
    return _without_separators(_plain(name))


def folded(name: str) -> str:
    """`stripped`, with _L and _R read as Left and Right."""
    return _without_separators(re.sub(r"(?:_|(?<=[a-z]))([LR])$|_([lr])$", _side, _plain(name)))


def _plain(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name)
    head, dot, tail = plain.rpartition(".")
    if dot and tail.casefold() in ("l", "r", "left", "right"):  # Blender's own sides: mouthSmile.L
        plain = f"{head.rpartition('.')[2]}_{tail}"
    elif dot and not tail.isdigit():  # a copy's number, jawOpen.001, stays: it is another key
        plain = tail
    plain = re.sub(r"\W", "_", plain).strip("_")
    plain = re.sub(r"^.*(?=Fcl_)", "", plain)  # VRoid's keys bear the name of the mesh in front
    return re.sub(r"^[AT]\d\d_(?=\D)", "", plain)


def _without_separators(plain: str) -> str:
    return plain.replace("_", "").casefold()


def _side(match: re.Match) -> str:
    return "Left" if (match[1] or match[2]) in "lL" else "Right"


def sides(name: str) -> tuple[str, ...]:
    """The left and the right channel of a sided name ('mouthSmile'); any other name alone."""
    return (f"{name}Left", f"{name}Right") if name in SIDED else (name,)
