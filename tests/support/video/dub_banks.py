# SPDX-License-Identifier: GPL-3.0-or-later
"""References of the drawn talker, ready to be rendered from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mien.engines.personatalk.mouth_space import MouthSpace, mouth_space
from mien.engines.personatalk.references.bank import ReferenceBank, reference_bank
from mien.engines.personatalk.template import FaceTemplate, face_template
from talkers import Talker, talker


@dataclass(frozen=True, eq=False)
class DrawnBank:
    talker: Talker
    space: MouthSpace
    template: FaceTemplate
    bank: ReferenceBank
    mouth: np.ndarray


def drawn_bank(frames: int = 60, references: int = 45) -> DrawnBank:
    """The first pictures of the talker are its references."""
    made = talker(frames)
    learnt = np.arange(frames) < references
    space, template = mouth_space(made.shapes, learnt), face_template(made.shapes, learnt)
    bank = reference_bank(np.flatnonzero(learnt), enumerate(made.pictures), made.shapes, space, template)
    return DrawnBank(made, space, template, bank, space.coefficients(made.shapes.shapes))
