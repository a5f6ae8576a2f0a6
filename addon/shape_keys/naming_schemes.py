# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of shape keys in other programs, and the source of each key: channels or phones. No bpy.

Names are facts: Apple's ARFaceAnchor.BlendShapeLocation, the viseme reference of Meta's LipSync, Preston Blair's
mouths as Papagayo names them, VRM 0 and 1, VRoid Studio, MikuMikuDance's usual morphs, the Speech API's SPVISEMES,
Reallusion's Character Creator (standard and ExPlus), MetaHuman's CTRL_expressions curves. The channels of a key follow
from its name; the gain of a whole-face expression takes it to 1 where the articulation rules have the emotion at its
highest (docs/articulation.md, section 6).
"""

from dataclasses import dataclass

from ..formats.channels import ARKIT, SIDED, TONGUE, folded, sides, stripped


@dataclass(frozen=True)
class Scheme:
    """keys: folded name of a key -> its source (`key_table.terms` reads it)."""

    name: str
    keys: dict[str, str]


@dataclass(frozen=True)
class VisemeSet:
    """A set of visemes that are mixed. phones: alternative folded names of a viseme -> its phones in ARPAbet; least:
    number of them that a mesh must have to be recognised."""

    name: str
    phones: dict[tuple[str, ...], str]
    least: int


def _read(text: str) -> dict[str, str]:
    """folded key -> source of lines `key = source`; # is the side: L and R in keys, Left and Right in sources."""
    out = {}
    for line in text.strip().splitlines():
        key, _, source = line.partition("=")
        pairs = (("_L", "Left"), ("_R", "Right")) if "#" in key else (("", ""),)
        for mark, side in pairs:
            out[folded(key.strip().replace("#", mark))] = source.strip().replace("#", side)
    return out


def both_sides(name: str) -> str:
    """The source of a key that moves both sides of a channel."""
    return " + ".join(f"0.5 {side}" for side in sides(name))


_GAZE = {
    "Up": "0.5 eyeLookUpLeft + 0.5 eyeLookUpRight",
    "Down": "0.5 eyeLookDownLeft + 0.5 eyeLookDownRight",
    "Left": "0.5 eyeLookOutLeft + 0.5 eyeLookInRight",
    "Right": "0.5 eyeLookInLeft + 0.5 eyeLookOutRight",
}

# Both sides in one key, as in many simple rigs, Ready Player Me's among them.
WHOLE = {folded(name): both_sides(name) for name in SIDED if not name.startswith(("eyeLookIn", "eyeLookOut"))} | _read(
    f"""
    mouthOpen = jawOpen
    openMouth = jawOpen
    eyesClosed = {both_sides("eyeBlink")}
    eyesWide = {both_sides("eyeWide")}
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
    blink = {both_sides("eyeBlink")}
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

# Whole-face keys (Fcl_ALL) and happy eyes shut the lids, so brows and mouth are driven by keys of their own.
VROID = _read(
    f"""
    Fcl_EYE_Close# = eyeBlink#
    Fcl_EYE_Close = {both_sides("eyeBlink")}
    Fcl_EYE_Surprised = {both_sides("eyeWide")}
    Fcl_BRW_Angry = {both_sides("browDown")}
    Fcl_BRW_Sorrow = browInnerUp
    Fcl_BRW_Surprised = {both_sides("browOuterUp")}
    Fcl_MTH_Fun = {both_sides("mouthSmile")}
    Fcl_MTH_Sorrow = {both_sides("mouthFrown")}
    """
)

MMD = _read(
    f"""
    ウィンク２ = eyeBlinkLeft
    ウィンク２右 = eyeBlinkRight
    まばたき = {both_sides("eyeBlink")}
    びっくり = {both_sides("eyeWide")}
    じと目 = {both_sides("eyeSquint")}
    困る = browInnerUp
    怒り = {both_sides("browDown")}
    上 = {both_sides("browOuterUp")}
    にこり = {both_sides("cheekSquint")}
    口角上げ = {both_sides("mouthSmile")}
    にっこり = {both_sides("mouthSmile")}
    口角下げ = {both_sides("mouthFrown")}
    """
)

# Mien's own shapes, and those by which others raise a tongue. Theirs are up at 1; Mien's reach up from an open jaw,
# too, so that they are at some half of it in speech.
TONGUES = (
    {folded(name): name for name in TONGUE},
    _read("Tongue_Mid_Up = 1.25 tongueBackUp"),
    _read("V_Tongue_Up = 1.25 tongueTipUp\nV_Tongue_Raise = 1.25 tongueBackUp"),
    _read("Tongue_Up = 1.25 tongueTipUp"),
    {"ctrlexpressionstonguetipup": "1.25 tongueTipUp"},
    {"ctrlexpressionstongueup": "1.25 tongueTipUp"},
)

# A channel is driven by the first scheme that has a key for it: a mesh may have keys of several schemes.
SCHEMES = (
    Scheme("ARKit", {folded(name): name for name in ARKIT}),
    Scheme("Character Creator", CHARACTER_CREATOR),
    Scheme("MetaHuman", META_HUMAN),
    Scheme("VRoid", VROID),
    Scheme("VRM", VRM),
    Scheme("MMD", MMD),
    Scheme("simple", WHOLE),
    *(Scheme("tongue", keys) for keys in TONGUES),
)


def _viseme_names(text: str) -> dict[tuple[str, ...], str]:
    """names of a viseme -> phones, of lines `name name ... = phones`."""
    out = {}
    for part in text.strip().splitlines():
        keys, _, phones = part.partition("=")
        out[tuple(stripped(key) for key in keys.split())] = phones.strip()
    return out


VISEMES = (
    VisemeSet(
        "Oculus",
        _viseme_names(
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
    VisemeSet(
        "Preston Blair",
        _viseme_names(
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
    VisemeSet(
        "Microsoft",
        _viseme_names(
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
    VisemeSet(
        "Character Creator's visemes",
        _viseme_names(
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
    VisemeSet("VRM 1's vowels", _viseme_names("aa = AA\nih = IH IY\nou = UW\nee = EH\noh = AO OW"), 4),
    VisemeSet("VRM 0's vowels", _viseme_names("a = AA\ni = IH IY\nu = UW\ne = EH\no = AO OW"), 4),
    VisemeSet("MMD's vowels", _viseme_names("あ = AA\nい = IH IY\nう = UW\nえ = EH\nお = AO OW\nん = M"), 4),
)
# Folded prefixes of visemes' names, the shortest last.
VISEME_PREFIXES = ("spviseme", "visemeid", "viseme", "phoneme", "lipsync", "fclmth", "mouth", "mth", "vis", "v", "")
