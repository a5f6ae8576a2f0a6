# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH: recordings of somebody who speaks become a persona."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from mien.channels import ARKIT
from mien.engines.articulation.persona import Persona
from mien.engines.base import Progress
from mien.persona import LearningError
from mien.persona.lip_habits import learn_lip_habits
from mien.persona.measures import leans, nonverbal_statistics
from mien.persona.recording import Recording
from mien.persona.style_fit import fit_style

LEAST_SECONDS = 5.0  # of a face and its voice; below ENOUGH it is said that there is little
ENOUGH = 40.0


def learn(recordings: Sequence[Recording], name: str, progress: Progress = lambda fraction, stage: None) -> Persona:
    """The persona of one speaker. `learnt` in it says from what, and what was measured. LearningError where there is
    too little to learn from."""
    seconds = sum(recording.seconds for recording in recordings)
    if seconds < LEAST_SECONDS or not any(recording.speaking.sum() >= 25 for recording in recordings):
        raise LearningError(
            f"there are {seconds:.1f} s of a speaking face in all; {LEAST_SECONDS:g} s are the least, and about a "
            "minute says most."
        )
    progress(0.0, "fitting the style")
    fit = fit_style(recordings, progress=lambda done: progress(0.9 * done, "fitting the style"))
    progress(0.9, "fitting phones")
    habits = learn_lip_habits(recordings)
    own = [(recording, recording.motion) for recording in recordings]
    learnt: dict[str, object] = {
        "seconds": round(seconds, 1),
        "clips": len(recordings),
        "sounds": {recording.name: recording.sha256 for recording in recordings},
        "offsets_ms": {recording.name: round(1000 * recording.offset) for recording in recordings},
        "filmed": any(recording.filmed for recording in recordings),
        "measured": {key: round(value, 4) for key, value in {**nonverbal_statistics(own), **leans(own)}.items()},
        "kept": {key: round(value, 3) for key, value in fit.kept.items()},
        "ranges": _ranges(recordings),
        "gap_mm_own_and_people": habits.gap_mm,
        "correlation_on_parts_left_out": {
            "people": [round(value, 3) for value in habits.without],
            "with_correction": [round(value, 3) for value in habits.with_it],
        },
    }
    progress(1.0, "done")
    return Persona(name, fit.style, habits.correction, learnt)


def sentences_of(persona: Persona) -> list[str]:
    """What a user may want to know of a persona, in words."""
    learnt, style = persona.learnt, persona.style
    factors = ", ".join(
        f"{each.name.replace('_', ' ')} {getattr(style, each.name) / usual:.2f}"
        for each in dataclasses.fields(style)
        if each.name not in ("mouth_lean", "brow_lean", "resting", "tilt")
        for usual in [{"jaw": 1.3, "lips": 1.1}.get(each.name, 1.0)]
    )
    clips = "one clip" if learnt["clips"] == 1 else f"{learnt['clips']} clips"
    lines = [f"Learnt from {learnt['seconds']:g} s of {clips}. As factors on the default style: {factors}."]
    correlations: Any = learnt["correlation_on_parts_left_out"]
    people, own = (correlations[key][0] for key in ("people", "with_correction"))
    if persona.lips is None:
        lines.append(f"The usual lips follow the clip's (r {people:.2f}); no correction of single phones was better.")
    else:
        lines.append(f"On parts left out the usual lips follow the clip's with r {people:.2f}, the learnt {own:.2f}.")
    if float(str(learnt["seconds"])) < ENOUGH:
        lines.append("That is little: about a minute makes head, blinks and brows more certain.")
    return lines


def _ranges(recordings: Sequence[Recording]) -> dict[str, list[float]]:
    """5th and 95th percentile of each channel that moves."""
    weights = np.concatenate([recording.motion.weights[recording.seen] for recording in recordings])
    low, high = np.percentile(weights, [5, 95], axis=0)
    return {
        name: [round(float(one), 3), round(float(other), 3)]
        for name, one, other in zip(ARKIT, low, high, strict=True)
        if other > 0.005
    }
