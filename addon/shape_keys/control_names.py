# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls of faces made of bones, by the names that Rigify, Auto-Rig Pro and MetaHuman's board give them. No bpy.

A name says how an animator moves the control and which channels it is for. The first selects what is sampled, the
second gives the solver its first guess; what a control does is measured.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

LEAST = 4  # controls of one system, before a rig is taken for it
LIDS = ("eyeBlink", "eyeSquint", "eyeWide", "eyeLook")
LIPS = ("mouth",)
BROWS = ("brow",)
CHEEKS = ("cheek", "mouthSmile", "eyeSquint")
TONGUE = ("tongue",)
NOSE = ("noseSneer",)
REGIONS = {"eye": "eyes", "brow": "brows"}  # all else is the mouth and what moves with it
ALL_AXES = "xyz"


@dataclass(frozen=True)
class NamedControl:
    """name: a regular expression of the whole name. location, rotation: axes that are moved. serves: prefixes of the
    channels it is for; of a control of one side the channels of that side."""

    name: str
    serves: tuple[str, ...]
    location: str = ALL_AXES
    rotation: str = ""


@dataclass(frozen=True)
class System:
    """A way to build faces: its controls, the first that fits counts."""

    name: str
    controls: tuple[NamedControl, ...]


SYSTEMS = (
    System(
        "Rigify",  # faces.super_face, and the face of skin rigs that it can be upgraded to
        (
            NamedControl(r"jaw_master", ("jaw",), rotation=ALL_AXES),
            NamedControl(r"jaw_master_mouth", ("mouthLeft", "mouthRight")),
            NamedControl(r"lip\.[TB](\.[LR](\.\d+)?)?", LIPS),
            NamedControl(r"lips\.[LR]|lip_end\.[LR](\.\d+)?", LIPS),
            NamedControl(r"chin(_end)?(\.\d+)?", ("mouthShrugLower", "mouthRollLower")),
            NamedControl(r"chin\.[LR]", ("mouthStretch", "mouthFrown")),
            NamedControl(r"lid\.[TB]\.[LR](\.\d+)?", LIDS),
            NamedControl(r"brow\.T\.[LR](\.\d+)?", BROWS),
            NamedControl(r"brow\.B\.[LR](\.\d+)?", (*LIDS, *BROWS)),  # the fold above the lid
            NamedControl(r"cheek\.[TB]\.[LR](\.\d+)?", CHEEKS),
            NamedControl(r"nose(_master)?(\.[LR])?(\.\d+)?", NOSE),
            NamedControl(r"tongue_master", TONGUE, rotation="x"),
            NamedControl(r"(tweak_)?tongue(\.\d+)?", TONGUE),
        ),
    ),
    System(
        "Auto-Rig Pro",
        (
            NamedControl(r"c_jawbone\.x", ("jaw",), rotation=ALL_AXES),
            NamedControl(r"c_lips_(smile|corner_mini)\.[lr]", ("mouthSmile", "mouthFrown", "mouthStretch")),
            NamedControl(r"c_lips_roll_(top|bot)\.x", ("mouthRoll",), rotation="x"),
            NamedControl(r"c_lips_offset\.x", ("mouthLeft", "mouthRight")),
            NamedControl(r"c_lips_(top|bot)(_\d+)?\.[xlr]", LIPS),
            NamedControl(r"c_chin_\d+\.x", ("mouthShrugLower",)),
            NamedControl(r"c_eyelid_(top|bot|corner)(_\d+)?\.[lr]", LIDS, rotation=ALL_AXES),
            NamedControl(r"c_eyebrow_\w+\.[lr]", BROWS, rotation=ALL_AXES),
            NamedControl(r"c_cheek_(smile|inflate)\.[lr]", CHEEKS),
            NamedControl(r"c_nose_\d+\.x", NOSE),
            NamedControl(r"c_tong_\d+\.x", TONGUE, rotation="x"),
        ),
    ),
    System(
        "MetaHuman",  # its board: a control slides along one or two axes
        (
            NamedControl(r"CTRL_C_jaw(_\w+)?", ("jaw",)),
            NamedControl(r"CTRL_[LR]_mouth_(cornerPull|sharpCornerPull)", ("mouthSmile",)),
            NamedControl(r"CTRL_[LR]_mouth_cornerDepress", ("mouthFrown",)),
            NamedControl(r"CTRL_[LR]_mouth_dimple", ("mouthDimple",)),
            NamedControl(r"CTRL_[LR]_mouth_stretch\w*", ("mouthStretch",)),
            NamedControl(r"CTRL_[LR]_mouth_upperLipRaise", ("mouthUpperUp",)),
            NamedControl(r"CTRL_[LR]_mouth_lowerLipDepress", ("mouthLowerDown",)),
            NamedControl(r"CTRL_[LRC]_mouth_pucker\w*", ("mouthPucker",)),
            NamedControl(r"CTRL_[LRC]_mouth_funnel\w*", ("mouthFunnel",)),
            NamedControl(r"CTRL_[LRC]_mouth_press\w*", ("mouthPress",)),
            NamedControl(r"CTRL_[LRC]_mouth_lipsTogether\w*", ("mouthClose",)),
            NamedControl(r"CTRL_C_mouth", ("mouthLeft", "mouthRight")),
            NamedControl(r"CTRL_[LRC]_(mouth|neck_mouth|lips)\w*", LIPS),
            NamedControl(r"CTRL_[LR]_eye_blink", ("eyeBlink", "eyeWide")),
            NamedControl(r"CTRL_[LR]_eye_(squintInner|cheekRaise)", ("eyeSquint", "cheekSquint")),
            NamedControl(r"CTRL_[LR]_eye_(lidPress|eyelid[UD])", LIDS),
            NamedControl(r"CTRL_[LRC]_eye", ("eyeLook",)),
            NamedControl(r"CTRL_[LR]_brow_down", ("browDown",)),
            NamedControl(r"CTRL_[LR]_brow_raiseIn", ("browInnerUp",)),
            NamedControl(r"CTRL_[LR]_brow_raiseOut", ("browOuterUp",)),
            NamedControl(r"CTRL_[LR]_brow_\w+", BROWS),
            NamedControl(r"CTRL_[LR]_nose\w*", NOSE),
            NamedControl(r"CTRL_C_tongue\w*", TONGUE),
        ),
    ),
)


