# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes that move every vertex: how they come onto the mesh, as sent or as the animator chose. No bpy."""

import numpy as np

from ..formats.take import Take


def way(take: Take, chosen: str) -> tuple[str, str]:
    """('basis' or 'offsets', a sentence where that is not what was chosen) for a take with either and a choice of
    AUTO, BASIS or CACHE.

    Shapes are not made of exact vertices here: the principal components of a minute took 75 s in Blender,
    whose numpy has no fast BLAS.
    """
    if take.basis is not None:
        return ("offsets" if chosen == "CACHE" else "basis"), ""
    if chosen == "BASIS":
        return "offsets", (
            "The take came as exact vertices, so it is a point cache; 'mien convert --to basis' makes shapes of it."
        )
    return "offsets", ""


def offsets(take: Take) -> np.ndarray:
    """(F, V, 3) metres in head space, of a take with offsets or with a basis."""
    if take.offsets is not None:
        return take.offsets
    return np.tensordot(take.coefficients, take.basis, 1)
