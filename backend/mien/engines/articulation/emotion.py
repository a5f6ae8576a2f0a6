# SPDX-License-Identifier: GPL-3.0-or-later
"""The eight emotions on the face, as mixes over time (docs/articulation.md, sections 5 and 6).

Action units of the EMFACS prototypes as ARKit weights at full intensity; bilateral unless a side is named.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mien.channels import ARKIT, INDEX, columns, other_side
from mien.direction import Direction
from mien.engines.articulation import phone_table
from mien.engines.articulation.coarticulation import smooth
from mien.numeric.random_streams import stream
from mien.speech_analysis.track import INDEX as PHONE
from mien.speech_analysis.track import RATE, PhoneTrack


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


# Weights chosen by eye (section 6), raised where Mien's head moves less than ARKit's faces do
PROFILES: dict[str, Profile] = {
    "happy": Profile(
        {"cheekSquint": 0.75, "eyeSquint": 0.30, "browOuterUp": 0.15, "mouthSmile": 0.95, "mouthUpperUp": 0.15,
         "mouthDimple": 0.25},
        jaw=1.15, lips=1.1, blinks=0.35, pitch=2, motion=1.15,
    ),
    "angry": Profile(
        {"browDown": 1.00, "eyeWide": 0.25, "eyeSquint": 0.45, "noseSneer": 0.50, "mouthPress": 0.25,
         "mouthFrown": 0.40, "mouthStretch": 0.15, "mouthLowerDown": 0.25, "jawForward": 0.20},
        jaw=1.35, lips=1.3, blinks=0.20, pitch=-3, accents=1.5, brows=-1, pauses={"mouthPress": 0.5},
    ),
    "sad": Profile(
        {"browInnerUp": 0.95, "browDown": 0.25, "eyeLookDown": 0.15, "eyeBlink": 0.08, "cheekSquint": 0.20,
         "mouthFrown": 0.85, "mouthShrugLower": 0.30, "mouthStretch": 0.10},
        jaw=0.75, lips=0.75, blinks=0.35, blink_time=1.4, pitch=-6, motion=0.6,
    ),
    "fear": Profile(
        {"browInnerUp": 0.90, "browOuterUp": 0.40, "browDown": 0.25, "eyeWide": 0.90, "mouthStretch": 0.70,
         "mouthLowerDown": 0.20, "mouthFrown": 0.25, "jawOpen": 0.05},
        jaw=1.05, blinks=0.45, pitch=2, tremor=0.01,
    ),
    "disgusted": Profile(
        {"noseSneer": 1.00, "browDown": 0.55, "eyeSquint": 0.40, "cheekSquint": 0.40, "mouthUpperUp": 0.50,
         "mouthFrown": 0.50, "mouthLowerDown": 0.15, "mouthShrugLower": 0.15},
        jaw=0.95, lips=0.9, blinks=0.30, pitch=3, yaw=4, brows=-1,
    ),
    "surprised": Profile(
        {"browInnerUp": 0.95, "browOuterUp": 1.00, "eyeWide": 0.90, "jawOpen": 0.06, "mouthFunnel": 0.10},
        jaw=1.15, blinks=0.25, pitch=3,
    ),
    "contempt": Profile(
        {"browOuterUpRight": 0.45, "eyeSquint": 0.25, "browDownLeft": 0.30, "mouthDimpleRight": 0.85,
         "mouthSmileRight": 0.60, "mouthPressRight": 0.20, "mouthUpperUpRight": 0.20},
        jaw=0.9, lips=0.95, blinks=0.22, pitch=3, roll=4,
    ),
}  # fmt: skip
NEUTRAL = Profile({})
ONSET, OFFSET = 0.4, 0.8  # s for a full rise and fall: a face does not switch
LEVEL_NOISE, DRIFT, ASYMMETRY = 0.15, 0.10, 0.05
# How much of an emotion's mouth shows under each kind of phone (ducking)
DUCK = {"bilabial": 0.35, "labiodental": 0.40, "rounded": 0.50, "consonant": 0.80, "vowel": 0.90, "pause": 1.0}
SPREADERS = [i for name in ("mouthSmile", "mouthStretch", "mouthFrown", "mouthDimple") for i in columns(name)]
MOUTH = [i for i, name in enumerate(ARKIT) if name.startswith(("mouth", "jaw", "tongue"))]
SMILE, PUCKER = columns("mouthSmile"), INDEX["mouthPucker"]


def gains(direction: Direction, frames: int) -> dict[str, np.ndarray]:
    """(T,) strength of each emotion at 100 Hz. Steps in the direction's curves take their natural time."""
    times = np.arange(frames) / RATE
    return {name: _eased(gain) for name, gain in direction.gains(times).items() if gain.any()}


