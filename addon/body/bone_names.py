# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bones of a rig are the joints of a take, by the names that Rigify, Mixamo, VRM, Unreal and others give them."""

from collections.abc import Iterable

SIDES = {"left": ("L", "Left", "l"), "right": ("R", "Right", "r")}
FINGERS = ("thumb", "index", "middle", "ring", "little")
PARTS = ("proximal", "intermediate", "distal")
THUMB = ("metacarpal", "proximal", "distal")

CONTROLS = "Rigify"  # the kind whose bones are controls

Table = dict[str, str]  # joint -> bone


def _table(
    spine: dict[str, str], arm: dict[str, str], finger: str, fingers: tuple[str, ...], legs: dict[str, str]
) -> Table:
    """Patterns with {L} (L, R), {Left} (Left, Right), {l} (l, r); of a finger also {finger} and {n}, 1 to 3."""
    out = dict(spine)
    for side, (letter, word, small) in SIDES.items():
        fill = {"L": letter, "Left": word, "l": small, "left": word.lower()}
        out |= {f"{side}_{part}": pattern.format(**fill) for part, pattern in {**arm, **legs}.items()}
        for name, theirs in zip(FINGERS, fingers, strict=True):
            for n, part in enumerate(THUMB if name == "thumb" else PARTS, 1):
                out[f"{side}_{name}_{part}"] = finger.format(**fill, finger=theirs, n=n)
    return out


def _rigify(prefix: str, arm: dict[str, str], spine: tuple[str, ...]) -> Table:
    numbers = ("hips", "spine", "chest", "upper_chest")
    names = dict(zip(numbers, spine, strict=True))
    table = _table(
        {joint: name for joint, name in names.items() if name}, arm, prefix + "f_{finger}.0{n}.{L}",
        ("thumb", "index", "middle", "ring", "pinky"), {},
    )  # fmt: skip
    return {joint: bone.replace("f_thumb", "thumb") for joint, bone in table.items()}


_BLENDER = {"shoulder": "shoulder.{L}", "upper_arm": "upper_arm.{L}", "lower_arm": "forearm.{L}", "hand": "hand.{L}"}
_FK = {
    "shoulder": "shoulder.{L}",
    "upper_arm": "upper_arm_fk.{L}",
    "lower_arm": "forearm_fk.{L}",
    "hand": "hand_fk.{L}",
}
_DEF = {part: f"DEF-{bone}" for part, bone in _BLENDER.items()}
_ENGLISH = ("Thumb", "Index", "Middle", "Ring", "Little")
_VRM_ARM = {"shoulder": "{L}_Shoulder", "upper_arm": "{L}_UpperArm", "lower_arm": "{L}_LowerArm", "hand": "{L}_Hand"}
_VROID_SPINE = {"hips": "Hips", "spine": "Spine", "chest": "Chest", "upper_chest": "UpperChest"}
_WORDS = {
    "shoulder": "{left}Shoulder",
    "upper_arm": "{left}UpperArm",
    "lower_arm": "{left}LowerArm",
    "hand": "{left}Hand",
}

# Name of the kind of rig -> its bones; a rig is of the kind of which it has most, the first of equals. A rig with
# controls has deform bones, too, which follow the controls.
RIGS: dict[str, Table] = {
    "Mien": _table(
        {name: name for name in ("hips", "spine", "chest", "upper_chest")},
        {part: part + ".{L}" for part in ("shoulder", "upper_arm", "lower_arm", "hand")},
        "", FINGERS, {},
    ) | {f"{side}_{finger}_{part}": f"{finger}_{part}.{SIDES[side][0]}" for side in SIDES for finger in FINGERS
         for part in (THUMB if finger == "thumb" else PARTS)},
    CONTROLS: _rigify("", _FK, ("", "spine_fk.001", "spine_fk.002", "spine_fk.003")),
    "Rigify's meta-rig": _rigify("", _BLENDER, ("spine", "spine.001", "spine.002", "spine.003")),
    "Rigify's deform bones": _rigify("DEF-", _DEF, ("DEF-spine", "DEF-spine.001", "DEF-spine.002", "DEF-spine.003")),
    "Mixamo": _table(
        {"hips": "Hips", "spine": "Spine", "chest": "Spine1", "upper_chest": "Spine2"},
        {"shoulder": "{Left}Shoulder", "upper_arm": "{Left}Arm", "lower_arm": "{Left}ForeArm", "hand": "{Left}Hand"},
        "{Left}Hand{finger}{n}", ("Thumb", "Index", "Middle", "Ring", "Pinky"), {},
    ),
    "VRoid": _table(
        {joint: "J_Bip_C_" + bone for joint, bone in _VROID_SPINE.items()},
        {part: "J_Bip_" + bone for part, bone in _VRM_ARM.items()}, "J_Bip_{L}_{finger}{n}", _ENGLISH, {},
    ),
    "VRM": _table(
        {"hips": "hips", "spine": "spine", "chest": "chest", "upper_chest": "upperChest"}, _WORDS, "", FINGERS, {}
    ) | {f"{side}_{finger}_{part}": f"{side}{finger.title()}{part.title()}" for side in SIDES for finger in FINGERS
         for part in (THUMB if finger == "thumb" else PARTS)},
    "Unreal's mannequin": _table(
        {"hips": "pelvis", "spine": "spine_01", "chest": "spine_02", "upper_chest": "spine_03"},
        {"shoulder": "clavicle_{l}", "upper_arm": "upperarm_{l}", "lower_arm": "lowerarm_{l}", "hand": "hand_{l}"},
        "{finger}_0{n}_{l}", ("thumb", "index", "middle", "ring", "pinky"), {},
    ),
}  # fmt: skip


def plain(name: str) -> str:
    """Without a namespace, as in mixamorig:LeftArm, and without regard to capitals."""
    return name.rpartition(":")[2].casefold()


def bones_of(names: Iterable[str]) -> tuple[str, Table]:
    """(the kind of rig, joint -> its bone) by the names of an armature's bones; ('', {}) where it has no arms of any
    kind. Joints without a bone are left out."""
    have = {plain(name): name for name in names}
    best: tuple[str, Table] = "", {}
    for kind, table in RIGS.items():
        found = {joint: have[plain(bone)] for joint, bone in table.items() if plain(bone) in have}
        if kind == CONTROLS and all(f"{side}_hand" in found for side in SIDES):
            return kind, found
        if len(found) > len(best[1]) and any(joint.endswith("upper_arm") for joint in found):
            best = kind, found
    return best
