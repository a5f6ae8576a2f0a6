# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose face FLAME shows, from files of every kind; what is no person is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from mien.files.safetensors import write_tensors
from mien.heads.flame_file import FlameError
from mien.heads.flame_identity import LIMIT, read_shape

SHAPE = np.linspace(-2, 2, 10).astype(np.float32)


def at(path: Path, content: object) -> Path:
    if path.suffix == ".npy":
        np.save(path, content, allow_pickle=True)
    elif path.suffix == ".safetensors":
        path.write_bytes(write_tensors(content, {"from": "a fit"}))
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.npy", SHAPE),
        ("a.npy", SHAPE.astype(np.float64)[None]),
        ("A.JSON", SHAPE.tolist()),
        ("a.safetensors", {"betas": SHAPE}),
        ("a.safetensors", {"betas": np.zeros(3, np.float32), "shape": SHAPE[None]}),
    ],
)
def test_a_shape_is_read_however_it_is_written(tmp_path, name, content) -> None:
    actual = read_shape(at(tmp_path / name, content))
    np.testing.assert_allclose(actual, SHAPE, atol=1e-7)
    assert actual.dtype == np.float32


def test_all_300_are_read(tmp_path) -> None:
    assert len(read_shape(at(tmp_path / "a.npy", np.zeros(300)))) == 300


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", "1 2 3", "a.txt is no shape that is known; give one of .npy, .json, .safetensors"),
        ("a.json", "[1, 2", r"a.json cannot be read as numbers \("),
        ("a.json", {"shape": [1]}, "a.json cannot be read as numbers"),
        ("a.json", ["one"], "a.json cannot be read as numbers"),
        ("a.json", "[" * 100_000, "a.json cannot be read as numbers"),
        ("a.json", [], r"numbers of the shape \(0,\); one person is 1 to 300 of them"),
        ("a.json", 3, r"numbers of the shape \(\)"),
        ("a.npy", np.zeros(301), r"numbers of the shape \(301,\); one person is 1 to 300 of them"),
        ("a.npy", np.zeros((2, 10)), r"numbers of the shape \(2, 10\)"),
        ("a.npy", np.array([0, np.nan]), "a.npy holds nan; coefficients of a shape are in standard deviations"),
        ("a.npy", np.array([0, -11.0]), "a.npy holds -11;"),
        ("a.npy", np.array([{}]), "a.npy cannot be read as numbers"),  # a pickle, which is not opened
        ("a.safetensors", {"a": SHAPE, "b": SHAPE}, "it holds 2 tensors and none is called shape"),
    ],
)
def test_what_is_no_shape_is_refused(tmp_path, name, content, sentence) -> None:
    with pytest.raises(FlameError, match=sentence) as refusal:
        read_shape(at(tmp_path / name, content))
    assert "\n" not in str(refusal.value)


def test_a_damaged_header_is_said_without_the_words_of_its_parser(tmp_path) -> None:
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00\x0a\x00{'a': foo}\n")
    with pytest.raises(FlameError, match="is damaged, or holds other things than numbers") as refusal:
        read_shape(tmp_path / "a.npy")
    assert "ast" not in str(refusal.value)


def test_a_large_file_is_refused_unread(tmp_path) -> None:
    (tmp_path / "a.npy").write_bytes(bytes(LIMIT + 1))
    with pytest.raises(FlameError, match="has 1.0 MB; a shape is 300 numbers at most"):
        read_shape(tmp_path / "a.npy")
