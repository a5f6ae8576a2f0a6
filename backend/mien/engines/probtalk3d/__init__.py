# SPDX-License-Identifier: GPL-3.0-or-later
"""ProbTalk3D (Wu et al. 2024, arXiv 2409.07966): takes that vary, sampled as codes of a motion codebook.

Two stages of Mien's own: `codec.py` and `code_predictor.py`. `probtalk3d_published/` has the network as published.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mien.direction import EMOTIONS
from mien.engines.articulation.style_names import KNOWN
from mien.engines.base import OWN_LICENCE, Engine, EngineInfo

if TYPE_CHECKING:
    from torch.nn import Module

WEIGHTS = Path(__file__).with_name("mien.safetensors")


def create() -> Engine:
    from mien.engines.probtalk3d.engine import ProbTalk3D

    return ProbTalk3D()


def read_networks() -> Iterable[Module]:
    from mien.engines.probtalk3d.weights import load_all

    return load_all(WEIGHTS)


INFO = EngineInfo(
    name="probtalk3d",
    version="1",
    emotions=EMOTIONS,
    styles=KNOWN,
    licence=OWN_LICENCE,
    create=create,
    supports=("lips_model", "persona"),
    description="draws takes from speech, a style and emotions",
    weights=WEIGHTS,
    read_networks=read_networks,
    batch_size=5,  # `sampling.GROUP`: so many takes are sampled at once, whether they are wanted or not
)
