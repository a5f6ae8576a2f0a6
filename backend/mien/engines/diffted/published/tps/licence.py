# SPDX-License-Identifier: GPL-3.0-or-later
"""The licence that a user accepts before the motion model's weights are imported."""

from mien.engines.diffted.published.tps import LICENCE_NAME, PAGE
from mien.files.card import Licence

LICENCE = Licence(
    LICENCE_NAME,
    paid=False,  # nobody who could has allowed it
    text="The Thin-Plate-Spline motion model (J. Zhao, H. Zhang, 2022) is published under the MIT licence. No other "
    "text comes with the weights. They were trained on VoxCeleb or on TED talks, whose recordings belong to others and "
    "are for research, so ask before paid work. Animate nobody who has not agreed.",
    page=PAGE,
)
