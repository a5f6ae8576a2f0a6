# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos of all kinds as the pixels of a film."""

import numpy as np
import pytest
from mien.errors import MienError
from mien.photo import PortraitError, PortraitRefused
from mien.photo.reading import read_pixels
from PIL import Image

PIXELS = np.random.default_rng(0).integers(0, 255, (61, 81, 3), np.uint8)


def test_pixels_stay_and_sides_are_even(tmp_path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    pixels, notes = read_pixels(tmp_path / "a.png", None, False)
    assert np.array_equal(pixels, PIXELS[:60, :80])
    assert notes == ()


def test_a_size_is_that_of_the_longer_side(tmp_path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    assert read_pixels(tmp_path / "a.png", 200, False)[0].shape == (150, 200, 3)


def test_a_large_photo_is_scaled_down_and_said(tmp_path) -> None:
    Image.new("RGB", (6000, 3000), (9, 9, 9)).save(tmp_path / "a.jpg")
    pixels, notes = read_pixels(tmp_path / "a.jpg", None, False)
    assert pixels.shape == (960, 1920, 3)
    assert "scaled" in notes[0]


def test_exif_cmyk_and_16_bits_are_understood(tmp_path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.fromarray(PIXELS).save(tmp_path / "turned.jpg", exif=exif)
    assert read_pixels(tmp_path / "turned.jpg", None, False)[0].shape == (80, 60, 3)
    Image.fromarray(PIXELS).convert("CMYK").save(tmp_path / "cmyk.jpg")
    assert read_pixels(tmp_path / "cmyk.jpg", None, False)[0].shape == (60, 80, 3)
    Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 257).save(tmp_path / "deep.png")
    pixels, notes = read_pixels(tmp_path / "deep.png", None, False)
    assert np.abs(pixels[..., 1].astype(int) - PIXELS[:60, :80, 0]).max() <= 1
    assert "8 bits" in notes[0]


def test_an_animated_picture_is_its_first_frame(tmp_path) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=True)
    pixels, notes = read_pixels(tmp_path / "a.webp", None, False)
    assert (pixels[30, 30] == (255, 0, 0)).all()
    assert "animated" in notes[0]


def test_alpha_is_kept_where_it_is_asked_for(tmp_path) -> None:
    alpha = np.full((61, 81, 1), 77, np.uint8)
    Image.fromarray(np.concatenate([PIXELS, alpha], 2)).save(tmp_path / "a.png")
    pixels, notes = read_pixels(tmp_path / "a.png", None, True)
    assert (pixels[..., 3] == 77).all()
    assert notes == ()
    Image.fromarray(PIXELS).save(tmp_path / "b.png")
    with pytest.raises(PortraitRefused, match="no alpha"):
        read_pixels(tmp_path / "b.png", None, True)


def test_no_photo_a_damaged_one_and_a_strip_are_refused(tmp_path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(PortraitError, match="no photo"):
        read_pixels(tmp_path / "a.png", None, False)
    Image.fromarray(PIXELS).save(tmp_path / "b.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "b.png").read_bytes()[:2000])
    with pytest.raises(MienError):
        read_pixels(tmp_path / "b.png", None, False)
    Image.new("RGB", (4000, 20)).save(tmp_path / "c.png")
    with pytest.raises(PortraitError, match="shorter side"):
        read_pixels(tmp_path / "c.png", None, False)
