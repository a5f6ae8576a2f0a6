# SPDX-License-Identifier: GPL-3.0-or-later
"""Names by which the items of a list are told apart. A library override finds items by them when a file is opened, and
loses all but one of those that share a name. No bpy."""

from collections.abc import Iterable


def distinct(name: str, taken: Iterable[str]) -> str:
    """The name, with the first number from 2 on that makes it differ from all that are taken."""
    used = set(taken)
    if name not in used:
        return name
    number = 2
    while f"{name} {number}" in used:
        number += 1
    return f"{name} {number}"


def name_of_mesh(part) -> None:
    """Name a further mesh after its mesh, unless it has a name: that of a library's must stay as it is there."""
    if part.mesh is not None and not part.name:
        part.name = distinct(part.mesh.name, (other.name for other in part.id_data.mien.parts if other != part))


def name_parts(speaker) -> None:
    """Name the further meshes that have none, of files of earlier versions."""
    for part in speaker.mien.parts:
        name_of_mesh(part)
