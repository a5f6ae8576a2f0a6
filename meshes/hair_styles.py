# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair of the default head, grown: ribbons that start on the scalp, follow a combing and taper to a point.

Under the visible ribbons lies a layer of broad ones that hides the scalp. Mien's own numbers throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from mien.heads.default import Head
from scipy.spatial import KDTree
from skull import HAIRLINE, MIDDLE, RECEDED, Skull, above_hairline, azimuth, directions

SEED = 11
UNDER = 1400  # ribbons under the visible ones, where the whole head is hairy
# Along the hairline: metres over which it is frayed, up to which ribbons begin, and above the scalp.
RIM_STRAY, RIM_DEPTH, RIM_HEIGHT = 0.0020, 0.018, (0.0009, 0.0028, 0.0028)
NARROW = 0.006  # metres above the hairline over which the broad ribbons below become as wide as they are
REACH = 0.008  # metres around a point in which other hair takes its light
OUT_OF_FACE = 6  # steps of a ribbon until it keeps wholly beside the face
FRONT_DEPTH, FRONT_BACK = 0.012, 1.2  # metres of the front hairline, whose hair is combed backwards by so much
FACE_EDGE = ((0.150, 0.172, 0.198, 0.212), (74.0, 64.0, 34.0, 0.0))  # height -> least azimuth of hair that hangs

Comb = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Style:
    """Lengths in metres. comb: (roots (L, 3), points (L, 3)) -> directions (L, 3), not yet in the surface; length:
    roots -> (L,); height: above the scalp at root, middle, tip; wild: how far directions stray; ends: the height (y) at
    which hair is cut and hangs down to; wave: how far aside, waves a metre; curl: radius of the helix, turns a metre;
    line: the hairline; thin: share of the ribbons on the crown that are left out."""

    ribbons: int
    rows: int
    width: float
    comb: Comb
    length: Callable[[np.ndarray], np.ndarray]
    height: tuple[float, float, float]
    wild: float = 0.12
    line: tuple = HAIRLINE
    ends: float | None = None
    wave: tuple[float, float] = (0.0, 0.0)
    curl: tuple[float, float] = (0.0, 0.0)
    thin: float = 0.0
    knot: bool = False
    edge: float = 0.003  # from the hairline to the layer below
    under: float = 0.014  # width of the ribbons there: five deep, or skin is seen between them
    rim: tuple[int, float, float] = (1500, 0.0022, 0.020)  # ribbons along the hairline; their width and length


def grow(name: str, head: Head) -> dict[str, np.ndarray]:
    """Tensors of `mien.heads.hair.hair_of`: points (L, R, 2, 3) and light (L, R) float16."""
    style, generator, skull = STYLES[name], np.random.default_rng(SEED), Skull(head)
    layers = [_under(style, skull, generator), _visible(style, skull, generator), _rim(style, skull, generator)]
    if style.knot:
        layers.append(_knot(style, skull, generator))
    points = np.concatenate(layers)
    middles = points.mean(2)
    return {"points": (points - MIDDLE).astype(np.float16), "light": _light(middles)}


def _roots(count: int, style: Style, skull: Skull, generator: np.random.Generator, inset: float) -> np.ndarray:
    """(L, 3) unit directions of roots above the hairline, `count` where the whole head is hairy."""
    ways = directions(count * 2, generator)
    at = skull.at(ways)
    stray = np.abs(generator.normal(0, 0.0035 if style.knot else 0.0045, len(at)))
    margin = above_hairline(at, style.line) - stray
    keep = margin > inset
    if style.thin:
        crown = np.clip((at[:, 1] - 0.20) / 0.02, 0, 1)
        keep &= generator.uniform(size=len(at)) > style.thin * crown
    return ways[keep]


def _under(style: Style, skull: Skull, generator: np.random.Generator) -> np.ndarray:
    roots = _roots(UNDER, style, skull, generator, style.edge)
    length = np.clip(style.length(skull.at(roots)), 0.020, 0.024)
    # Combed backwards, it also lies under the parting of the visible hair.
    style = style if style.knot else replace(style, comb=_backwards)
    return _strands(
        style, skull, generator, roots, length, style.rows, style.under, (0.0019, 0.0024, 0.0016), plain=True
    )


def _visible(style: Style, skull: Skull, generator: np.random.Generator) -> np.ndarray:
    roots = _roots(style.ribbons, style, skull, generator, 0.0)
    length = style.length(skull.at(roots)) * generator.uniform(0.85, 1.12, len(roots))
    return _strands(style, skull, generator, roots, length, style.rows, style.width, style.height)


