# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of engines: one row each. Light to import: an engine's own modules are imported when one is made.

To add an engine: a folder with its `INFO` in `__init__.py`, and a row here.
"""

from __future__ import annotations

from mien.direction import Direction, DirectionError
from mien.engines import articulation, emodiffhead, kfusion, probtalk3d, probtalk3d_published, toy
from mien.engines.base import Cancelled, Engine, EngineError, EngineInfo, EngineMissing, Missing, Progress, no_progress
from mien.errors import did_you_mean

ENGINES: dict[str, EngineInfo] = {
    info.name: info
    for info in (
        probtalk3d.INFO,
        emodiffhead.INFO,
        kfusion.INFO,
        articulation.INFO,
        probtalk3d_published.INFO,
        toy.INFO,
    )
}
DEFAULT = probtalk3d.INFO.name
NAMES = tuple(name for name, info in ENGINES.items() if not info.hidden)

__all__ = [
    "DEFAULT", "ENGINES", "NAMES", "Cancelled", "Engine", "EngineError", "EngineInfo", "EngineMissing", "Missing",
    "Progress", "check", "check_film", "engine", "info_of", "no_progress",
]  # fmt: skip


def engine(name: str) -> Engine:
    """The engine of that name, not yet loaded. EngineError names the ones there are."""
    return info_of(name).create()


def info_of(name: str) -> EngineInfo:
    """What is known of the engine of that name. EngineError as above."""
    if name not in ENGINES:
        raise EngineError(f"there is no engine {name!r}; this Mien has {', '.join(NAMES)}{did_you_mean(name, NAMES)}.")
    return ENGINES[name]


def check(direction: Direction, info: EngineInfo) -> None:
    """DirectionError for what the engine cannot show."""
    unknown = sorted(set(direction.emotion) - set(info.emotions))
    if unknown:
        raise DirectionError(f"{info.name} does not show {unknown[0]!r}; it shows {', '.join(info.emotions)}.")
    if unsupported := [name for name in direction.optional_fields if name not in info.supports]:
        able = [name for name in NAMES if unsupported[0] in ENGINES[name].supports]
        others = f"ask {' or '.join(able)}" if able else "no engine here does"
        raise DirectionError(f"{info.name} does not follow {unsupported[0]!r}; {others}.")
    if direction.style not in info.styles:
        raise DirectionError(
            f"{info.name} has no style {direction.style!r}; it has {info.styles_in_words}"
            f"{did_you_mean(direction.style, info.styles)}."
        )


def check_film(name: str, direction: Direction) -> None:
    """EngineError or DirectionError where no film can be made with takes of the engine of that name, before any work
    is done: it is not there, moves another head than the 52 channels, or cannot show what is asked."""
    info = info_of(name)
    if info.head != "mien":
        able = ", ".join(each for each in NAMES if ENGINES[each].head == "mien")
        raise EngineError(
            f"the takes of {name} have no channels of the mouth, so no film can be made with it; ask {able}."
        )
    check(direction, info)
