# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import torch
from mien.engines.personatalk import template as module
from mien.engines.personatalk.template import face_template
from mien.engines.personatalk.warp import sample
from mien.face_tracking.landmark_indices import LOWER_LIP, OUTER_LIPS, UPPER_LIP
from talkers import talker


def test_masks_fade_within_the_lower_face() -> None:
    made = talker(40)
    template = face_template(made.shapes, made.learnt)
    assert template.hidden.shape == template.size == template.face.shape
    assert template.hidden.max() == template.dubbed.max() == 1
    assert template.hidden[[0, -1]].max() == template.hidden[:, [0, -1]].max() == 0
    assert (template.dubbed > 0).sum() > (template.hidden > 0).sum()
    lips = template.lips[0].numpy() > 0.5
    assert (template.hidden[lips & template.face] > 0).all() and template.inner.any() and not template.inner.all()


def test_there_and_back_is_the_same_place() -> None:
    made = talker(40)
    template = face_template(made.shapes, made.learnt)
    mesh = made.shapes.vertices(3)
    places = torch.from_numpy(template.places(mesh))
    under, covered, _ = template.under(mesh, (0, 0, 128, 128))
    back = sample(under.permute(2, 0, 1), places)
    down, across = np.mgrid[: template.size[0], : template.size[1]]
    inner = torch.from_numpy(template.hidden > 0.9)
    away = (back - torch.from_numpy(np.stack([across, down]).astype(np.float32)))[:, inner].abs()
    assert covered.any() and float(away.median()) < 0.5


def test_the_extent_of_a_mask_is_that_of_its_places() -> None:
    made = talker(40)
    template = face_template(made.shapes, made.learnt)
    mesh = made.shapes.vertices(3)
    for name in ("hidden", "dubbed"):
        inside = template.places(mesh)[getattr(template, name) > 0]
        np.testing.assert_allclose(template.extent(mesh, name), (inside.min(0), inside.max(0)), atol=1e-4)


def test_what_a_mask_leaves_alone_does_not_move() -> None:
    made = talker(40)
    template = face_template(made.shapes, made.learnt)
    own = made.shapes.shapes[3]
    moved = np.linalg.norm(template.moved(own, own + [0, 0.3, 0]) - own, axis=1)
    column, row = np.rint(template.vertices[: len(own)]).astype(int).T
    height, width = template.size
    there = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    beside = ~there
    beside[there] = template.dubbed[row[there], column[there]] <= 0
    assert beside.any() and moved[beside].max() == 0
    assert moved[[UPPER_LIP, LOWER_LIP, *OUTER_LIPS, 152]].min() > 0.29
    assert moved.max() < 0.301 and ((moved > 0.02) & (moved < 0.28)).any()


def test_a_large_window_is_looked_up_at_half_its_size(monkeypatch) -> None:
    made = talker(40)
    template = face_template(made.shapes, made.learnt)
    mesh, window = made.shapes.vertices(3), (11, 20, 118, 121)
    whole, covered, _ = template.under(mesh, window)
    monkeypatch.setattr(module, "HALVED", 50)
    half, certain, _ = template.under(mesh, window)
    assert half.shape == whole.shape and certain.shape == covered.shape
    assert (covered | ~certain).all() and certain.sum() > 0.9 * covered.sum()
    away = (half - whole).abs().amax(-1)[torch.from_numpy(certain)]
    assert float(away.quantile(0.95)) < 0.6  # samples, of 1 / 100 eye distance


def test_no_place_lies_between_the_two_sides_of_a_folded_edge(monkeypatch) -> None:
    made = talker(40)
    template = face_template(made.shapes, made.learnt)
    mesh = made.shapes.vertices(3)
    middle = mesh[:468].mean(0)
    angle = np.radians(40)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    turned, window = (mesh - middle) @ turn.T + middle, (0, 0, 128, 128)
    whole, covered, folded = template.under(turned, window)
    assert 0 < folded.sum() < 0.3 * covered.sum()
    monkeypatch.setattr(module, "HALVED", 50)
    half, certain, also = template.under(turned, window)
    both = torch.from_numpy(also & covered & certain)
    assert also.any() and float((half - whole).abs().amax(-1)[both].quantile(0.99)) < 0.6
    monkeypatch.setattr(module, "FOLD", np.inf)
    careless, _, none = template.under(turned, window)
    assert not none.any() and float((careless - whole).abs().amax(-1)[both].quantile(0.99)) > 5