def mixed(levels: dict[str, np.ndarray], attribute: str, frames: int) -> np.ndarray:
    """(T,) a number of the profiles, neutral's moved towards each emotion's by its strength."""
    base = getattr(NEUTRAL, attribute)
    return base + sum(
        (level * (getattr(PROFILES[name], attribute) - base) for name, level in levels.items()), np.zeros(frames)
    )


def face(
    levels: dict[str, np.ndarray],
    track: PhoneTrack,
    still: np.ndarray,
    resting: np.ndarray,
    seed: int,
    spread: float,
) -> np.ndarray:
    """(T, 52) weights of the emotions, to be added to speech, with `resting` (52,), the style's. `still` (T,) is 1 in
    pauses.

    Every emotion's level wavers a little and one side leads, as `seed` says; the lower face is ducked where the
    phones need the lips. `spread` scales the wavering (the direction's temperature).
    """
    frames = len(track)
    added = np.tile(resting, (frames, 1))
    for name, level in levels.items():
        rng = stream(seed, f"emotion {name}")
        level = level * _wavering(rng, frames, spread)
        mirrored = name == "contempt" and rng.random() < 0.5
        lead = ASYMMETRY * spread * (1 if rng.random() < 0.5 else -1)
        pose = _pose(PROFILES[name].face, mirrored, lead)
        paused = _pose({**PROFILES[name].face, **PROFILES[name].pauses}, mirrored, lead)
        added += level[:, None] * (pose + still[:, None] * (paused - pose))
    lips, spreaders = _ducking(track)
    share = np.ones((frames, len(ARKIT)))
    share[:, MOUTH] = lips[:, None]
    share[:, SPREADERS] = spreaders[:, None]
    return added * share


def add(weights: np.ndarray, added: np.ndarray) -> np.ndarray:
    """Speech with emotion (T, 52): a pucker wins over a smile."""
    total = weights + added
    total[:, SMILE] *= 1 - 0.6 * np.clip(total[:, [PUCKER]], 0, 1)
    return np.clip(total, 0, 1)


def _eased(gain: np.ndarray) -> np.ndarray:
    """Rises no faster than full in ONSET, falls no faster than full in OFFSET."""
    up, down = 1 / (ONSET * RATE), 1 / (OFFSET * RATE)
    steps = np.diff(gain)
    if not len(steps) or (steps.max() <= up and steps.min() >= -down):
        return gain
    values = gain.tolist()  # a loop over the array takes twice as long
    now = values[0]
    for i, wanted in enumerate(values):
        values[i] = now = min(max(wanted, now - down), now + up)
    return smooth(np.array(values), 21)


def _wavering(rng: np.random.Generator, frames: int, spread: float) -> np.ndarray:
    """(T,) around 1: one level for the sentence, and a slow drift of 0.1 to 0.3 Hz."""
    level = 1 + LEVEL_NOISE * spread * rng.uniform(-1, 1)
    t = np.arange(frames) / RATE
    waves = [np.sin(2 * np.pi * (f * t + rng.random())) for f in rng.uniform(0.1, 0.3, 3)]
    return level * (1 + DRIFT * spread * np.mean(waves, axis=0))


def _pose(face: dict[str, float], mirrored: bool, lead: float) -> np.ndarray:
    pose = np.zeros(len(ARKIT))
    for name, value in face.items():
        for i in columns(name):
            side = other_side(ARKIT[i]) if mirrored else ARKIT[i]
            lean = 1 + lead if side.endswith("Left") else 1 - lead if side.endswith("Right") else 1
            pose[INDEX[side]] = value * lean
    return pose


def _ducking(track: PhoneTrack) -> tuple[np.ndarray, np.ndarray]:
    """(T,) shares of the emotion that the mouth may show, in general and of what spreads the lips."""
    factor = np.full(len(PHONE), DUCK["consonant"])
    for phones, kind in (
        (phone_table.VOWELS, "vowel"),
        (phone_table.BILABIALS, "bilabial"),
        (phone_table.LABIODENTALS, "labiodental"),
        (("SIL",), "pause"),
    ):
        factor[[PHONE[p] for p in phones]] = DUCK[kind]
    spreading = factor.copy()
    spreading[[PHONE[p] for p in phone_table.ROUNDED]] = DUCK["rounded"]
    return smooth(track.posteriors @ factor, 9), smooth(track.posteriors @ spreading, 9)
