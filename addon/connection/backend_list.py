# SPDX-License-Identifier: GPL-3.0-or-later
"""The backends that the panel lists: those used before, those found in the network, and Blender's own. No bpy."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from .client import API, EngineInfo, Info, Missing
from .credentials import plain
from .discovery import Found

KEPT = 8  # backends that are remembered; the one used longest ago is forgotten first


@dataclass(frozen=True)
class Known:
    """A backend that was used or typed before; `used` seconds since 1970, `name` as it announced itself or ''."""

    address: str
    name: str = ""
    used: float = 0.0


@dataclass(frozen=True)
class Row:
    """A line of the list. `refusal` says why it cannot be chosen, '' when it can; `where` it was learned of:
    'own', 'found' or 'used'."""

    title: str
    address: str
    where: str
    refusal: str = ""
    name: str = ""
    sha256: str = ""
    token_wanted: bool = False


def rows(known: Iterable[Known], found: Iterable[Found], own: str, chosen: str) -> list[Row]:
    """What the panel lists: Blender's own backend, then what was found, then what was used and not found.

    `own` and `chosen` are addresses, '' for none. Every address comes once; a backend that was found at another
    address than it was used at (it has another port now) is listed where it is.
    """
    listed = [Row("Blender's own", own, "own")] if own else []
    there = {plain(row.address) for row in listed}
    found, names = list(found), set()
    for each in found:
        names.add(each.name)
        if plain(each.address) not in there:
            there.add(plain(each.address))
            told = (each.name, each.sha256, each.token_wanted)
            listed.append(Row(each.name, each.address, "found", mismatch(each.api), *told))
    for each in sorted(known, key=lambda each: -each.used):
        if plain(each.address) in there or (each.name in names and plain(each.address) != plain(chosen)):
            continue
        there.add(plain(each.address))
        listed.append(Row(each.name or plain(each.address).partition("://")[2], each.address, "used", "", each.name))
    return listed


def mismatch(api: str) -> str:
    """Why a backend that announces this API version cannot be used; '' when it can, or does not say."""
    if api in ("", str(API)):
        return ""
    return f"It speaks API version {api} and this extension version {API}; update the older of the two"


def forgotten(known: list[Known]) -> list[str]:
    """The addresses to forget, so that KEPT remain."""
    return [each.address for each in sorted(known, key=lambda each: -each.used)[KEPT:]]


def remembered(info: Info) -> str:
    """What a backend said of itself, as text to keep: the panel draws with it while there is no backend."""
    return json.dumps(asdict(info))


def recalled(text: str) -> Info | None:
    """What was kept; None for nothing, or what another version of the extension kept."""
    try:
        kept = json.loads(text)
        engines = tuple(
            EngineInfo(
                **{
                    **engine,
                    "emotions": tuple(engine["emotions"]),
                    "styles": tuple(engine["styles"]),
                    "missing": tuple(Missing(**each) for each in engine["missing"]),
                    "follows": tuple(engine.get("follows", ())),
                }
            )
            for engine in kept["engines"]
        )
        return Info(**{**kept, "engines": engines})
    except (ValueError, KeyError, TypeError):
        return None
