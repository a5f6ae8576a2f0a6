# SPDX-License-Identifier: GPL-3.0-or-later
"""Heads by name, and the one that a take is of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import published
import pytest
from checkout import SAMPLES
from mien.heads.default import HeadError, load_head
from mien.heads.flame_file import FlameError
from mien.heads.lookup import head_named, head_of
from mien.take import Take, TakeError, read_take


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    published.import_flame(folder)
    return folder


def take(**meta: str) -> Take:
    sample = read_take(SAMPLES / "default_style.take.safetensors")
    return replace(sample, meta=meta)


def test_the_default_head_is_always_here(tmp_path) -> None:
    assert head_named("mien", tmp_path) is load_head() is head_of(take(), tmp_path)
    with pytest.raises(HeadError, match="a shape is a face of FLAME"):
        head_named("mien", tmp_path, np.zeros(3))


def test_flame_is_read_once_until_another_is_imported(data, tmp_path) -> None:
    assert head_named("flame", data) is head_named("flame", data)
    with pytest.raises(FlameError, match="FLAME is not here"):
        head_named("flame", tmp_path)
    first = published.import_flame(tmp_path)
    assert head_named("flame", tmp_path).sha256 == first.sha256
    other = published.import_flame(tmp_path, replace(first, template=first.template * 1.1))
    assert head_named("flame", tmp_path).sha256 == other.sha256 != first.sha256


def test_a_take_knows_its_head_and_shape(data) -> None:
    person = head_named("flame", data, np.array([1.5, -0.25]))
    assert head_of(take(**person.take_meta), data).shape == (1.5, -0.25)
    assert head_of(take(head="flame"), data).shape == ()


@pytest.mark.parametrize("content", ["[1, ", '["a"]', "[[1]]", "[NaN]", "3"])
def test_a_shape_that_is_none_is_refused(data, content) -> None:
    with pytest.raises(TakeError, match="the take's head_shape is no list of numbers"):
        head_of(take(head="flame", head_shape=content), data)


def test_an_unknown_head_is_refused(data) -> None:
    with pytest.raises(TakeError, match="of the head 'robot'; this Mien knows mien and flame"):
        head_of(take(head="robot"), data)
    with pytest.raises(HeadError, match="there is no head 'robot'"):
        head_named("robot", data)