@dataclass(frozen=True)
class Known:
    """A control that is known by its name."""

    system: str
    control: NamedControl
    side: str  # Left, Right or '' for the middle

    @property
    def regions(self) -> set[str]:
        """The regions of the channels it is for."""
        return {region(prefix) for prefix in self.control.serves}

    def is_for(self, channel: str) -> bool:
        """Whether the control is meant for this channel."""
        other = {"Left": "Right", "Right": "Left"}.get(self.side, "?")
        # mouthLeft and jawRight name a direction and not a side
        sided = channel not in ("mouthLeft", "mouthRight", "jawLeft", "jawRight") and channel.endswith(other)
        return channel.startswith(self.control.serves) and not sided


def region(channel: str) -> str:
    """The region of a channel, or of a prefix of channels: eyes, brows or mouth."""
    return next((part for prefix, part in REGIONS.items() if channel.startswith(prefix)), "mouth")


@cache
def find(name: str) -> Known | None:
    """The control with this name; None for a name that no system has. A namespace before a colon is left out."""
    plain = name.rpartition(":")[2]
    for system in SYSTEMS:
        for control in system.controls:
            if re.fullmatch(control.name, plain):
                return Known(system.name, control, _side(plain))
    return None


def system_of(names: Iterable[str]) -> str:
    """The system most of these names are from; '' where fewer than LEAST are known."""
    counts: dict[str, int] = {}
    for name in names:
        known = find(name)
        if known is not None:
            counts[known.system] = counts.get(known.system, 0) + 1
    best = max(counts, key=lambda system: counts[system], default="")
    return best if best and counts[best] >= LEAST else ""


def _side(name: str) -> str:
    match = re.search(r"[._]([LRlr])(?=$|[._])", name)
    return {"l": "Left", "r": "Right"}[match[1].lower()] if match else ""
