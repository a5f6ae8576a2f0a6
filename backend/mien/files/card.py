# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards of imported models: beside a tensor file of Mien's own, where it is from, its sha256 and the licence that was
accepted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.files.atomic import atomic_write_all
from mien.files.digest import sha256_of
from mien.files.safetensors import pieces


@dataclass(frozen=True)
class Licence:
    """A licence that has to be accepted before an import. `paid`: whether it allows paid work."""

    name: str
    paid: bool
    text: str
    page: str


def new_card(name: str, sources: Mapping[str, str], licence: Licence) -> dict[str, Any]:
    """A card; `sources` has the sha256 of each source file by its name."""
    return {
        "name": name,
        "source": dict(sources),
        "licence": licence.name,
        "licence_text": licence.text,
        "licence_page": licence.page,
        "paid_work": licence.paid,
        "accepted": "by the user who imported it",
    }


def card_path(path: Path) -> Path:
    """NAME.safetensors -> NAME.card.json"""
    return path.with_suffix(".card.json")


def write_with_card(
    path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str], card: Mapping[str, object]
) -> Path:
    """Write tensors and card, both or neither, in a folder that is made; returns `path`.

    Between the two renames the card's sha256 is not the file's, which the reader of the card reports. Errors as
    safetensors.pieces, and OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with atomic_write_all((path, card_path(path))) as (tensor_file, card_file):
        for piece in pieces(tensors, metadata):
            digest.update(piece)
            tensor_file.write(piece)
        content = {**card, "file": path.name, "sha256": digest.hexdigest()}
        card_file.write((json.dumps(content, indent=1) + "\n").encode())
    return path


def imported_before(path: Path, sources: Iterable[str]) -> bool:
    """Whether `path` was converted from files with these sha256 and has not changed since."""
    try:
        card = json.loads(card_path(path).read_text("utf-8"))
        return set(sources) <= set(card["source"].values()) and sha256_of(path) == card["sha256"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False  # missing or damaged: it is imported once more
