# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines by name."""

from __future__ import annotations

from mien.direction import Direction, DirectionError
from mien.engines.articulation.engine import Articulation
from mien.engines.base import Cancelled, Engine, EngineError, EngineInfo, EngineMissing, Missing, Progress, no_progress
from mien.engines.emodiffhead.engine import EMOdiffhead
from mien.engines.probtalk3d.engine import ProbTalk3D
from mien.engines.probtalk3d_published.engine import Published
from mien.engines.toy import Toy

ENGINES: dict[str, type[Engine]] = {
    "probtalk3d": ProbTalk3D, "emodiffhead": EMOdiffhead, "articulation": Articulation,
    "probtalk3d-published": Published, "toy": Toy,
}  # fmt: skip
DEFAULT = "probtalk3d"
NAMES = tuple(name for name, kind in ENGINES.items() if not kind.info.hidden)

__all__ = [
    "DEFAULT", "NAMES", "Cancelled", "Engine", "EngineError", "EngineInfo", "EngineMissing", "Missing", "Progress",
    "check", "engine", "no_progress",
]  # fmt: skip


def engine(name: str) -> Engine:
    """The engine of that name, not yet loaded. EngineError names the ones there are."""
    if name not in ENGINES:
        raise EngineError(f"there is no engine {name!r}; this Mien has {', '.join(NAMES)}.")
    return ENGINES[name]()


def check(direction: Direction, info: EngineInfo) -> None:
    """DirectionError for what the engine cannot show."""
    unknown = sorted(set(direction.emotion) - set(info.emotions))
    if unknown:
        raise DirectionError(f"{info.name} does not show {unknown[0]!r}; it shows {', '.join(info.emotions)}.")
    if beyond := [name for name in direction.special if name not in info.follows]:
        able = [name for name in NAMES if beyond[0] in ENGINES[name].info.follows]
        others = f"ask {' or '.join(able)}" if able else "no engine here does"
        raise DirectionError(f"{info.name} does not follow {beyond[0]!r}; {others}.")
    if direction.style not in info.styles:
        raise DirectionError(f"{info.name} has no style {direction.style!r}; it has {info.styles_in_words}.")
