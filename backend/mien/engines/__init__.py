# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines by name."""

from __future__ import annotations

from mien.engines.articulation import Articulation
from mien.engines.base import Cancelled, Engine, EngineError, EngineInfo, EngineMissing, Missing, Progress, no_progress
from mien.engines.emodiffhead.engine import EMOdiffhead
from mien.engines.probtalk3d.engine import ProbTalk3D
from mien.engines.probtalk3d.published import Published
from mien.engines.toy import Toy

ENGINES: dict[str, type[Engine]] = {
    "probtalk3d": ProbTalk3D, "emodiffhead": EMOdiffhead, "articulation": Articulation,
    "probtalk3d-published": Published, "toy": Toy,
}  # fmt: skip
DEFAULT = "probtalk3d"
NAMES = tuple(name for name, kind in ENGINES.items() if not kind.info.hidden)

__all__ = [
    "DEFAULT", "NAMES", "Cancelled", "Engine", "EngineError", "EngineInfo", "EngineMissing", "Missing", "Progress",
    "engine", "no_progress",
]  # fmt: skip


def engine(name: str) -> Engine:
    """The engine of that name, not yet loaded. EngineError names the ones there are."""
    if name not in ENGINES:
        raise EngineError(f"there is no engine {name!r}; this Mien has {', '.join(NAMES)}.")
    return ENGINES[name]()
