# SPDX-License-Identifier: GPL-3.0-or-later
"""What other programs call the keys of a face, and what of a take each of their keys is. No bpy.

Names are facts: Apple's ARFaceAnchor.BlendShapeLocation, the viseme reference of Meta's LipSync, Preston Blair's
mouths as Papagayo names them, VRM 0 and 1, VRoid Studio, MikuMikuDance's usual morphs, the Speech API's SPVISEMES,
Reallusion's Character Creator (standard and ExPlus), MetaHuman's CTRL_expressions curves. Which channels each is, is
read off what its name says; gains of whole-face expressions take each to 1 where the articulation rules have the
emotion at its highest (docs/articulation.md, section 6).
"""

from dataclasses import dataclass

from ..formats.channels import ARKIT, SIDED, folded, sides, stripped


@dataclass(frozen=True)
class Scheme:
    """keys: folded name of a key -> its source (`key_table.terms` reads it)."""

    name: str
    keys: dict[str, str]


@dataclass(frozen=True)
class Visemes:
    """A set of mouths that are mixed. mouths: folded names of a mouth, any of which will do -> the phones it is, in
    ARPAbet; least: how many of them a mesh must have for the set to be meant."""

    name: str
    mouths: dict[tuple[str, ...], str]
    least: int


def _read(text: str) -> dict[str, str]:
    """Lines of `key = source`; # in both is the side: L and R in the key, Left and Right in the source."""
    out = {}
    for line in text.strip().splitlines():
        key, _, source = line.partition("=")
        pairs = (("_L", "Left"), ("_R", "Right")) if "#" in key else (("", ""),)
        for mark, side in pairs:
            out[folded(key.strip().replace("#", mark))] = source.strip().replace("#", side)
    return out


def mean(name: str) -> str:
    """The source of a key for both sides of a channel that has two."""
    return " + ".join(f"0.5 {side}" for side in sides(name))


_GAZE = {
    "Up": "0.5 eyeLookUpLeft + 0.5 eyeLookUpRight",
    "Down": "0.5 eyeLookDownLeft + 0.5 eyeLookDownRight",
    "Left": "0.5 eyeLookOutLeft + 0.5 eyeLookInRight",
    "Right": "0.5 eyeLookInLeft + 0.5 eyeLookOutRight",
}

# Both sides in one key, as many simple rigs have it, Ready Player Me's among them.
WHOLE = {folded(name): mean(name) for name in SIDED if not name.startswith(("eyeLookIn", "eyeLookOut"))} | _read(
    f"""
    mouthOpen = jawOpen
    openMouth = jawOpen
    eyesClosed = {mean("eyeBlink")}
    eyesWide = {mean("eyeWide")}
    eyesLookUp = {_GAZE["Up"]}
    eyesLookDown = {_GAZE["Down"]}
    browInnerUp# = browInnerUp
    cheekPuff# = cheekPuff
    mouthRollLower# = mouthRollLower
    mouthRollUpper# = mouthRollUpper
    mouthFunnel# = mouthFunnel
    mouthPucker# = mouthPucker
    """
)

CHARACTER_CREATOR = _read(
    """
    Brow_Raise_Inner# = browInnerUp
    Brow_Raise_Outer# = browOuterUp#
    Brow_Drop# = browDown#
    Eye_Blink# = eyeBlink#
    Eye_Squint# = eyeSquint#
    Eye_Wide# = eyeWide#
    Eye_L_Look_L = eyeLookOutLeft
    Eye_R_Look_L = eyeLookInRight
    Eye_L_Look_R = eyeLookInLeft
    Eye_R_Look_R = eyeLookOutRight
    Eye_L_Look_Up = eyeLookUpLeft
    Eye_R_Look_Up = eyeLookUpRight
    Eye_L_Look_Down = eyeLookDownLeft
    Eye_R_Look_Down = eyeLookDownRight
    Nose_Sneer# = noseSneer#
    Cheek_Raise# = cheekSquint#
    Cheek_Puff# = cheekPuff
    Mouth_Smile# = mouthSmile#
    Mouth_Frown# = mouthFrown#
    Mouth_Stretch# = mouthStretch#
    Mouth_Dimple# = mouthDimple#
    Mouth_Press# = mouthPress#
    Mouth_Pucker_Up# = mouthPucker
    Mouth_Pucker_Down# = mouthPucker
    Mouth_Funnel_Up# = mouthFunnel
    Mouth_Funnel_Down# = mouthFunnel
    Mouth_Roll_In_Upper# = mouthRollUpper
    Mouth_Roll_In_Lower# = mouthRollLower
    Mouth_Shrug_Upper = mouthShrugUpper
    Mouth_Shrug_Lower = mouthShrugLower
    Mouth_Up_Upper# = mouthUpperUp#
    Mouth_Down_Lower# = mouthLowerDown#
    Mouth# = mouth#
    Mouth_Close = mouthClose
    Jaw_Open = jawOpen
    Jaw_Forward = jawForward
    Jaw# = jaw#
    Tongue_Out = tongueOut
    """
)

