# SPDX-License-Identifier: GPL-3.0-or-later
"""The emotions on the face over time, as mixes (docs/articulation.md, section 6)."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, INDEX, columns, other_side
from mien.direction import Direction
from mien.engines.articulation.coarticulation import smooth
from mien.engines.articulation.emotion.ducking import MOUTH, OPENING, ducking
from mien.engines.articulation.emotion.profiles import NEUTRAL, PROFILES
from mien.engines.articulation.emotion.swell import limited, wander
from mien.numeric.random_streams import stream
from mien.speech_analysis.track import RATE, PhoneTrack

ONSET, OFFSET = 0.4, 0.8  # s for a full rise and fall: a face does not switch
ASYMMETRY = 0.05
OWN_MOUTH = 0.3  # share of the seed's wandering in the mouth: takes of one sound agree on the lips
PUCKERED = 0.5  # by which a whole pucker draws in a smile
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
    swelling: np.ndarray | float = 1.0,
) -> np.ndarray:
    """(T, 52) weights of the emotions, to be added to speech, with `resting` (52,), the style's. `still` (T,) is 1 in
    pauses.

    Every emotion shows by `swelling` (T,), the voice's (`swell.py`), and wanders about it, and one side leads, as
    `seed` says; the phones take back what they need of the mouth. `spread` scales what the seed does (the direction's
    temperature).
    """
    frames = len(track)
    added = np.tile(resting, (frames, 1))
    for name, level in levels.items():
        rng = stream(seed, f"emotion {name}")
        own = spread * wander(rng, frames)
        mirrored = name == "contempt" and rng.random() < 0.5
        lead = ASYMMETRY * spread * (1 if rng.random() < 0.5 else -1)
        pose = _pose(PROFILES[name].face, mirrored, lead)
        paused = _pose({**PROFILES[name].face, **PROFILES[name].pauses}, mirrored, lead)
        shown = np.tile((level * limited(swelling + own))[:, None], len(ARKIT))
        shown[:, MOUTH] = (level * limited(swelling + OWN_MOUTH * own))[:, None]
        added += shown * (pose + still[:, None] * (paused - pose))
    added[:, OPENING] *= (1 - still)[:, None]  # a mouth at rest is shut
    return added * ducking(track)


def add(weights: np.ndarray, added: np.ndarray) -> np.ndarray:
    """Speech with emotion (T, 52): a pucker wins over a smile."""
    total = weights + added
    total[:, SMILE] *= 1 - PUCKERED * np.clip(total[:, [PUCKER]], 0, 1)
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


def _pose(face: dict[str, float], mirrored: bool, lead: float) -> np.ndarray:
    pose = np.zeros(len(ARKIT))
    for name, value in face.items():
        for i in columns(name):
            side = other_side(ARKIT[i]) if mirrored else ARKIT[i]
            lean = 1 + lead if side.endswith("Left") else 1 - lead if side.endswith("Right") else 1
            pose[INDEX[side]] = value * lean
    return pose
