# SPDX-License-Identifier: GPL-3.0-or-later
"""What a performance does of its own accord with brows, eyes, lids and the corners of the mouth: drawn from the seed,
in its manner and style, as far as the direction and its emotions say. The learnt engines take it from here too."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mien.channels import ARKIT, columns
from mien.direction import Direction
from mien.engines.articulation.accents import Accent, Phrase, accents, phrases
from mien.engines.articulation.blinks import blinks
from mien.engines.articulation.brows import brows
from mien.engines.articulation.coarticulation import smooth
from mien.engines.articulation.constraints import rest
from mien.engines.articulation.emotion import mixes
from mien.engines.articulation.eyelids import eyelids
from mien.engines.articulation.gaze import gaze
from mien.engines.articulation.manner import Manner, manner
from mien.engines.articulation.mouth_corners import mouth_corners
from mien.engines.articulation.persona import style_of
from mien.engines.articulation.styles import Style, lean
from mien.numeric.random_streams import stream
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack

LIFTED, LOWERED = columns("browOuterUp"), columns("browDown")
RAISED = [*columns("browInnerUp"), *LIFTED]
HOLDS = 0.6  # by how much of itself a whole emotion stills the corners of the mouth


class NonverbalMotion:
    """Of one performance of phones and prosody (T,); `levels` are its emotions, (T,) each; `style`: of whom, None for
    the direction's. Without temperature it is
    the same for all seeds, and only accents, questions and blinks are left of it."""

    def __init__(
        self, track: PhoneTrack, prosody: Prosody, direction: Direction, levels: dict[str, np.ndarray],
        style: Style | None = None,
    ) -> None:  # fmt: skip
        self.track, self.prosody, self.direction, self.levels = track, prosody, direction, levels
        self.frames, self.temperature = len(track), direction.temperature
        self.seed = direction.seed if direction.temperature else 0
        self.style: Style = style or style_of(direction)
        self.manner: Manner = manner(self.seed, direction.temperature)

    @cached_property
    def accents(self) -> list[Accent]:
        return accents(self.track, self.prosody)

    @cached_property
    def phrases(self) -> list[Phrase]:
        return phrases(self.track, self.prosody)

    @cached_property
    def speaking(self) -> np.ndarray:
        """(T,) 0 to 1."""
        return smooth(1 - rest(self.track), 31)

    def of(self, attribute: str) -> np.ndarray:
        """(T,) a number of the emotions' profiles."""
        return mixes.mixed(self.levels, attribute, self.frames)

    def chance(self, purpose: str) -> np.random.Generator:
        return stream(self.seed, purpose)

    def brows(self, weights: np.ndarray) -> np.ndarray:
        """(T, 52) to be added to weights (T, 52) that have the emotions."""
        own, lift = self.manner, self.of("brows")
        raised = brows(
            self.frames, self.accents, self.phrases, lift, self.of("tremor"), self.temperature, self.chance("brows"),
            own.brows, own.asymmetry,
        )  # fmt: skip
        lean(raised, "brow", own.brow_lean)
        # where accents lower the brows none rises, where an emotion lifts them none falls
        raised[:, RAISED] *= np.clip(1 + lift, 0, 1)[:, None]
        raised[:, LOWERED] *= 1 - np.clip(weights[:, LIFTED].mean(1, keepdims=True), 0, 1)
        return self.direction.brows * self.style.brows * raised

    def corners(self) -> np.ndarray:
        """(T, 52) to be added to the mouth; an emotion holds the corners where it wants them."""
        own, emotion = self.manner, np.clip(sum(self.levels.values(), np.zeros(self.frames)), 0, 1)
        free = self.temperature * (1 - HOLDS * emotion)[:, None]
        return free * mouth_corners(self.frames, own.corners, own.asymmetry, self.chance("corners"))

    def lids(self) -> np.ndarray:
        """(T, 52) to be added between the blinks; nothing where there shall be no blinks."""
        own, amount = self.manner, min(self.direction.blinks, 1) * self.temperature
        return amount * eyelids(self.frames, own.lids, own.asymmetry, self.chance("lids"))

    def gaze(self, rotation: np.ndarray) -> tuple[np.ndarray, list[int]]:
        """((T, 2) pitch and yaw of the eyes in a head of rotation (T, 3), frames of the shifts that bring a blink)."""
        amount = self.style.gaze * self.manner.gaze * self.temperature
        eyes, startled = gaze(
            self.frames, self.phrases, rotation, 1 + 30 * self.of("tremor"), amount, self.chance("gaze")
        )  # fmt: skip
        return self.direction.gaze * eyes, startled

    def blinks(self, startled: list[int]) -> tuple[np.ndarray, list[tuple[float, float]]]:
        """((T, 52) to be added, [(start, end)] seconds in which the lids are shut); `startled` are the frames of gaze
        shifts that bring a blink along."""
        often = self.style.blinks * self.manner.blinks * self.direction.blinks
        if not often:
            return np.zeros((self.frames, len(ARKIT))), []
        often *= 0.75 + 0.25 * self.speaking
        duration = self.style.blink_time * self.manner.blink_time * self.of("blink_time")
        return blinks(
            self.frames, often, self.of("blinks"), duration, self.phrases, self.accents, startled, self.chance("blinks")
        )  # fmt: skip
