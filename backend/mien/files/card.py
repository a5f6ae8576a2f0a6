# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user imports: tensors of Mien's own, and beside them a card that says where they are from, their sha256 and
the licence that was accepted."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.files.safetensors import pieces


@dataclass(frozen=True)
class Licence:
    """What has to be accepted before an import. `paid` says whether paid work is allowed."""

    name: str
    paid: bool
    text: str
    page: str


def new_card(name: str, sources: Mapping[str, str], licence: Licence) -> dict[str, object]:
    """`sources`: sha256 by name of the files it was made of."""
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
    """Both files or none, in a folder that is made; returns `path`. Between the two renames the card's sha256 is not
    the file's, which its reader says. Raises as tensorfile.pieces, and OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()

    def data() -> Iterator[bytes | memoryview]:
        for piece in pieces(tensors, metadata):
            digest.update(piece)
            yield piece

    def text() -> Iterator[bytes]:  # after the data, when its digest is known
        said = {**card, "file": path.name, "sha256": digest.hexdigest()}
        yield (json.dumps(said, indent=1) + "\n").encode()

    _write_all({path: data(), card_path(path): text()})
    return path


def imported_before(path: Path, sources: Iterable[str]) -> bool:
    """Whether `path` was made of files with these sha256, and is as it was written then."""
    try:
        card = json.loads(card_path(path).read_text("utf-8"))
        there = set(card["source"].values())
        return set(sources) <= there and sha256_of(path) == card["sha256"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False  # not there or harmed: it is imported anew


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_all(contents: Mapping[Path, Iterable[bytes | memoryview]]) -> None:
    parts = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in contents}
    try:
        for path, chunks in contents.items():
            with parts[path].open("wb") as file:
                file.writelines(chunks)
        for path, part in parts.items():
            part.replace(path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
