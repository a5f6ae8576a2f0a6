# SPDX-License-Identifier: GPL-3.0-or-later
"""Vertex takes: basis or offsets, by the take and the choice."""

import numpy as np
import pytest
from fake_backend import take_bytes

from addon.formats.take import read_take
from addon.scene.vertex_takes import offsets, representation

RANDOM = np.random.default_rng(0)
HEAD = np.zeros((5, 3), np.float32)
BASIS = read_take(
    take_bytes(
        {
            "head_rotation": HEAD,
            "basis": RANDOM.random((2, 7, 3)).astype(np.float32),
            "coefficients": RANDOM.random((5, 2)).astype(np.float32),
        }
    )
)
EXACT = read_take(take_bytes({"head_rotation": HEAD, "offsets": RANDOM.random((5, 7, 3)).astype(np.float32)}))


@pytest.mark.parametrize(
    ("take", "choice", "kind"),
    [
        (BASIS, "AUTO", "basis"),
        (BASIS, "BASIS", "basis"),
        (BASIS, "CACHE", "offsets"),
        (EXACT, "AUTO", "offsets"),
        (EXACT, "CACHE", "offsets"),
    ],
)
def test_the_choice_is_kept(take, choice, kind):
    assert representation(take, choice) == (kind, "")


def test_a_choice_that_is_impossible_has_a_note():
    kind, note = representation(EXACT, "BASIS")
    assert kind == "offsets" and note.startswith("The take came as exact vertices")


def test_a_basis_becomes_its_vertices():
    wanted = [sum(c * shape for c, shape in zip(row, BASIS.basis, strict=True)) for row in BASIS.coefficients]
    np.testing.assert_allclose(offsets(BASIS), wanted, atol=1e-6)
    assert offsets(EXACT) is EXACT.offsets
