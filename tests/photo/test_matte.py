# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of a photo: one over the other they are the photo, and alpha is kept."""

import numpy as np
from mien.photo.fit import fit_face
from mien.photo.matte import layers_of, oval_mask, person_matte, plain_border, split, with_strands
from rendered_faces import face

NO_BORDER = np.zeros((200, 200), bool)


def test_person_over_background_is_the_photo() -> None:
    picture = face()
    layers = layers_of(picture, fit_face(picture).points)
    person = layers.person.astype(float)
    over = person[..., :3] + layers.background[..., :3] * (1 - person[..., 3:] / 255)
    assert np.abs(over - picture).max() <= 2


def test_the_face_is_all_person() -> None:
    picture = face()
    points = fit_face(picture).points
    matte = person_matte(picture, points)
    inside = oval_mask(points, picture.shape[:2]) == 1
    assert matte is None or (matte[inside] == 1).all()


def test_a_photos_own_alpha_cuts_it_out() -> None:
    picture = face()
    alpha = np.zeros((*picture.shape[:2], 1), np.uint8)
    alpha[20:170, 40:150] = 255
    layers = layers_of(np.concatenate([picture, alpha], 2), fit_face(picture).points)
    assert layers.cut
    assert not layers.background.any()
    assert (layers.person[..., 3:] == alpha).all()
    assert not layers.person[:20].any()


def test_a_halo_about_the_person_is_not_of_the_background() -> None:
    rng = np.random.default_rng(0)
    pixels = np.clip(rng.normal(150, 6, (200, 200, 1)) + np.zeros(3), 0, 255)
    y, x = np.mgrid[:200, :200]
    away = np.hypot(x - 100, y - 100)
    halo = np.clip((52 - away) / 2, 0, 1)[..., None]
    pixels = (pixels * (1 - halo) + 20 * halo).astype(np.uint8)
    layers = split(
        pixels, (away < 50).astype(np.float32), NO_BORDER
    )  # the matte misses the last pixels of the dark disc
    ring = (away > 50) & (away < 52)
    assert layers.background[ring, :3].mean() > 135
    assert layers.background[away < 40, :3].std() > 2  # grain goes on behind the person
    alpha = layers.person[..., 3:].astype(float) / 255
    over = layers.person[..., :3] + (1 - alpha) * layers.background[..., :3]
    assert np.abs(over - pixels).max() <= 2
    assert not layers.person[away > 60, 3].any()


def disc_with_a_strand() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A dark disc on grainy grey, (200, 200, 3) uint8, its matte (200, 200), and a strand beside it, outside of it."""
    rng = np.random.default_rng(0)
    pixels = np.clip(rng.normal(150, 4, (200, 200, 1)) + np.zeros(3), 0, 255).astype(np.uint8)
    y, x = np.mgrid[:200, :200]
    disc = np.hypot(x - 100, y - 100) < 40
    strand = (np.abs(y - 100) < 2) & (x > 138) & (x < 147)
    pixels[disc | strand] = 30
    return pixels, disc.astype(np.float32), strand & ~disc


def test_a_strand_that_the_matte_misses_goes_with_the_person() -> None:
    pixels, matte, strand = disc_with_a_strand()
    layers = split(pixels, with_strands(pixels, matte, ~NO_BORDER, NO_BORDER), NO_BORDER)
    assert (layers.person[strand, 3] == 255).all()
    assert layers.background[strand, :3].min() > 120


def test_grain_and_what_is_apart_are_no_strands() -> None:
    pixels, matte, strand = disc_with_a_strand()
    pixels[60:63, 143:146] = 30  # hangs on nothing
    whole = with_strands(pixels, matte, ~NO_BORDER, NO_BORDER)
    assert (whole[strand] == 1).all()
    assert not (whole > matte)[~strand].any()
    assert (with_strands(pixels, matte, NO_BORDER, NO_BORDER) == matte).all()  # below the head are none


def test_a_scan_s_border_is_not_what_is_behind() -> None:
    pixels, matte, _ = disc_with_a_strand()
    pixels[:2], pixels[:, -3:] = 255, 255
    border = plain_border(pixels)
    assert border[:2].all() and border[:, -3:].all() and not border[2:, :-3].any()
    matte[2:80, 90:110], pixels[2:80, 90:110] = 1, 30  # a person up to the border
    assert split(pixels, matte, plain_border(pixels)).background[2:60, 95:105, :3].max() < 190


def test_a_plain_background_has_no_border() -> None:
    pixels = np.full((100, 100, 3), 255, np.uint8)
    pixels[3:, 30:70] = 40
    assert not plain_border(pixels).any()
