# SPDX-License-Identifier: GPL-3.0-or-later
from fractions import Fraction

import numpy as np
from mien.engines.base import OWN_LICENCE
from mien.export.licence import YOURS, licence_of
from mien.heads.default import load_head
from mien.take import Take


def take_under(**meta: str) -> Take:
    still = np.zeros((1, 3), np.float32)
    return Take(fps=Fraction(25), duration=0.04, head_rotation=still, offsets=still[None], meta=meta)


def test_a_take_of_miens_own_is_its_users_and_not_under_the_softwares_licence() -> None:
    head = load_head()
    assert licence_of(take_under(licence=OWN_LICENCE), head) == f"{YOURS}; the head: {head.licence}"
    said = licence_of(take_under(licence=f"{OWN_LICENCE}; {head.licence}"), head)
    assert said == f"{YOURS}; {head.licence}" and "GPL" not in said


def test_terms_of_others_stay_as_they_are() -> None:
    head = load_head()
    assert licence_of(take_under(licence="CC-BY-NC-4.0; FLAME"), head) == "CC-BY-NC-4.0; FLAME"
    assert licence_of(take_under(), head) == head.licence
