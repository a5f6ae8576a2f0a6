# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is photographed for a training, in which light: mixes of the identities, skins, hair and studios at random."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import KDTree

from mien.heads.default import Head
from mien.heads.face_paint import Painting, face_paint
from mien.heads.hair import Hair, carried
from mien.heads.identity import Identity, load_identity, names
from mien.photo.fit import puckering
from mien.preview.scene import Studio

HELD_OUT = ("woman_a", "old_woman", "man_d")  # never seen in training
FEW = 0.5  # concentration of the mixes: less than 1, so that most are mainly one or two faces
BEYOND = 1.3  # a mix is so many times as far from the mean face
MIXED = (
    "vertices", "deltas", "joints", "teeth_vertices", "teeth_deltas", "tongue_deltas", "eyeballs",
)  # fmt: skip
BESIDE_HAIR = 0.025  # m
HAIRS = np.array(
    [(0.008, 0.006, 0.005), (0.05, 0.025, 0.013), (0.12, 0.06, 0.03), (0.3, 0.17, 0.08), (0.35, 0.34, 0.33)]
)
IRISES = np.array([(0.05, 0.025, 0.012), (0.11, 0.075, 0.04), (0.1, 0.2, 0.14), (0.13, 0.2, 0.3), (0.2, 0.22, 0.22)])
BALD = 0.1  # share of the sitters


@dataclass(frozen=True, eq=False)
class Sitter:
    """identity: who it is; painting: brows and skin; studio: the light."""

    identity: Identity
    painting: Painting
    studio: Studio


def random_sitter(rng: np.random.Generator, held_out: bool) -> Sitter:
    """A sitter nobody saw: a mix of those identities that are held out, or of the others."""
    known = _known(held_out)
    shares = rng.dirichlet(np.full(len(known), FEW))
    shares = 1 / len(known) + BEYOND * (shares - 1 / len(known))
    head = _mixed([each.head for each in known], shares)
    skin = np.clip(rng.dirichlet(np.full(len(known), FEW)), 0.0, None)
    head = replace(head, materials=_materials([each.head for each in known], skin, rng))
    identity = Identity("sitter", head, _tinted(HAIRS, rng), _hair(known, head, rng))
    painting = face_paint(head)
    pixels = painting.pixels.astype(np.float32)
    pixels[..., 0] *= rng.uniform(0.5, 1.15)  # thin and thick brows
    pixels[..., 1] *= rng.uniform(0.4, 1.1)
    pixels[..., 2] = 127 + (pixels[..., 2] - 127) * rng.uniform(0.6, 3.5)  # smooth and blotched skin
    painted = Painting(np.clip(pixels, 0, 255).astype(np.uint8), painting.window)
    return Sitter(identity, painted, random_studio(rng))


@functools.cache
def _known(held_out: bool) -> list[Identity]:
    return [load_identity(name) for name in names() if (name in HELD_OUT) == held_out]


def random_studio(rng: np.random.Generator) -> Studio:
    """Lights of a room, of a window or of a sky, as bright as a photographer exposes them."""
    warm = rng.uniform(-1, 1)
    key = _colour(warm + rng.normal(0, 0.3)) * rng.uniform(0.6, 3.6)
    fill = _colour(-0.5 * warm + rng.normal(0, 0.3)) * rng.uniform(0.1, 1.5)
    rim = _colour(rng.normal(0, 0.6)) * rng.uniform(0, 2.6) * (rng.random() < 0.6)
    around = _colour(rng.normal(0, 0.4)) * rng.uniform(0.12, 0.75)
    exposure = rng.uniform(3.2, 4.6) / (key.mean() + 0.8 * fill.mean() + 3.0 * around.mean())
    key, fill, rim, around = (float(exposure) * each for each in (key, fill, rim, around))
    middle = rng.uniform(0.01, 0.6, 3) * rng.uniform(0.1, 1)
    return Studio(
        key=(float(rng.uniform(-75, 75)), float(rng.uniform(0, 60)), _three(key)),
        fill=(float(rng.uniform(-80, 80)), float(rng.uniform(-15, 40)), _three(fill)),
        rim=(float(rng.choice([-1, 1]) * rng.uniform(110, 165)), float(rng.uniform(10, 50)), _three(rim)),
        sky=_three(around),
        ground=_three(around * rng.uniform(0.3, 0.8)),
        backdrop=(_three(middle), _three(middle * rng.uniform(0.2, 1.2))),
    )


def _mixed(heads: list[Head], shares: np.ndarray) -> Head:
    parts = {
        name: np.tensordot(shares, np.stack([getattr(head, name) for head in heads]), 1).astype(np.float32)
        for name in MIXED
    }
    axes = parts["eyeballs"][:, 4:]
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    return puckering(replace(heads[0], **parts))


def _materials(heads: list[Head], shares: np.ndarray, rng: np.random.Generator) -> tuple[dict, ...]:
    tint = rng.uniform(0.92, 1.08, 3) * rng.uniform(0.88, 1.08)
    out = []
    for row, material in enumerate(heads[0].materials):
        colour = shares @ np.array([head.materials[row]["colour"] for head in heads])
        if material["name"] == "iris":
            colour = np.array(_tinted(IRISES, rng))
        elif material["name"] in ("skin", "lips", "socket"):
            colour = colour * tint
        if material["name"] == "lips":
            colour = colour * rng.uniform([0.85, 0.7, 0.7], [1.1, 1.1, 1.1])
        rough = material["roughness"] * (rng.uniform(0.75, 1.25) if material["name"] == "skin" else 1.0)
        out.append(material | {"colour": _three(np.clip(colour, 0.005, 0.95)), "roughness": float(min(rough, 1.0))})
    return tuple(out)


def _hair(known: list[Identity], head: Head, rng: np.random.Generator) -> Hair | None:
    """The hair of one of them, carried to the mixed head."""
    one = known[rng.integers(len(known))]
    if one.hair is None or rng.random() < BALD:
        return None
    near = KDTree(one.hair.vertices[::4]).query(one.head.vertices)[0]
    skin = np.flatnonzero(near < BESIDE_HAIR)
    places = one.head.vertices[skin]
    move = carried(one.hair.vertices, places, head.vertices[skin] - places)
    return replace(one.hair, vertices=one.hair.vertices + move, colour=_tinted(HAIRS, rng))


def _tinted(colours: np.ndarray, rng: np.random.Generator) -> tuple[float, float, float]:
    return _three(rng.dirichlet(np.full(len(colours), FEW)) @ colours * rng.uniform(0.7, 1.3))


def _colour(warm: float) -> np.ndarray:
    """(3,) a light between the blue of the sky (-1) and the yellow of a bulb (1), of unit mean."""
    colour = np.array([1 + 0.22 * warm, 1.0, 1 - 0.28 * warm])
    return np.maximum(colour / colour.mean(), 0.2)


def _three(colour: np.ndarray) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in colour)
    return red, green, blue
