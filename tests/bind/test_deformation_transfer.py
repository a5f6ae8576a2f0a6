# SPDX-License-Identifier: GPL-3.0-or-later
"""What a channel does to the default head it does to the same mesh in another shape."""

from __future__ import annotations

import numpy as np
import pytest
from mien.bind.deformation_transfer import lid_pairs, lip_aperture_of, transfer_deltas
from mien.bind.quality import bilabial_weights
from mien.heads.default import load_head

HEAD = load_head()
SKIN = len(HEAD.opposite)
REST = HEAD.vertices[:SKIN].astype(float)
DELTAS = HEAD.deltas[:, :SKIN].astype(float)


def large_eyed(points: np.ndarray) -> np.ndarray:
    """The eyes half as large again."""
    out = points.copy()
    for x in (0.031, -0.031):
        away = points - (x, 0.136, 0.125)
        out += 0.5 * np.exp(-((away / 0.022) ** 2).sum(-1, keepdims=True) / 2) * away
    return out


@pytest.fixture(scope="module")
def large() -> np.ndarray:
    return transfer_deltas(HEAD, 1.5 * REST, 1.5 * float(lip_aperture_of(HEAD, REST)))


def test_on_the_head_itself_the_channels_come_out_as_they_are() -> None:
    actual = transfer_deltas(HEAD, REST, float(lip_aperture_of(HEAD, REST)))
    np.testing.assert_allclose(actual, DELTAS, atol=0.0005)


def test_a_larger_head_moves_further(large) -> None:
    np.testing.assert_allclose(large, 1.5 * DELTAS, atol=0.001)


def test_what_no_channel_moves_is_still(large) -> None:
    still = (np.abs(DELTAS) < 1e-7).all((0, 2))
    assert still.sum() > 500 and not large[:, still].any()


def test_the_gap_is_counted_as_the_head_counts_it() -> None:
    weights = np.random.default_rng(0).uniform(0, 0.4, (5, len(HEAD.channels)))
    faces = REST + np.tensordot(weights, DELTAS, 1)
    np.testing.assert_allclose(lip_aperture_of(HEAD, faces), HEAD.lip_aperture(weights, HEAD.channels), atol=1e-6)


@pytest.mark.parametrize("apart", [0.0, 0.003])
def test_lips_that_are_parted_more_or_less_meet_in_p_b_and_m(apart) -> None:
    lower = DELTAS[HEAD.channels.index("jawOpen")]
    lower = np.linalg.norm(lower, axis=1, keepdims=True) / np.linalg.norm(lower, axis=1).max()
    face = REST - lower * HEAD.gap_axis * (apart - lip_aperture_of(HEAD, REST))
    actual = transfer_deltas(HEAD, face, float(lip_aperture_of(HEAD, face)))
    for phone in "PBM":
        assert -0.001 < lip_aperture_of(HEAD, face + np.tensordot(bilabial_weights(HEAD, phone), actual, 1)) <= 0.001


def test_larger_eyes_shut_too() -> None:
    face = large_eyed(REST)
    actual = transfer_deltas(HEAD, face, float(lip_aperture_of(HEAD, face)))
    pairs = lid_pairs(HEAD)
    assert (pairs[:, 0] != pairs[:, 1]).all() and len(pairs) >= 12
    apart = face[pairs[:, 0]] - face[pairs[:, 1]]
    both = sum(actual[HEAD.channels.index(f"eyeBlink{side}")] for side in ("Left", "Right"))
    left = apart + both[pairs[:, 0]] - both[pairs[:, 1]]
    along = np.einsum("pc,pc->p", left, apart) / np.linalg.norm(apart, axis=1)
    assert np.linalg.norm(apart, axis=1).max() > 0.013  # 9 mm on the default head
    assert along.max() < 0.0015 and along.min() > -0.003