_META_HUMAN = _read(
    """
    browDown# = browDown#
    browLateral# = browDown#
    browRaiseIn# = browInnerUp
    browRaiseOuter# = browOuterUp#
    eyeBlink# = eyeBlink#
    eyeWiden# = eyeWide#
    eyeSquintInner# = eyeSquint#
    eyeCheekRaise# = cheekSquint#
    eyeLookUp# = eyeLookUp#
    eyeLookDown# = eyeLookDown#
    eyeLookLeft_L = eyeLookOutLeft
    eyeLookRight_L = eyeLookInLeft
    eyeLookLeft_R = eyeLookInRight
    eyeLookRight_R = eyeLookOutRight
    noseWrinkle# = noseSneer#
    mouthCheekBlow# = cheekPuff
    mouthCornerPull# = mouthSmile#
    mouthCornerDepress# = mouthFrown#
    mouthStretch# = mouthStretch#
    mouthDimple# = mouthDimple#
    mouthLipsPress# = mouthPress#
    mouthUpperLipRaise# = mouthUpperUp#
    mouthLowerLipDepress# = mouthLowerDown#
    mouthUpperLipRollIn# = mouthRollUpper
    mouthLowerLipRollIn# = mouthRollLower
    mouthLeft = mouthLeft
    mouthRight = mouthRight
    jawOpen = jawOpen
    jawFwd = jawForward
    jawLeft = jawLeft
    jawRight = jawRight
    tongueOut = tongueOut
    """
)
# The lips in quarters: upper and lower, left and right.
for _part, _source in {
    "mouthFunnel": "mouthFunnel",
    "mouthLipsPurse": "mouthPucker",
    "mouthLipsTowards": "mouthPucker",
    "mouthLipsTogether": "mouthClose",
    "jawChinRaise": "",
}.items():
    for _quarter in ("UL", "UR", "DL", "DR"):
        _chin = "mouthShrugUpper" if _quarter[0] == "U" else "mouthShrugLower"
        _META_HUMAN[folded(_part + _quarter)] = _source or _chin
META_HUMAN = {f"ctrlexpressions{key}": source for key, source in _META_HUMAN.items()}

VRM = _read(
    f"""
    blink_L = eyeBlinkLeft
    blink_R = eyeBlinkRight
    blink = {mean("eyeBlink")}
    lookUp = {_GAZE["Up"]}
    lookDown = {_GAZE["Down"]}
    lookLeft = {_GAZE["Left"]}
    lookRight = {_GAZE["Right"]}
    joy = 0.83 mouthSmileLeft + 0.83 mouthSmileRight
    happy = 0.83 mouthSmileLeft + 0.83 mouthSmileRight
    angry = 0.62 browDownLeft + 0.62 browDownRight
    sorrow = 0.91 mouthFrownLeft + 0.91 mouthFrownRight
    sad = 0.91 mouthFrownLeft + 0.91 mouthFrownRight
    surprised = 0.77 eyeWideLeft + 0.77 eyeWideRight
    """
)

