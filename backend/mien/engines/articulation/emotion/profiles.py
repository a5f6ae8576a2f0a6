# SPDX-License-Identifier: GPL-3.0-or-later
"""The eight emotions at full intensity (docs/articulation.md, sections 5 and 6).

Action units of the EMFACS prototypes as ARKit weights, those that viewers recognised on the default head; bilateral
unless a side is named.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Profile:
    """One emotion at full intensity."""

    face: dict[str, float]
    jaw: float = 1.0  # factor on the jaw axis
    lips: float = 1.0
    blinks: float = 0.30  # a second
    blink_time: float = 1.0  # factor on a blink's duration
    pitch: float = 0.0  # degrees, head; + is up
    yaw: float = 0.0
    roll: float = 0.0
    motion: float = 1.0  # factor on head movement
    accents: float = 1.0  # factor on nods
    brows: float = 1.0  # accents raise (1) or lower (-1) the brows
    tremor: float = 0.0  # of the brows, 8 to 10 Hz
    pauses: dict[str, float] = field(default_factory=dict)  # weights in pauses, in place of `face`


PROFILES: dict[str, Profile] = {
    "happy": Profile(
        {"mouthSmile": 1.0, "mouthUpperUp": 0.7, "mouthLowerDown": 0.6, "mouthDimple": 0.6, "mouthStretch": 0.15,
         "cheekSquint": 0.6, "eyeSquint": 0.5},
        jaw=1.15, lips=1.1, blinks=0.35, pitch=2, motion=1.15,
    ),
    "angry": Profile(
        {"browDown": 1.0, "browOuterUp": 0.25, "eyeSquint": 0.15, "mouthUpperUp": 0.9, "mouthLowerDown": 1.0,
         "mouthStretch": 0.3, "mouthShrugUpper": 0.3, "jawForward": 0.3},
        jaw=1.15, lips=1.2, blinks=0.20, pitch=-3, accents=1.5, brows=-1, pauses={"mouthPress": 0.4},
    ),
    "sad": Profile(
        {"browInnerUp": 1.0, "mouthFrown": 0.9, "mouthStretch": 0.8, "mouthShrugLower": 0.6, "eyeBlink": 0.22,
         "eyeSquint": 0.4},
        jaw=0.75, lips=0.75, blinks=0.35, blink_time=1.4, pitch=-6, motion=0.6,
    ),
    "fear": Profile(
        {"browInnerUp": 1.0, "browOuterUp": 0.2, "browDown": 0.2, "eyeWide": 1.0, "mouthStretch": 1.0,
         "mouthUpperUp": 0.5, "mouthLowerDown": 0.3, "mouthFrown": 0.5},
        jaw=1.05, blinks=0.45, pitch=2, tremor=0.01,
    ),
    "disgusted": Profile(
        {"noseSneer": 1.0, "browDown": 0.9, "eyeSquint": 1.0, "cheekSquint": 0.2, "mouthUpperUp": 0.4,
         "mouthShrugLower": 0.6, "eyeBlink": 0.25, "browInnerUp": 0.3, "jawOpen": 0.1},
        jaw=0.95, lips=0.9, blinks=0.30, pitch=3, yaw=4, brows=-1,
    ),
    "surprised": Profile(
        {"browInnerUp": 0.1, "browOuterUp": 1.0, "eyeWide": 1.0, "jawOpen": 0.4, "mouthFunnel": 0.5,
         "mouthLowerDown": 0.4},
        jaw=1.15, blinks=0.25, pitch=3,
    ),
    "contempt": Profile(
        {"mouthSmileRight": 0.75, "mouthDimpleRight": 1.0, "mouthPressRight": 0.5, "mouthUpperUpRight": 0.1,
         "cheekSquintRight": 0.5, "browOuterUpRight": 0.6, "browDownLeft": 0.45, "eyeSquint": 0.4, "eyeBlink": 0.15},
        jaw=0.9, lips=0.95, blinks=0.22, pitch=4, roll=5,
    ),
}  # fmt: skip
NEUTRAL = Profile({})
