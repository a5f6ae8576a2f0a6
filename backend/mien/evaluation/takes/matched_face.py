# SPDX-License-Identifier: GPL-3.0-or-later
"""How well a pose that is none of the emotions is shown: "match this face"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from mien.channels import ARKIT
from mien.direction import Direction
from mien.engines.neural.audio_features import audio_features
from mien.engines.neural.motion_space import FPS, motion_of, visible
from mien.evaluation.takes.clips import Stretch
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take
from mien.training.emodiffhead.expression_augmentation import add_expression, one_sided, posteriors_of, random_pose

POSES = 4  # of each stretch; half of them lopsided
BEGIN = 25  # frames in which the face comes, and more, that are left out

Perform = Callable[[Stretch, Direction], Take]
"""A take at the engine's own rate."""
Heard = Mapping[str, tuple[PhoneTrack, Prosody]]


def error(found: Sequence[Stretch], perform: Perform, listened: Heard) -> float:
    """|take with a pose - wanted| / |wanted - take without|, of takes of one seed, in the millimetres that the numbers
    move the face. Wanted is the take without, the pose put on it by the rules: ducked where phones need the lips, lips
    that are shut kept so. 0 is exactly that, 1 no pose at all; all stretches together."""
    off = whole = 0.0
    mm = visible()[: len(ARKIT)]
    for stretch in found:
        rng = np.random.default_rng(stretch.direction.seed)
        plain = motion_of(perform(stretch, stretch.direction).resample(FPS))
        phones = posteriors_of(audio_features(*listened[stretch.name], len(plain)))
        for i in range(POSES):
            face = one_sided(rng, random_pose(rng)) if i % 2 else random_pose(rng)
            asked = replace(stretch.direction, face=dict(zip(ARKIT, face.tolist(), strict=True)), onset=0.0)
            made = motion_of(perform(stretch, asked).resample(FPS))
            wanted = add_expression(plain, np.tile(face, (len(plain), 1)), phones)
            shown, other, none = ((each[BEGIN:, : len(ARKIT)] * mm).astype(float) for each in (made, wanted, plain))
            off += float(np.square(shown - other).sum())
            whole += float(np.square(other - none).sum())
    return float(np.sqrt(off / whole))
