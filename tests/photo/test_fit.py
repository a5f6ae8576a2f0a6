# SPDX-License-Identifier: GPL-3.0-or-later
"""The head over a photo: its landmarks on the photo's, its turn the photo's, and sentences where there is none."""

from pathlib import Path

import numpy as np
import pytest
from mien.channels import INDEX
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.landmark_indices import LOWER_LIP, UPPER_LIP
from mien.heads.default import Head, load_head
from mien.photo import PortraitError
from mien.photo.fit import PURSED, fit_face, fit_points, photo_head, relative_gap, shut_head
from mien.photo.head_landmarks import landmarks_on
from mien.photo.reading import read_pixels
from PIL import Image, ImageDraw
from rendered_faces import beside, face, nobody

MOUTH_CORNER, CHEEK = 61, 206  # landmarks


def own(fitted) -> np.ndarray:
    weights = np.zeros(52, np.float32)
    weights[fitted.head.order(tuple(INDEX))] = fitted.own
    return weights


def test_landmarks_lie_on_the_photos_and_turns_are_read() -> None:
    fitted = fit_face(face((), (0, 15, 0)))
    there = landmarks_on(fitted.vertices(own(fitted)))
    off = np.linalg.norm(there[:, :2] - fitted.points[:468, :2], axis=1)
    assert off.mean() < 0.02 * fitted.eye_distance
    assert abs(np.degrees(fitted.pose.head_rotation[1]) - 15) < 5


def test_an_open_mouth_is_the_photos_own_and_the_take_can_shut_it() -> None:
    fitted = fit_face(face((("jawOpen", 0.6),)))
    assert fitted.own[INDEX["jawOpen"]] > 0.2
    lips = landmarks_on(fitted.vertices(np.zeros(52, np.float32)))
    shut = abs(lips[UPPER_LIP, 1] - lips[LOWER_LIP, 1])
    assert shut < 0.35 * relative_gap(fitted.points) * fitted.eye_distance


def test_of_two_faces_the_one_that_is_chosen() -> None:
    two = beside(face(), face((("jawOpen", 0.5),)))
    fitted = fit_face(two, FaceChoice(at=(290.0, 100.0)))
    assert fitted.points[:, 0].mean() > 192
    with pytest.raises(PortraitError, match="has 2"):
        fit_face(two, FaceChoice(5))


def test_no_face_a_tiny_face_and_a_profile_are_refused_in_words() -> None:
    with pytest.raises(PortraitError, match="No face was found"):
        fit_face(nobody())
    small = np.array(Image.fromarray(face()).resize((40, 40)))
    with pytest.raises(PortraitError, match="too small|No face"):
        fit_face(small)
    with pytest.raises(PortraitError, match="turned by|cannot be made out|No face"):
        fit_face(face((), (0, 75, 0)))


def test_a_face_that_the_edge_cuts_through_an_eye_or_the_mouth_is_refused_in_words() -> None:
    picture = face()
    points = fit_face(picture).points
    for part in (picture[:, int(points[159, 0]) :], picture[: int(points[LOWER_LIP, 1])]):
        with pytest.raises(PortraitError, match="cut by the edge|No face|cannot be made out"):
            fit_face(np.ascontiguousarray(part))


def test_lips_of_the_head_of_open_photos_meet() -> None:
    head, before = shut_head(), photo_head()
    weights = np.zeros((1, 52), np.float32)
    assert abs(float(head.lip_aperture(weights, head.channels)[0])) < 4e-4
    assert float(before.lip_aperture(weights, head.channels)[0]) > 1e-3
    moved = np.linalg.norm(head.vertices - before.vertices, axis=1)
    assert moved.max() < 4e-3
    assert not moved[before.landmarks[:48]].any() or moved[before.landmarks[:48]].max() < 1e-4


def test_lips_that_leave_a_smile_to_be_pursed_meet() -> None:
    fitted = fit_face(face((("mouthSmileLeft", 0.9), ("mouthSmileRight", 0.9))))
    assert fitted.own[INDEX["mouthSmileLeft"]] > 0.5
    weights = np.zeros(52, np.float32)
    weights[fitted.head.channels.index("mouthPucker")] = 1
    lips = landmarks_on(fitted.vertices(weights))
    assert lips[LOWER_LIP, 1] - lips[UPPER_LIP, 1] < 0.015 * fitted.eye_distance


def test_wide_lips_purse_as_far_as_others() -> None:
    whole = fit_face(face())
    wider = whole.points.copy()
    middle = wider[[61, 291], 0].mean()
    lips = wider[:, 1] > wider[2, 1]  # below the nose
    wider[lips, 0] = middle + 1.15 * (wider[lips, 0] - middle)
    widths = []
    for fitted in (whole, fit_points(wider, whole.scores)):
        inner = np.unique(fitted.head.inner_lips)
        ends = inner[[fitted.head.vertices[inner, 0].argmin(), fitted.head.vertices[inner, 0].argmax()]]
        weights = np.zeros(52, np.float32)
        for pucker in (0.0, 1.0):
            weights[fitted.head.channels.index("mouthPucker")] = pucker
            left, right = fitted.vertices(weights, ends)
            widths.append(float(np.linalg.norm(left - right)) / fitted.eye_distance)
    apart, pursed, wide_apart, wide_pursed = widths
    assert wide_apart > 1.05 * apart
    assert pursed < 0.67 * apart  # people's are narrower by a third
    assert wide_pursed < 1.03 * max(pursed, PURSED)