# Whole-face keys (Fcl_ALL) and happy eyes shut the lids, so brows and mouth are driven each by its own.
VROID = _read(
    f"""
    Fcl_EYE_Close# = eyeBlink#
    Fcl_EYE_Close = {mean("eyeBlink")}
    Fcl_EYE_Surprised = {mean("eyeWide")}
    Fcl_BRW_Angry = {mean("browDown")}
    Fcl_BRW_Sorrow = browInnerUp
    Fcl_BRW_Surprised = {mean("browOuterUp")}
    Fcl_MTH_Fun = {mean("mouthSmile")}
    Fcl_MTH_Sorrow = {mean("mouthFrown")}
    """
)

MMD = _read(
    f"""
    ウィンク２ = eyeBlinkLeft
    ウィンク２右 = eyeBlinkRight
    まばたき = {mean("eyeBlink")}
    びっくり = {mean("eyeWide")}
    じと目 = {mean("eyeSquint")}
    困る = browInnerUp
    怒り = {mean("browDown")}
    上 = {mean("browOuterUp")}
    にこり = {mean("cheekSquint")}
    口角上げ = {mean("mouthSmile")}
    にっこり = {mean("mouthSmile")}
    口角下げ = {mean("mouthFrown")}
    """
)

# The first that has a channel drives it: a mesh may have the keys of several.
SCHEMES = (
    Scheme("ARKit", {folded(name): name for name in ARKIT}),
    Scheme("Character Creator", CHARACTER_CREATOR),
    Scheme("MetaHuman", META_HUMAN),
    Scheme("VRoid", VROID),
    Scheme("VRM", VRM),
    Scheme("MMD", MMD),
    Scheme("simple", WHOLE),
)


def _mouths(text: str) -> dict[tuple[str, ...], str]:
    out = {}
    for part in text.strip().splitlines():
        keys, _, phones = part.partition("=")
        out[tuple(stripped(key) for key in keys.split())] = phones.strip()
    return out


VISEMES = (
    Visemes(
        "Oculus",
        _mouths(
            """
            sil = SIL
            pp = P B M
            ff = F V
            th = TH DH
            dd = T D
            kk = K G
            ch = CH JH SH
            ss = S Z
            nn = N L
            rr = R
            aa = AA
            e = EH
            ih i = IH IY
            oh o = AO OW
            ou u = UW
            """
        ),
        8,
    ),
    Visemes(
        "Preston Blair",
        _mouths(
            """
            ai = AA AE AH
            e = EH IY
            o = AO OW
            u = UW UH
            mbp = P B M
            fv = F V
            l = L TH
            wq = W
            etc consonants = K T S SH R
            rest = SIL
            """
        ),
        6,
    ),
    Visemes(
        "Microsoft",
        _mouths(
            """
            0 00 = SIL
            1 01 = AE AX AH
            2 02 = AA
            3 03 = AO
            4 04 = EY EH UH
            5 05 = ER
            6 06 = Y IY IH
            7 07 = W UW
            8 08 = OW
            9 09 = AW
            10 = OY
            11 = AY
            12 = HH
            13 = R
            14 = L
            15 = S Z
            16 = SH CH JH ZH
            17 = TH DH
            18 = F V
            19 = D T N
            20 = K G NG
            21 = P B M
            """
        ),
        15,
    ),
    Visemes(
        "Character Creator's visemes",
        _mouths(
            """
            none = SIL
            open = AA
            explosive = P B M
            dentallip = F V
            tighto = AO UW
            tight = W R
            wide = IY EH
            affricate = CH JH SH
            lipopen = T K S
            """
        ),
        5,
    ),
    Visemes("VRM 1's vowels", _mouths("aa = AA\nih = IH IY\nou = UW\nee = EH\noh = AO OW"), 4),
    Visemes("VRM 0's vowels", _mouths("a = AA\ni = IH IY\nu = UW\ne = EH\no = AO OW"), 4),
    Visemes("MMD's vowels", _mouths("あ = AA\nい = IH IY\nう = UW\nえ = EH\nお = AO OW\nん = M"), 4),
)
# What stands in front of a viseme's name, folded; the shortest last.
VISEME_PREFIXES = ("spviseme", "visemeid", "viseme", "phoneme", "lipsync", "fclmth", "mouth", "mth", "vis", "v", "")
