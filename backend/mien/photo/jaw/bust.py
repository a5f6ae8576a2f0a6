# SPDX-License-Identifier: GPL-3.0-or-later
"""A bust, whose neck fades out a little below the chin, cut along the jaw: behind it the neck is whole, and hair beside
the jaw is told from its skin by colour and stays."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, grey_dilation, shift

from mien.face_tracking.landmark_indices import CHIN, FACE_OVAL
from mien.numeric.smoothstep import smoothstep
from mien.photo.fill import filled
from mien.photo.fit import FittedFace
from mien.photo.jaw.neck import Neck
from mien.photo.relief import axes_of, below_lobes

EDGE = (0.03, 0.09)  # of the eye distance beyond the face's oval, over which the cut ends, jaw's shade within
WITHIN, BESIDE = (0.1, 0.22), (0.12, 0.3)  # eye distances inside the oval, skin; outside it, what is beside the jaw
UNLIKE = (25.0, 60.0)  # of 255 between those two, from which on the jaw's edge is where the one becomes the other
SKIN = (0.3, 0.7)  # of the way from what is beside the jaw to its skin, over which a pixel comes to be the jaw's
TRACE = (0.0, 0.12)  # of that way, over which it comes to have a trace of it
DARK = (0.35, 0.6)  # of the light of the skin beside it, below which it is hair or shadow
OUTSIDE, AS_BEHIND = (0.0, 0.02), (8.0, 20.0)  # eye distances beyond the oval, of 255 from the background: it is that
CHIN_SIDES = (0.35, 0.6)  # of half the face's width, over which what is beside the jaw is no longer below it
FURTHER = 0.15  # eye distances that the cut ends further out where the background is below
SHADE = 0.03  # eye distances that it ends further down below the chin, whose shade goes with it
JAWS = (0.5, 0.8)  # of the way from the lobes of the ears to the chin, over which it no longer does: below is the neck
DROPS = (0.1, 0.2, 0.3, 0.4)  # eye distances down, in which it is
HAIR = 0.03  # eye distances around a pixel that decide whether it is hair
ABOVE = 0.15  # of the face's height above the lobes of the ears, over which the cut begins
REACH = 0.03  # eye distances beyond the lower face, from which on something else is behind it
GIVES_WAY = 0.3  # share of the lower face, from which on nothing of the photo is behind it


def cut_bust(
    face: FittedFace,
    person: np.ndarray,
    background: np.ndarray,
    low: np.ndarray,
    below: np.ndarray,
    outside: np.ndarray,
) -> tuple[np.ndarray, np.ndarray] | None:
    """(the lower face, the person with the neck gone on behind it) of a part of the picture (h, w, 4), premultiplied,
    before a background (h, w, 4), whose first pixel is at low (2,); None where the neck does not fade out.
    below, outside (h, w): how far its pixels are below the lobes of the ears, and outside of the oval in eye distances.
    """
    eyes = face.eye_distance
    down = smoothstep(below, -ABOVE, 0)
    beside = down * _beside_chin(face, person.shape[:2], low)
    alpha = person[..., 3] / 255
    jaw = filled(person[..., :3], (outside < -WITHIN[0]) & (outside > -WITHIN[1]))
    other = beside * _not_of_the_jaw(person, jaw, outside)
    other = np.maximum(other, down * _nobody(person, background, jaw, outside))
    hair = gaussian_filter(other, HAIR * eyes)
    # A jaw with the background below it ends there, and is not the neck's.
    chin = float(below_lobes(face, face.points[[CHIN], :2])[0])
    high = (1 - hair) * (1 - smoothstep(below / chin, *JAWS))
    outside = outside - FURTHER * high * (1 - _least_below(alpha, axes_of(face)[0] * eyes))
    outside -= SHADE * (1 - beside)
    share = (1 - smoothstep(outside, *EDGE)) * down * (1 - other)
    # Where the person's own edge is soft, what is behind gives way, so that one over the other they are the person.
    behind = person * ((1 - share) / np.maximum(1 - share * alpha, 1e-3))[..., None]
    behind[alpha == 1] = person[alpha == 1]
    reach = np.asarray(grey_dilation(share, size=2 * max(1, round(REACH * eyes)) + 1))
    hidden = (reach > 0) & (below > 0) & (alpha == 1)
    neck = Neck(face, person, background, hidden, low) if hidden.any() else None
    if neck is None or not neck.fades:
        return None
    around = (reach == 0) & (outside > 0)
    near = filled(person, around)[hidden]
    away = np.asarray(distance_transform_edt(~around))[hidden] / eyes
    share[hidden], behind[hidden] = _at_edge(
        person[hidden].astype(float), neck.gone_on_upwards(near, away), jaw[hidden],
        share[hidden], reach[hidden] * (1 - other[hidden]), beside[hidden], np.maximum(hair, other)[hidden] < 0.5,
    )  # fmt: skip
    behind = (behind + 0.5).astype(np.uint8)
    lower_face = person * share[..., None]
    edge = hidden & (share < 1)
    lower_face[edge] = _over(person[edge].astype(float), behind[edge].astype(float), share[edge])
    return (lower_face + 0.5).astype(np.uint8), behind


def _at_edge(
    person: np.ndarray, gone_on: np.ndarray, jaw: np.ndarray,
    share: np.ndarray, reach: np.ndarray, beside: np.ndarray, of_jaw: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """(share (N,) of the lower face in N opaque pixels, (N, 4) of what is behind it) where what is behind the jaw has
    gone on (N, 4): at the jaw's edge it becomes the person (N, 4). jaw (N, 3): the colour of its skin; reach (N,): of
    the share in the pixels around; beside (N,): the chin; of_jaw (N,) bool: no hair."""
    # Beyond the cut there are pixels that have something of the jaw still, and within it some that have nothing.
    trace = _mix(person[:, :3], jaw, gone_on[:, :3], TRACE)
    unlike = smoothstep(np.abs(jaw - gone_on[:, :3]).max(1), *UNLIKE) * (share < 1)
    share = share * (1 - beside * unlike * (1 - trace))
    reach = np.maximum(share, beside * reach * trace)
    # Where nobody is behind, all of the jaw is the lower face's, and no hair; else what is behind its edge is opaque.
    clear = gone_on[:, 3] < 127.5
    whole = clear & of_jaw
    share = np.where(clear, whole, share)
    opaque = gone_on * np.where(share < 1, 255 / np.maximum(gone_on[:, 3], 1), 1)[:, None]
    way = np.where(clear, whole, smoothstep(reach, 0, GIVES_WAY))
    return share, person + way[:, None] * (opaque - person)


def _least_below(alpha: np.ndarray, down: np.ndarray) -> np.ndarray:
    """(h, w) the least of alpha (h, w) at each pixel and at DROPS of down (2,) pixels from it."""
    least = alpha
    for drop in DROPS:
        least = np.minimum(least, shift(alpha, -drop * down[::-1], order=1, mode="nearest"))
    return least


def _over(opaque: np.ndarray, behind: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(N, 4) premultiplied, 0..255, with an alpha of share (N,) or more: what over `behind` (N, 4), which is opaque,
    is `opaque` (N, 4), too."""
    colours, behind = opaque[:, :3], behind[:, :3]
    more = colours - behind
    least = np.maximum(-more / np.maximum(behind, 1), more / np.maximum(255 - behind, 1)).max(1)
    # With no more than the least its colours would be the brightest or the darkest there are.
    share = np.clip(np.maximum(share, 2 * least), 0, 1)[:, None]
    return np.concatenate([np.clip(colours - (1 - share) * behind, 0, 255 * share), 255 * share], 1)


