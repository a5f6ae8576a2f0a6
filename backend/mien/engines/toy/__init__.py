# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny seeded engine for tests, hidden from users, and the shortest example of an engine's folder."""

from mien.direction import EMOTIONS
from mien.engines.base import Engine, EngineInfo


def create() -> Engine:
    from mien.engines.toy.engine import Toy

    return Toy()


INFO = EngineInfo(
    name="toy",
    version="1",
    emotions=EMOTIONS,
    styles=("default",),
    licence="GPL-3.0-or-later",
    create=create,
    hidden=True,
)
