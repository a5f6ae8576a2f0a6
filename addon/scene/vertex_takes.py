# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes that move every vertex: as shape keys of a basis or as a point cache of offsets. No bpy."""

import numpy as np

from ..formats.take import Take


def representation(take: Take, choice: str) -> tuple[str, str]:
    """('basis' or 'offsets', a sentence where that differs from the choice AUTO, BASIS or CACHE) for a take with a
    basis or offsets.

    No basis is computed from offsets: the principal components of a minute took 75 s in Blender, whose numpy has no
    fast BLAS.
    """
    if take.basis is not None:
        return ("offsets" if choice == "CACHE" else "basis"), ""
    if choice == "BASIS":
        return "offsets", (
            "The take came as exact vertices, so it is a point cache; 'mien convert --to basis' makes shapes of it."
        )
    return "offsets", ""


def offsets(take: Take) -> np.ndarray:
    """(F, V, 3) vertex offsets in metres, head space, of a take with offsets or with a basis."""
    if take.offsets is not None:
        return take.offsets
    assert take.coefficients is not None and take.basis is not None
    return np.tensordot(take.coefficients, take.basis, 1)
