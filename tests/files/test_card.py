# SPDX-License-Identifier: GPL-3.0-or-later
"""Imported tensors and their card: both or none, and known again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from mien.files.card import Licence, card_path, imported_before, new_card, write_with_card
from mien.files.digest import sha256_of
from mien.files.safetensors import read_tensors, write_tensors

LICENCE = Licence("CC-BY-NC-4.0", paid=False, text="Not for sale.", page="https://example.org")
TENSORS = {"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.ones((3, 2), np.float16).T}
CARD = new_card("model", {"a.ckpt": "1" * 64, "b.json": "2" * 64}, LICENCE)


@pytest.fixture
def written(tmp_path) -> Path:
    return write_with_card(tmp_path / "data" / "m.safetensors", TENSORS, {"format": "x"}, CARD)


def test_the_card_names_file_sources_and_licence(written) -> None:
    assert sorted(path.name for path in written.parent.iterdir()) == ["m.card.json", "m.safetensors"]
    card = json.loads(card_path(written).read_text())
    assert card["file"] == "m.safetensors" and card["source"] == {"a.ckpt": "1" * 64, "b.json": "2" * 64}
    assert (card["licence"], card["paid_work"], card["licence_text"]) == ("CC-BY-NC-4.0", False, "Not for sale.")
    assert card["sha256"] == hashlib.sha256(written.read_bytes()).hexdigest() == sha256_of(written)


def test_the_file_is_the_one_that_is_made_in_memory(written) -> None:
    assert written.read_bytes() == write_tensors(TENSORS, {"format": "x"})
    np.testing.assert_array_equal(read_tensors(written)[0]["b"], TENSORS["b"])


def test_what_was_imported_is_known_by_all_its_sources(written) -> None:
    assert imported_before(written, ["1" * 64]) and imported_before(written, ["2" * 64, "1" * 64])
    assert not imported_before(written, ["1" * 64, "3" * 64])
    assert not imported_before(written.with_name("other.safetensors"), ["1" * 64])


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.unlink(),
        lambda path: card_path(path).write_text("{}"),
        lambda path: card_path(path).write_text("["),
        lambda path: card_path(path).write_text('{"source": ["1"]}'),
    ],
)
def test_what_was_harmed_is_imported_anew(written, harm) -> None:
    harm(written)
    assert not imported_before(written, ["1" * 64])


def test_a_disk_that_is_full_leaves_the_former_ones_whole(written) -> None:
    before = {path.name: path.read_bytes() for path in written.parent.iterdir()}

    class Full(dict):
        """Its tensor z is described, and then cannot be written."""

        request = 0

        def __getitem__(self, name: str) -> np.ndarray:
            self.request += name == "z"
            if self.request > 1:
                raise OSError(28, "No space left on device")
            return super().__getitem__(name)

    with pytest.raises(OSError, match="No space left"):
        write_with_card(written, Full(TENSORS | {"z": np.zeros(3, np.float32)}), {}, CARD)
    assert {path.name: path.read_bytes() for path in written.parent.iterdir()} == before
