# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines by name."""

from __future__ import annotations

from mien.engines.articulation import Articulation
from mien.engines.base import Cancelled, Engine, EngineError, EngineInfo, Progress, no_progress
from mien.engines.toy import Toy

ENGINES: dict[str, type[Engine]] = {"articulation": Articulation, "toy": Toy}
DEFAULT = "articulation"
NAMES = tuple(name for name, kind in ENGINES.items() if not kind.info.hidden)

__all__ = ["DEFAULT", "NAMES", "Cancelled", "Engine", "EngineError", "EngineInfo", "Progress", "engine", "no_progress"]


def engine(name: str) -> Engine:
    """The engine of that name, not yet loaded. EngineError names the ones there are."""
    if name not in ENGINES:
        raise EngineError(f"there is no engine {name!r}; this Mien has {', '.join(NAMES)}.")
    return ENGINES[name]()
