# SPDX-License-Identifier: GPL-3.0-or-later
"""The licence that a user accepts before the published weights are imported."""

from mien.engines.probtalk3d_published import LICENCE_NAME
from mien.files.card import Licence

LICENCE = Licence(
    LICENCE_NAME,
    paid=False,
    text="ProbTalk3D (S. Wu, K. I. Haque, Z. Yumak, 2024) is published under CC-BY-NC-4.0: not for paid work, and its "
    "authors are named. No other text comes with the weights, so it is taken for theirs too. They were trained on "
    "MEAD, whose recordings are for research, and they move FLAME, whose own licence applies besides.",
    page="https://creativecommons.org/licenses/by-nc/4.0/",
)
