# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a face of the user's own ("match this face") is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from mien.channels import ARKIT
from mien.direction import Direction
from mien.engines.neural.audio_features import audio_features
from mien.engines.neural.motion_space import FPS, motion_of, visible
from mien.evaluation.takes.clips import Clip
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take
from mien.training.emodiffhead.expression_augmentation import add_expression, one_sided, posteriors_of, random_pose

POSES = 4  # of each clip; half of them one-sided
BEGIN = 25  # frames that are left out: the face comes in them

Perform = Callable[[Clip, Direction], Take]
"""A take at the engine's own rate."""
Analyses = Mapping[str, tuple[PhoneTrack, Prosody]]


def error(clips: Sequence[Clip], perform: Perform, analyses: Analyses) -> float:
    """|take with a face - target| / |target - take without|, of takes of one seed, in the millimetres that the numbers
    move the face, over all clips. The target is the take without, the face added by the rules (`add_expression`):
    weaker where phones need the lips, closures kept. 0 is the target exactly, 1 no face at all."""
    off = whole = 0.0
    mm = visible()[: len(ARKIT)]
    for clip in clips:
        rng = np.random.default_rng(clip.direction.seed)
        plain = motion_of(perform(clip, clip.direction).resample(FPS))
        phones = posteriors_of(audio_features(*analyses[clip.name], len(plain)))
        for i in range(POSES):
            face = one_sided(rng, random_pose(rng)) if i % 2 else random_pose(rng)
            direction = replace(clip.direction, face=dict(zip(ARKIT, face.tolist(), strict=True)), onset=0.0)
            matched = motion_of(perform(clip, direction).resample(FPS))
            target = add_expression(plain, np.tile(face, (len(plain), 1)), phones)
            shown, wanted, none = (
                (motion[BEGIN:, : len(ARKIT)] * mm).astype(float) for motion in (matched, target, plain)
            )
            off += float(np.square(shown - wanted).sum())
            whole += float(np.square(wanted - none).sum())
    return float(np.sqrt(off / whole))
