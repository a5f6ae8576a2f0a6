# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of the default head, takes on it, and files that are damaged."""

from __future__ import annotations

import hashlib
from fractions import Fraction

import numpy as np
import pytest
from default_head import CARD, HEAD
from mien.channels import ARKIT
from mien.files.safetensors import read_tensors, write_tensors
from mien.heads.default import HeadError, head_path, read_head
from mien.take import Take


def take(**fields) -> Take:
    frames = 3
    return Take(fps=Fraction(30), duration=Fraction(1, 10), head_rotation=np.zeros((frames, 3), np.float32), **fields)


def test_the_card_is_of_this_file():
    data = head_path().read_bytes()
    assert CARD["sha256"] == HEAD.sha256 == hashlib.sha256(data).hexdigest()
    assert CARD["bytes"] == len(data) <= 5_000_000
    assert CARD["licence"] == HEAD.licence == "CC0-1.0"


def test_sizes_and_channels():
    assert HEAD.vertices.shape == (4538, 3) and HEAD.quads.shape == (4507, 4)
    assert HEAD.channels == ARKIT
    assert set(HEAD.identities) == {"woman", "old_man"}
    assert {"neck", "jaw", "eye_left", "eye_right"} <= set(HEAD.joint_names)


def test_the_same_content_is_written_as_the_same_bytes():
    data = head_path().read_bytes()
    assert write_tensors(*read_tensors(data)) == data


def test_offsets_take_channels_by_name():
    mixed = take(channels=("mouthClose", "jawOpen"), weights=np.array([[0, 0], [0, 0.5], [0.5, 0.5]], np.float32))
    offsets = HEAD.offsets(mixed)
    assert offsets.shape == (3, 4538, 3) and np.abs(offsets[0]).max() < 1e-7
    assert np.allclose(offsets[1], 0.5 * HEAD.deltas[HEAD.channels.index("jawOpen")], atol=1e-7)
    assert np.allclose(HEAD.lip_aperture(mixed.weights, mixed.channels) * 1e3, [1.295, 19.64, 0.81], atol=0.6)


def test_offsets_of_vertex_engines_pass_through():
    basis = HEAD.deltas[:2].copy()
    coefficients = np.array([[0, 0], [1, 0], [0.5, -1]], np.float32)
    offsets = HEAD.offsets(take(basis=basis, coefficients=coefficients))
    assert np.allclose(offsets[2], 0.5 * basis[0] - basis[1], atol=1e-7)


def test_a_take_of_another_head_is_refused():
    with pytest.raises(HeadError, match="no channel 'viseme_aa'"):
        HEAD.offsets(take(channels=("viseme_aa",), weights=np.zeros((3, 1), np.float32)))
    with pytest.raises(HeadError, match="5023 vertices"):
        HEAD.offsets(take(offsets=np.zeros((3, 5023, 3), np.float32)))


def damaged(change) -> bytes:
    tensors, metadata = read_tensors(head_path().read_bytes())
    tensors = {key: value.copy() for key, value in tensors.items()}
    change(tensors, metadata)
    return write_tensors(tensors, metadata)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t, m: t.pop("deltas"), "lacks deltas"),
        (lambda t, m: t.pop("brows"), "lacks brows"),
        (lambda t, m: t.update(teeth_gum=t["teeth_gum"][:-1]), "teeth_.* has shape"),
        (lambda t, m: t.update(teeth_quads=t["teeth_quads"] + 9999), "teeth_quads points outside"),
        (lambda t, m: t.update(wings=np.zeros(3, np.float32)), "unknown wings"),
        (lambda t, m: t.update(deltas=t["deltas"][:, :-1]), "deltas has shape"),
        (lambda t, m: t.update(quads=t["quads"] + 4538), "quads points outside"),
        (lambda t, m: t["vertices"].__setitem__((7, 1), np.nan), "vertices holds values that are no numbers"),
        (lambda t, m: m.update(format_version="2"), "version '2'.*version '1'"),
        (lambda t, m: m.update(format="mien.take"), "'mien.take', not 'mien.head'"),
        (lambda t, m: m.pop("channels"), "does not say its channels"),
        (lambda t, m: m.update(channels='["jawOpen"]'), "deltas has shape"),
        (lambda t, m: m.update(parts="skin"), "metadata cannot be read"),
        (lambda t, m: m.update(parts="{}"), "parts should be a list"),
    ],
)
def test_a_damaged_head_is_refused_in_words(change, sentence):
    with pytest.raises(HeadError, match=sentence):
        read_head(damaged(change))


def test_a_head_cut_short_or_missing_is_refused_in_words(tmp_path):
    with pytest.raises(HeadError, match="cut short"):
        read_head(head_path().read_bytes()[:100_000])
    with pytest.raises(HeadError, match="cannot be read: No such file"):
        read_head(tmp_path / "none.safetensors")


def test_it_is_looked_for_beside_the_package_and_in_the_checkout(monkeypatch, tmp_path):
    module = tmp_path / "site" / "mien" / "heads" / "default.py"
    monkeypatch.setattr("mien.heads.default.__file__", str(module))
    with pytest.raises(HeadError, match="the default head is missing: neither .* nor .* is there"):
        head_path()
    for place in (tmp_path / "meshes", tmp_path / "site" / "mien" / "meshes"):
        place.mkdir(parents=True)
        (place / "mien.safetensors").write_bytes(b"")
        assert head_path() == place / "mien.safetensors"
