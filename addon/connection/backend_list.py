# SPDX-License-Identifier: GPL-3.0-or-later
"""The backends that the panel lists: used before, announced in the network, and Blender's own. No bpy."""

from collections.abc import Iterable
from dataclasses import dataclass

from .client import API
from .credentials import plain_address
from .discovery import AnnouncedBackend

KNOWN_LIMIT = 8  # backends that are remembered; the one used longest ago is forgotten first


@dataclass(frozen=True)
class KnownBackend:
    """A backend that was used or typed before. name: as it announced itself, or ''; used: seconds since 1970."""

    address: str
    name: str = ""
    used: float = 0.0


@dataclass(frozen=True)
class BackendRow:
    """A row of the list. where: its source, 'own', 'found' (announced in the network) or 'used'; refusal: why it
    cannot be chosen, '' where it can."""

    title: str
    address: str
    where: str
    refusal: str = ""
    name: str = ""
    sha256: str = ""
    token_wanted: bool = False


def rows(
    known: Iterable[KnownBackend], announced: Iterable[AnnouncedBackend], own: str, chosen: str
) -> list[BackendRow]:
    """The panel's rows: Blender's own backend, then the announced ones, then those used before and not announced.

    `own` and `chosen` are addresses, '' for none. Each address comes once; a backend that is announced at another
    address than it was used at (it has another port now) is listed at the announced one.
    """
    listed = [BackendRow("Blender's own", own, "own")] if own else []
    addresses = {plain_address(row.address) for row in listed}
    names = set()
    for backend in announced:
        names.add(backend.name)
        if plain_address(backend.address) not in addresses:
            addresses.add(plain_address(backend.address))
            fault = api_mismatch(backend.api)
            listed.append(
                BackendRow(
                    backend.name, backend.address, "found", fault, backend.name, backend.sha256, backend.token_wanted
                )
            )
    for backend in sorted(known, key=lambda backend: -backend.used):
        address = plain_address(backend.address)
        if address in addresses or (backend.name in names and address != plain_address(chosen)):
            continue
        addresses.add(address)
        title = backend.name or address.partition("://")[2]
        listed.append(BackendRow(title, backend.address, "used", "", backend.name))
    return listed


def api_mismatch(api: str) -> str:
    """Why a backend that announces this API version cannot be used; '' where it can or announces none."""
    if api in ("", str(API)):
        return ""
    return f"It speaks API version {api} and this extension version {API}; update the older of the two"


def addresses_to_forget(known: list[KnownBackend]) -> list[str]:
    """The addresses of the least recently used backends beyond KNOWN_LIMIT."""
    return [backend.address for backend in sorted(known, key=lambda backend: -backend.used)[KNOWN_LIMIT:]]
