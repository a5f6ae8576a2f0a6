# SPDX-License-Identifier: GPL-3.0-or-later
import math

import numpy as np
import pytest
import torch
from dub_banks import DrawnBank, drawn_bank
from mien.engines.personatalk.appearance import Appearance
from mien.engines.personatalk.covered import CERTAIN, DOUBTFUL, CoverTest
from mien.engines.personatalk.references.bank import FINE
from mien.engines.personatalk.references.path import reference_path
from mien.engines.personatalk.renderer import Renderer
from mien.engines.personatalk.template import FaceTemplate
from scipy.ndimage import gaussian_filter


@pytest.fixture(scope="module")
def drawn() -> DrawnBank:
    return drawn_bank()


@pytest.fixture(scope="module")
def renderer(drawn: DrawnBank) -> Renderer:
    return Renderer(drawn.talker.shapes, drawn.space, Appearance(drawn.bank))


def test_held_out_pictures_are_made_again(drawn: DrawnBank, renderer: Renderer) -> None:
    talker, frames = drawn.talker, np.arange(45, 60)
    path = reference_path(Appearance(drawn.bank), drawn.mouth[frames], talker.shapes.turn[frames])
    errors, stale = [], []
    for number, frame in enumerate(frames):
        true = talker.pictures[frame].astype(float)
        picture = renderer.render(talker.pictures[frame], frame, talker.shapes.shapes[frame], path[number], True)
        changed = np.any(picture != talker.pictures[frame], -1)
        if changed.any():
            errors.append(((picture - true)[changed] ** 2).mean())
            stale.append(((talker.pictures[frame - 3] - true)[changed] ** 2).mean())
    assert np.mean(errors) < np.mean(stale)


def test_what_is_hidden_is_not_looked_at(drawn: DrawnBank, renderer: Renderer) -> None:
    talker, frame = drawn.talker, 50
    x0, y0, x1, y1 = renderer.template.window(talker.shapes.vertices(frame), "hidden", talker.pictures[frame].shape)
    lips = talker.track.points[frame, [0, 17, 61, 291], :2]
    box = (slice(int(lips[:, 1].min()), int(lips[:, 1].max())), slice(int(lips[:, 0].min()), int(lips[:, 0].max())))
    spoilt = talker.pictures[frame].copy()
    spoilt[box] = [0, 255, 0]
    shape = talker.shapes.shapes[frame]
    one = renderer.render(talker.pictures[frame], frame, shape, {3: 0.6, 4: 0.4}, True)
    other = renderer.render(spoilt, frame, shape, {3: 0.6, 4: 0.4}, True)
    assert np.abs(one[box].astype(int) - other[box]).max() <= 2


def test_several_references_have_the_contrast_of_one(drawn: DrawnBank, renderer: Renderer) -> None:
    talker, frame = drawn.talker, 50
    window = renderer.template.window(talker.shapes.vertices(frame), "hidden", talker.pictures[frame].shape)
    assert window is not None

    def contrast(references: dict[int, float]) -> float:
        made = renderer.render(talker.pictures[frame], frame, talker.shapes.shapes[frame], references, True)
        assert made is not None
        grey = made[window[1] : window[3], window[0] : window[2]].mean(-1)
        return float(np.std(grey - gaussian_filter(grey, 1)))

    alone = [contrast({reference: 1.0}) for reference in (3, 20, 41)]
    assert min(alone) * 0.85 < contrast({3: 0.4, 20: 0.3, 41: 0.3}) < max(alone) * 1.15


def test_all_pixels_outside_of_the_mask_stay(drawn: DrawnBank, renderer: Renderer) -> None:
    talker, frame = drawn.talker, 12
    shape = drawn.space.moved(talker.shapes.shapes[frame], drawn.mouth[20] - drawn.mouth[frame])
    picture = renderer.render(talker.pictures[frame], frame, shape, {20: 1.0})
    mesh = talker.shapes.vertices(frame, shape)
    x0, y0, x1, y1 = renderer.template.window(mesh, "dubbed", picture.shape)
    outside = np.ones(picture.shape[:2], bool)
    outside[y0:y1, x0:x1] = False
    np.testing.assert_array_equal(picture[outside], talker.pictures[frame][outside])
    assert (picture[y0:y1, x0:x1] != talker.pictures[frame][y0:y1, x0:x1]).any()


def test_the_mouth_opens_as_it_is_told(drawn: DrawnBank, renderer: Renderer) -> None:
    talker = drawn.talker
    frame, wide = int(talker.opening[:45].argmin()), int(talker.opening[:45].argmax())
    shape = drawn.space.moved(talker.shapes.shapes[frame], drawn.mouth[wide] - drawn.mouth[frame])
    picture = renderer.render(talker.pictures[frame], frame, shape, {wide: 1.0})

    def dark(pixels: np.ndarray) -> int:
        return int(((pixels[..., 1] < 70) & (pixels[..., 0] > 50))[60:110, 40:90].sum())

    assert dark(picture) > dark(talker.pictures[frame]) + 10


