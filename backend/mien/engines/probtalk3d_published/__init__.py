# SPDX-License-Identifier: GPL-3.0-or-later
"""ProbTalk3D as published (Wu et al. 2024, arXiv 2409.07966), on the authors' own weights and the user's FLAME.

`network.py` is the network, built of `blocks.py`, `quantiser.py`, `motion_prior.py`, `code_predictor.py` and
`hubert.py`: written from a description of its numbers and none of its code. The weights are the user's own and
non-commercial; they move FLAME (`flame_motion.py`).
"""

from pathlib import Path

from mien.files.card import Licence

NAME = "probtalk3d-published"
FOLDER = Path("engines") / NAME  # in the data folder
FILE = "probtalk3d.safetensors"
LICENCE = Licence(
    "CC-BY-NC-4.0",
    paid=False,
    text="ProbTalk3D (S. Wu, K. I. Haque, Z. Yumak, 2024) is published under CC-BY-NC-4.0: not for paid work, and its "
    "authors are named. No other text comes with the weights, so it is taken for theirs too. They were trained on "
    "MEAD, whose recordings are for research, and they move FLAME, whose own licence applies besides.",
    page="https://creativecommons.org/licenses/by-nc/4.0/",
)