def _beside_chin(face: FittedFace, size: tuple[int, ...], low: np.ndarray) -> np.ndarray:
    """(h, w) 0..1: whether pixels of a part of this size, the first at low (2,), are beside the chin, where hair may
    touch the jaw, and not below it."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    places = np.stack([x, y], -1) + low
    _, across = axes_of(face)
    oval = face.points[list(FACE_OVAL), :2] @ across
    aside = np.abs(places @ across - face.points[CHIN, :2] @ across) / (np.ptp(oval) / 2)
    return smoothstep(aside, *CHIN_SIDES)


def _not_of_the_jaw(person: np.ndarray, jaw: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """(h, w) 0..1: what of person (h, w, 4) at the face's oval is hair, or a collar, that touches it, by its colour
    between that of the skin inside, jaw (h, w, 3), and what is outside; outside (h, w): eye distances from the oval."""
    alpha = person[..., 3] / 255
    colours = person[..., :3] / np.maximum(alpha, 1e-3)[..., None]
    ring = ((outside > BESIDE[0]) & (outside < BESIDE[1])).astype(np.float32)
    beside, somebody = filled(colours, alpha * ring), filled(alpha[..., None], ring)[..., 0]
    unlike = np.abs(jaw - beside).max(2)
    other = smoothstep(unlike, *UNLIKE) * somebody * (1 - _mix(colours, jaw, beside, SKIN))
    light = (colours * jaw).sum(2) / np.maximum((jaw**2).sum(2), 1)
    return (outside > -WITHIN[0]) * np.maximum(other, 1 - smoothstep(light, *DARK))


def _nobody(person: np.ndarray, background: np.ndarray, jaw: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """(h, w) 0..1: what of person (h, w, 4) outside the face's oval looks as the background (h, w, 4) does and unlike
    the skin of the jaw, jaw (h, w, 3): the matte took it for the person's."""
    away = np.abs(person[..., :3] - background[..., :3].astype(float)).max(2)
    unlike = np.abs(person[..., :3] - jaw).max(2)
    return smoothstep(outside, *OUTSIDE) * (1 - smoothstep(away, *AS_BEHIND)) * smoothstep(unlike, *UNLIKE)


def _mix(colours: np.ndarray, one: np.ndarray, other: np.ndarray, steps: tuple[float, float]) -> np.ndarray:
    """(...) 0..1: whether colours (..., 3) on the way from the `other` (..., 3), 0, to `one` (..., 3), 1, are beyond
    the steps."""
    way = one - other
    return smoothstep(((colours - other) * way).sum(-1) / np.maximum((way**2).sum(-1), 100), *steps)