def _rim(style: Style, skull: Skull, generator: np.random.Generator) -> np.ndarray:
    """Short fine ribbons along the hairline, where those of the other layers begin as points and leave gaps."""
    count, width, length = style.rim
    style = replace(style, ends=None, wave=(0.0, 0.0), curl=(0.0, 0.0), comb=_backwards if style.ends else style.comb)
    ways = directions(count * 9, generator)
    margin = above_hairline(skull.at(ways), style.line) - np.abs(generator.normal(0, RIM_STRAY, len(ways)))
    ways = ways[(margin > 0) & (margin < RIM_DEPTH)]
    roots = ways[generator.permutation(len(ways))[:count]]
    lengths = length * generator.uniform(0.7, 1.2, len(roots))
    return _strands(style, skull, generator, roots, lengths, style.rows, width, RIM_HEIGHT)


def _strands(
    style: Style,
    skull: Skull,
    generator: np.random.Generator,
    roots: np.ndarray,
    length: np.ndarray,
    rows: int,
    width: float,
    height: tuple[float, float, float],
    plain: bool = False,
) -> np.ndarray:
    """(L, rows, 2, 3) edges of the ribbons."""
    count, steps = len(roots), (rows - 1) * 3
    start = skull.at(roots)
    stray = generator.normal(0, style.wild, (count, 3))
    layer = generator.uniform(0.45, 1.0, count)
    p, path = start + roots * height[0], []
    for step in range(steps + 1):
        path.append(p)
        share = step / steps
        way = p - MIDDLE
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        d = style.comb(start, p) + stray
        d -= (d * way).sum(1, keepdims=True) * way * (0.97 if plain else 0.9)
        d /= np.maximum(np.linalg.norm(d, axis=1, keepdims=True), 1e-9)
        q = p + d * (length / steps)[:, None]
        if style.ends is not None and not plain:
            q = np.where((q[:, 1] < style.ends + 0.012 * (layer - 0.7))[:, None], p + (q - p) * 0.04, q)
            q = _beside_the_face(q, min(1.0, step / OUT_OF_FACE))
        p = _lifted(q, skull, np.interp(share, (0, 0.45, 1), height) * layer, style.ends is not None and not plain)
    line = np.stack(path, 1)[:, ::3]
    return _ribbons(style, line, width, layer, generator, plain)


def _beside_the_face(points: np.ndarray, share: float) -> np.ndarray:
    """Points turned by this share about the vertical axis out of the face."""
    least = np.interp(points[:, 1], *FACE_EDGE)
    now = azimuth(points)
    turn = share * np.radians(np.maximum(least - now, 0.0)) * np.where(points[:, 0] >= 0, 1.0, -1.0)
    x, z = points[:, 0], points[:, 2] - 0.035
    return np.stack([x * np.cos(turn) + z * np.sin(turn), points[:, 1], z * np.cos(turn) - x * np.sin(turn) + 0.035], 1)


def _lifted(points: np.ndarray, skull: Skull, height: np.ndarray, hangs: bool) -> np.ndarray:
    """Points at `height` above the skull; of hair that hangs, those further out stay where they are."""
    offset = points - MIDDLE
    distance = np.linalg.norm(offset, axis=1)
    way = offset / distance[:, None]
    asked = skull.radius(way) + height
    if hangs:
        # Over the ears, which are no part of the skull, hair stands off.
        ear = np.exp(-(((points[:, 1] - 0.128) / 0.030) ** 2) - ((points[:, 2] - 0.034) / 0.026) ** 2)
        asked = asked + 0.0145 * ear
        loose = np.clip((0.165 - points[:, 1]) / 0.03, 0, 1)
        asked = np.maximum(asked, loose * distance + (1 - loose) * asked)
    return MIDDLE + way * asked[:, None]


