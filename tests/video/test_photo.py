# SPDX-License-Identifier: GPL-3.0-or-later
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from films import BLUE, GREEN, RED, WHITE, corners
from mien.video import VideoError
from mien.video.photo import BACKDROP, SIDE_LIMIT, read_photo
from PIL import Image


def stored(image: Image.Image, form: str, **options: object) -> BytesIO:
    file = BytesIO()
    image.save(file, form, **options)
    file.seek(0)
    return file


def read(file: BytesIO) -> tuple[np.ndarray, tuple[str, ...]]:
    photo = read_photo(file, "photo")
    assert photo is not None
    assert photo[0].dtype == np.uint8
    assert photo[0].ndim == 3
    return photo


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "BMP"])
def test_pixels_are_kept(form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    pixels, notes = read(stored(Image.fromarray(corners()), form, **options))
    np.testing.assert_array_equal(pixels, corners())
    assert notes == ()


def test_a_photo_is_turned_as_its_exif_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: a quarter to the right
    pixels, _ = read(stored(Image.fromarray(corners()), "JPEG", exif=exif, quality=95, subsampling=0))
    assert pixels.shape == (64, 48, 3)
    places = [pixels[16, 12], pixels[16, 36], pixels[48, 12], pixels[48, 36]]
    np.testing.assert_allclose(places, [BLUE, RED, WHITE, GREEN], atol=6)


def test_grey_stands_behind_transparent_parts() -> None:
    layers = np.dstack([corners(), np.full((48, 64), 255, np.uint8)])
    layers[:24] = 0
    pixels, notes = read(stored(Image.fromarray(layers, "RGBA"), "PNG"))
    assert (pixels[:24] == BACKDROP).all()
    np.testing.assert_array_equal(pixels[24:], corners()[24:])
    assert any("transparent" in note for note in notes)


def test_an_alpha_that_hides_nothing_is_not_spoken_of() -> None:
    layers = np.dstack([corners(), np.full((48, 64), 255, np.uint8)])
    pixels, notes = read(stored(Image.fromarray(layers, "RGBA"), "PNG"))
    np.testing.assert_array_equal(pixels, corners())
    assert notes == ()


@pytest.mark.parametrize("alpha", [0, 255])
def test_the_colour_profile_of_a_photo_with_alpha_is_looked_at(alpha: int) -> None:
    layers = np.dstack([corners(), np.full((48, 64), alpha, np.uint8)])
    _, notes = read(stored(Image.fromarray(layers, "RGBA"), "PNG", icc_profile=b"no profile"))
    assert any("colour profile cannot be read" in note for note in notes)


def test_sixteen_bits_become_eight() -> None:
    grey = (np.arange(64 * 48).reshape(48, 64) * 21).astype(np.uint16)
    pixels, notes = read(stored(Image.fromarray(grey), "PNG"))
    np.testing.assert_allclose(pixels[..., 0], grey / 257, atol=1)
    assert any("8 bits" in note for note in notes)


def test_palettes_and_greys_become_colours() -> None:
    palette = Image.fromarray(corners()).quantize(8)
    np.testing.assert_allclose(read(stored(palette, "PNG"))[0], corners(), atol=2)
    grey = Image.fromarray(corners()).convert("L")
    pixels, _ = read(stored(grey, "PNG"))
    np.testing.assert_array_equal(pixels[..., 1], np.asarray(grey))


def test_an_animation_gives_its_first_picture() -> None:
    frames = [Image.fromarray(np.full((16, 16, 3), grey, np.uint8)) for grey in (20, 200)]
    pixels, notes = read(stored(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True))
    assert (pixels == 20).all()
    assert any("animated" in note for note in notes)


def test_a_photo_cut_short_is_refused() -> None:
    whole = stored(Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)), "PNG").getvalue()
    with pytest.raises(VideoError, match="cut short"):
        read_photo(BytesIO(whole[: len(whole) // 2]), "photo.png")


def test_what_is_no_photo_is_left_to_others() -> None:
    assert read_photo(BytesIO(b"no picture at all"), "x") is None
    assert read_photo(BytesIO(), "x") is None


@pytest.mark.parametrize("tag", [256, 257])
def test_a_tiff_without_a_size_is_no_photo(tag: int) -> None:
    whole = stored(Image.fromarray(corners()), "TIFF").getvalue()
    damaged = whole.replace(struct.pack("<H", tag), struct.pack("<H", 255), 1)
    assert damaged != whole and read_photo(BytesIO(damaged), "photo.tif") is None


def test_greys_of_32_bits_keep_their_shades() -> None:
    shades = np.linspace(0, 1, 64 * 48).reshape(48, 64)
    for values in ((shades * (2**31 - 1)).astype(np.int32), shades.astype(np.float32)):
        pixels, _ = read(stored(Image.fromarray(values), "TIFF"))
        np.testing.assert_allclose(pixels[..., 0], shades * 255, atol=1)
    endless = shades.astype(np.float32)
    endless[0, :2] = np.inf, np.nan
    pixels, _ = read(stored(Image.fromarray(endless), "TIFF"))
    np.testing.assert_allclose(pixels[1:, :, 0], shades[1:] * 255, atol=1)
    assert pixels[0, 0, 0] == 255


def png_of(width: int, height: int) -> BytesIO:
    """The beginning of a picture of that size, whose pixels are not there."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT"
    chunks = [struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each)) for each in (header, data)]
    return BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


@pytest.mark.parametrize(("width", "height"), [(60000, 60000), (16000, 16000), (20000, 10)])
def test_a_photo_that_is_too_large_is_refused_with_its_size_and_the_limit(width: int, height: int) -> None:
    sentence = (
        f"'photo.png' is {width}x{height} pixels, which is too large: at most {SIDE_LIMIT} a side and 178 million"
    )
    with pytest.raises(VideoError, match=sentence):
        read_photo(png_of(width, height), "photo.png")


def test_the_size_of_a_photo_that_nobody_can_read_is_left_out(monkeypatch) -> None:
    monkeypatch.setattr("mien.video.photo.Image.OPEN", {})
    monkeypatch.setattr("mien.video.photo.Image.open", refuse)
    with pytest.raises(VideoError, match="'photo.png' is too large: at most"):
        read_photo(BytesIO(b"x"), "photo.png")


def refuse(*arguments: object, **options: object) -> None:
    raise Image.DecompressionBombError("too many pixels")