def cat() -> np.ndarray:
    """An animal: round, with ears, whiskers and slit eyes."""
    image = Image.new("RGB", (320, 320), (190, 200, 190))
    draw = ImageDraw.Draw(image)
    for ear in ([(70, 120), (80, 20), (150, 80)], [(250, 120), (240, 20), (170, 80)]):
        draw.polygon(ear, fill=(120, 90, 60))
    draw.ellipse((60, 60, 260, 270), fill=(140, 105, 70))
    for x in (115, 205):
        draw.ellipse((x - 22, 125, x + 22, 165), fill=(200, 190, 60))
        draw.ellipse((x - 5, 126, x + 5, 164), fill=(10, 10, 10))
    draw.polygon([(148, 190), (172, 190), (160, 205)], fill=(190, 110, 110))
    for y in (205, 215, 225):
        draw.line((30, y - 10, 130, y), fill=(240, 240, 240), width=2)
        draw.line((290, y - 10, 190, y), fill=(240, 240, 240), width=2)
    return np.asarray(image)


def on_grey(pixels: np.ndarray, side: int, room: int) -> Image.Image:
    image = Image.new("RGB", (room, room), (120, 120, 120))
    image.paste(Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS), (room // 3, room // 3))
    return image


def turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(face()).transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)


def deep(path: Path) -> None:
    Image.fromarray(face().mean(2).astype(np.uint16) * 257).save(path)


def animated(path: Path) -> None:
    frames = [Image.fromarray(face()), Image.new("RGB", (192, 192))]
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)


def huge(path: Path) -> None:
    """100 megapixels in few bytes: rows of a palette, each of them many times."""
    image = Image.fromarray(face()).quantize(32, dither=Image.Dither.NONE)
    image.resize((10_000, 10_000), Image.Resampling.NEAREST).save(path, compress_level=1)


# What is written, and what is said of it; None where a face is found in it.
INPUTS = {
    "nobody.png": (lambda path: Image.fromarray(nobody()).save(path), "No face was found"),
    "animal.png": (lambda path: Image.fromarray(cat()).save(path), "No face was found|cannot be made out"),
    "small.png": (lambda path: on_grey(face(), 40, 120).save(path), "too small|No face was found"),
    "profile.png": (
        lambda path: Image.fromarray(face((), (0, 70, 0))).save(path),
        "turned by|cannot be made out|No face",
    ),
    "turned.jpg": (turned, None),
    "cmyk.jpg": (lambda path: Image.fromarray(face()).convert("CMYK").save(path, quality=95), None),
    "deep.png": (deep, None),
    "animated.webp": (animated, None),
    "grey.png": (lambda path: Image.fromarray(face()).convert("L").save(path), None),
    "palette.gif": (lambda path: Image.fromarray(face()).quantize(200).save(path), "can be read"),
    "huge.png": (huge, None),
}


@pytest.mark.parametrize("name", INPUTS)
def test_a_photo_is_read_and_its_face_found_or_a_sentence_says_why_not(name: str, tmp_path: Path) -> None:
    write, sentence = INPUTS[name]
    write(tmp_path / name)
    assert (tmp_path / name).stat().st_size < 4e6
    if sentence is None:
        pixels, _ = read_pixels(tmp_path / name, None, False)
        assert max(pixels.shape) <= 1920
        fitted = fit_face(pixels, name=name)
        assert abs(fitted.pose.head_rotation[2]) < 0.2  # upright
        return
    with pytest.raises(PortraitError, match=sentence) as caught:
        fit_face(read_pixels(tmp_path / name, None, False)[0], name=name)
    assert name in str(caught.value)


def test_the_lower_lip_of_an_open_mouth_has_no_corner_in_its_middle() -> None:
    def corner(head: Head) -> float:
        """Radians between the lip's two halves at its middle."""
        opened = head.vertices + head.deltas[head.channels.index("jawOpen")]
        lower = head.inner_lips[:, 1]
        x, y = opened[lower, 0], opened[lower, 1]
        middle = y[np.abs(x) < 0.001].min()
        beside = y[(x > 0.004) & (x < 0.008)].min()
        return 2 * float(np.arctan2(beside - middle, x[(x > 0.004) & (x < 0.008)].min()))

    assert corner(photo_head()) < 0.8 * corner(load_head())


def test_a_smile_draws_the_cheeks_aside_more_than_up() -> None:
    """As people's does, whose folds would run level else; the corner of the mouth still rises most."""
    fitted = fit_face(face())
    weights = fitted.own_weights
    rest = fitted.warp(landmarks_on(fitted.posed(weights)))
    for side in ("Left", "Right"):
        weights[fitted.head.channels.index(f"mouthSmile{side}")] = 1
    moved = (fitted.warp(landmarks_on(fitted.posed(weights))) - rest)[[MOUTH_CORNER, CHEEK], :2] / fitted.eye_distance
    corner, cheek = np.abs(moved)
    assert 0.03 < cheek[1] < 0.6 * corner[1]
    assert 0.06 < corner[1] < 1.8 * corner[0]