def _ribbons(
    style: Style, line: np.ndarray, width: float, layer: np.ndarray, generator: np.random.Generator, plain: bool
) -> np.ndarray:
    """(L, R, 2, 3) edges about middle lines (L, R, 3), with the style's waves and curls."""
    count, rows = line.shape[:2]
    tangent = np.gradient(line, axis=1)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=-1, keepdims=True), 1e-9)
    out = line - MIDDLE
    out /= np.linalg.norm(out, axis=-1, keepdims=True)
    across = np.cross(tangent, out)
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-9)
    share = np.linspace(0, 1, rows)
    run = np.concatenate([np.zeros((count, 1)), np.cumsum(np.linalg.norm(np.diff(line, axis=1), axis=-1), 1)], 1)
    if not plain and style.wave[0]:
        phase = generator.normal(0.0, 0.9, (count, 1)) + 0.4 * layer[:, None]
        bend = style.wave[0] * np.sin(2 * np.pi * style.wave[1] * run + phase) * np.clip(run / 0.05, 0, 1)
        line = line + across * bend[..., None] + out * (0.5 * np.abs(bend))[..., None]
    if not plain and style.curl[0]:
        phase = generator.uniform(0, 2 * np.pi, (count, 1)) + 2 * np.pi * style.curl[1] * run
        radius = style.curl[0] * generator.uniform(0.7, 1.25, (count, 1)) * np.clip(run / 0.008, 0, 1)
        turned = across * np.cos(phase)[..., None] + out * np.sin(phase)[..., None]
        line = line + radius[..., None] * (turned + 0.6 * out)
        across = np.cross(np.gradient(line, axis=1), turned)
        across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-9)
    taper = np.interp(share, (0, 0.15, 0.6, 0.88, 1), (0.12, 0.9, 1.0, 0.6, 0.06))
    if plain:
        taper = np.interp(share, (0, 0.25, 0.75, 1), (0.15, 0.9, 1.0, 0.4))
        taper = taper * np.clip(above_hairline(line, style.line) / NARROW, 0.3, 1.0)
    half = width / 2 * taper * generator.uniform(0.7, 1.25, (count, 1))
    twist = generator.normal(0, 0.0 if plain else 0.22, (count, 1, 1))
    across = across + twist * out
    sides = [-across * half[..., None], across * half[..., None]]
    return np.stack([line + (_above(style, line, side) if plain else side) for side in sides], 2)


def _above(style: Style, line: np.ndarray, side: np.ndarray) -> np.ndarray:
    """(L, R, 3) what is above the hairline of half a ribbon's width: broad ribbons ended in steps behind the ear."""
    shares = np.linspace(1.0, 0.0, 9)
    inside = np.array([above_hairline(line + share * side, style.line) > 0 for share in shares[:-1]])
    first = np.where(inside.any(0), inside.argmax(0), len(shares) - 1)
    return shares[first][..., None] * side


def _knot(style: Style, skull: Skull, generator: np.random.Generator) -> np.ndarray:
    """A bun: ribbons wound about a ball on the crown."""
    way = KNOT / np.linalg.norm(KNOT)
    radius, count, rows = 0.029, 340, style.rows
    centre = skull.at(way[None])[0] + way * radius * 0.72
    side = np.cross(way, (1.0, 0.0, 0.0))
    side /= np.linalg.norm(side)
    third = np.cross(way, side)
    begin = generator.uniform(0, 2 * np.pi, (count, 1))
    turn = begin + np.linspace(0, 1, rows) * generator.uniform(1.4, 2.4, (count, 1))
    tilt = np.arcsin(generator.uniform(-0.75, 0.95, (count, 1))) + np.linspace(-0.25, 0.25, rows)
    shell = radius * generator.uniform(0.86, 1.04, (count, 1)) * np.ones(rows)
    ring = np.cos(turn)[..., None] * side + np.sin(turn)[..., None] * third
    out = np.cos(tilt)[..., None] * ring + np.sin(tilt)[..., None] * way
    line = centre + shell[..., None] * out * (1 - 0.18 * np.abs(out @ way))[..., None]
    tangent = np.gradient(line, axis=1)
    across = np.cross(tangent, out)
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    half = 0.0035 * np.interp(np.linspace(0, 1, rows), (0, 0.2, 0.8, 1), (0.3, 1, 1, 0.1))
    return np.stack([line - across * half[:, None], line + across * half[:, None]], 2)


def _light(middles: np.ndarray) -> np.ndarray:
    """(L, R) float16: less where much other hair lies further out."""
    flat = middles.reshape(-1, 3)
    out = np.linalg.norm(flat - MIDDLE, axis=1)
    tree = KDTree(flat)
    light = np.ones(len(flat))
    for i, others in enumerate(tree.query_ball_point(flat, REACH)):
        over = np.clip((out[others] - out[i] - 0.0006) / 0.003, 0, 1)
        light[i] = 1 - 0.72 * over.sum() / max(len(others), 1) ** 0.9
    return np.clip(light, 0.25, 1.0).reshape(middles.shape[:2]).astype(np.float16)


# --- combings: directions of hair that grows at `roots` and has come to `points`


