# SPDX-License-Identifier: GPL-3.0-or-later
"""KFusion: facial landmarks from two domains of the sound, fused by a KAN (Vo-Thanh, Nguyen and Kim 2024, arXiv
2409.05330). `published.py` has the network as published; weights of it are not public."""

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
    from mien.engines.kfusion.engine import KFusionEngine

    return KFusionEngine()


def read_networks() -> Iterable[Module]:
    from mien.engines.kfusion.weights import load

    return (load(WEIGHTS),)


INFO = EngineInfo(
    name="kfusion",
    version="1",
    emotions=EMOTIONS,
    styles=KNOWN,
    licence=OWN_LICENCE,
    create=create,
    supports=("lips_model", "persona"),
    description="moves 68 landmarks of any face by speech, a style and emotions, and takes by these",
    weights=WEIGHTS,
    read_networks=read_networks,
    batch_size=5,
)