def test_where_the_mesh_is_folded_there_is_no_stair(drawn: DrawnBank, renderer: Renderer, monkeypatch) -> None:
    talker, frame = drawn.talker, 12
    folded, under = [], FaceTemplate.under

    def folding(*arguments):
        places, covered, _ = under(*arguments)
        band = np.zeros(covered.shape, bool)
        if folded:
            band[covered.shape[0] // 2 - 2 : covered.shape[0] // 2 + 2] = True
        return places, covered, band

    monkeypatch.setattr(FaceTemplate, "under", folding)
    rough = renderer.render(talker.pictures[frame], frame, talker.shapes.shapes[frame], {frame: 1.0})
    folded.append(True)
    soft = renderer.render(talker.pictures[frame], frame, talker.shapes.shapes[frame], {frame: 1.0})
    assert rough is not None and soft is not None
    rows = np.flatnonzero((rough != soft).any((1, 2)))
    beside = math.ceil(3 * FINE * talker.shapes.pose.scale[frame])  # the face's edge is drawn of the face alone there
    assert len(rows) > 0 and np.ptp(rows) < 4 + 2 * beside
    steps = [np.abs(np.diff(each[rows].astype(int), axis=1)).sum() for each in (soft, rough)]
    assert steps[0] < steps[1]


def test_a_mask_that_ends_at_a_fold_fades_on_its_inner_side(renderer: Renderer) -> None:
    mask = renderer.template.dubbed
    inside, outside = (np.argwhere(mask == value)[0][::-1] for value in (mask.max(), mask.min()))
    under = torch.from_numpy(np.where(np.arange(12)[None, :, None] < 6, inside, outside).astype(np.float32))
    under = under.expand(8, 12, 2).contiguous()
    seen, made = np.ones((8, 12), bool), torch.full((3, 8, 12), 200.0)
    pixels = np.zeros((8, 12, 3), np.uint8)
    hard, soft = (
        renderer.paste(pixels, (0, 0, 12, 8), made, under, seen, False, folds)[4, :, 0] for folds in (~seen, seen)
    )
    assert (hard[:6] == 200).all() and (soft[:4] > 190).all() and 50 < soft[5] < 150
    assert (hard[6:] == 0).all() and (soft[6:] == 0).all()


def test_its_own_mouth_again_is_the_picture(drawn: DrawnBank, renderer: Renderer) -> None:
    talker, frame = drawn.talker, 22
    picture = renderer.render(talker.pictures[frame], frame, talker.shapes.shapes[frame], {22: 1.0})
    assert np.abs(picture.astype(int) - talker.pictures[frame]).mean() < 1.0


def test_a_covered_mouth_is_told(drawn: DrawnBank) -> None:
    cover = CoverTest(drawn.bank.textures, drawn.template)
    renderer = Renderer(drawn.talker.shapes, drawn.space, Appearance(drawn.bank), cover)
    own = drawn.talker.pictures[9]
    pixels = own.copy()
    pixels[70:, 30:100] = np.random.default_rng(0).integers(0, 255, pixels[70:, 30:100].shape)
    assert renderer.unlike(renderer.flat(own, 9)) < DOUBTFUL < CERTAIN < renderer.unlike(renderer.flat(pixels, 9))


def test_what_lies_beyond_the_jaw_is_of_the_very_picture() -> None:
    drawn = drawn_bank()
    bank, beyond = drawn.bank, ~drawn.template.face.ravel()
    light = torch.from_numpy(250 * drawn.talker.opening[: len(bank), None].astype(np.float32))
    for channel in range(3):  # in the other pictures it was bright there, by chance, whenever the mouth was open
        bank.textures[:, np.flatnonzero(beyond) + channel * beyond.size] = light
    renderer = Renderer(drawn.talker.shapes, drawn.space, Appearance(bank))
    frame, wide = int(drawn.talker.opening[:45].argmin()), int(drawn.talker.opening[:45].argmax())
    shape = drawn.space.moved(drawn.talker.shapes.shapes[frame], drawn.mouth[wide] - drawn.mouth[frame])
    picture = renderer.render(drawn.talker.pictures[frame], frame, shape, {wide: 1.0})
    jaw = drawn.talker.shapes.vertices(frame, shape)[[172, 397, 150, 379], :2]
    for x, y in (jaw + [[-6, 4], [6, 4], [-6, 6], [6, 6]]).astype(int):
        away = np.abs(picture[y, x].astype(int) - drawn.talker.pictures[frame][y, x])
        assert away.max() < 25