def _parted(at: float, back: float, down: float) -> Comb:
    """Away from a parting `at` metres left of the middle."""

    def comb(roots: np.ndarray, points: np.ndarray) -> np.ndarray:
        side = np.where(roots[:, 0] > at, 1.0, -1.0)
        high = np.clip((points[:, 1] - 0.175) / 0.05, 0, 1)
        rear = np.clip((0.02 - roots[:, 2]) / 0.05, 0, 1)  # behind the crown everything falls backwards
        free = np.clip((azimuth(points) - 20) / 45, 0, 1)  # not over the forehead
        front = np.clip(1 - above_hairline(roots) / FRONT_DEPTH, 0, 1) * np.clip((60 - azimuth(roots)) / 30, 0, 1)
        across = side * (0.15 + np.maximum(high, 1 - free) * (1 - 0.75 * rear) * (1 - 0.6 * front))
        behind = (back + FRONT_BACK * front) * np.maximum(high, 1 - free) + rear
        return np.stack([across, -(down * (1 - high) + 0.25) * free, -behind], 1)

    return comb


def _swept(roots: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A short cut: the top across from a parting on the left and up from the forehead, sides and nape down."""
    top = np.clip((roots[:, 1] - 0.176) / 0.022, 0, 1)[:, None]
    left = np.where(roots[:, :1] > 0.030, 1.0, -1.0)
    rear = np.clip((0.02 - roots[:, 2:]) / 0.05, 0, 1)
    up = np.concatenate([left * 0.9, 0.25 + 0 * left, -0.55 - 0.4 * rear], 1)
    down = np.concatenate([0.0 * left, -1.0 + 0 * left, -0.45 + 0 * left], 1)
    return top * up + (1 - top) * down


def _backwards(roots: np.ndarray, points: np.ndarray) -> np.ndarray:
    low = np.clip((0.19 - roots[:, 1:2]) / 0.03, 0, 1)
    return np.concatenate([0.0 * low, -0.9 * low + 0.05, -1.0 + 0.4 * low], 1)


def _forwards(roots: np.ndarray, points: np.ndarray) -> np.ndarray:
    way = roots - MIDDLE
    return (
        np.stack([0.2 * way[:, 0], -0.3 - 6.0 * np.clip(0.19 - roots[:, 1], 0, 0.1), 0.05 + 2.5 * way[:, 2]], 1)
        + way * 9
    )


def _to_the_knot(roots: np.ndarray, points: np.ndarray) -> np.ndarray:
    return KNOT * 0.115 + MIDDLE - points


def _loose(roots: np.ndarray, points: np.ndarray) -> np.ndarray:
    way = (roots - MIDDLE) / 0.1
    return np.stack([0.5 * way[:, 0], -0.55 + 0 * way[:, 0], 0.35 * way[:, 2]], 1) + way * 6.0


def _even(metres: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda roots: np.full(len(roots), metres)


def _by_height(low: float, high: float) -> Callable[[np.ndarray], np.ndarray]:
    """From `low` at the hairline of the nape to `high` on the crown."""
    return lambda roots: np.interp(roots[:, 1], (0.13, 0.19, 0.215), (low, 0.45 * low + 0.55 * high, high))


KNOT = np.array([0.0, 0.92, -0.40])
STYLES = {
    "short": Style(1500, 6, 0.0042, _swept, _by_height(0.017, 0.052), (0.002, 0.011, 0.007), wild=0.20),
    "cropped": Style(
        7000, 3, 0.0014, _forwards, _by_height(0.007, 0.012), (0.0018, 0.0048, 0.0065), wild=0.25, edge=0.002,
        under=0.020, rim=(4200, 0.0014, 0.008),
    ),
    "receding": Style(
        1500, 5, 0.0034, _backwards, _by_height(0.016, 0.036), (0.0018, 0.0055, 0.004), wild=0.18, line=RECEDED,
        thin=0.55,
    ),
    "bob": Style(
        1300, 10, 0.0052, _parted(0.022, 0.25, 1.6), _even(0.22), (0.0022, 0.012, 0.010), wild=0.07, ends=0.058,
        wave=(0.0012, 12.0), edge=0.001, under=0.016,
    ),
    "waves": Style(
        1300, 13, 0.0050, _parted(-0.018, 0.4, 1.5), _even(0.26), (0.0022, 0.015, 0.014), wild=0.10, ends=0.030,
        wave=(0.0045, 17.0), edge=0.001, under=0.016,
    ),
    "bun": Style(
        2400, 8, 0.0028, _to_the_knot, _even(0.15), (0.0018, 0.0050, 0.0060), wild=0.004, knot=True, edge=0.003
    ),
    "curls": Style(
        1200, 14, 0.0042, _loose, _even(0.030), (0.002, 0.012, 0.020), wild=0.55, curl=(0.0046, 80.0)
    ),
}  # fmt: skip
