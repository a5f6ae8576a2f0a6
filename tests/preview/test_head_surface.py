# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.heads.default import load_head
from mien.preview.head_surface import COLOUR, NORMAL, OCCLUSION, POSITION, REST, WETNESS, Surface, nostrils


@pytest.fixture(scope="module")
def surface() -> Surface:
    return Surface(load_head())


def face(**weights: float) -> np.ndarray:
    head = load_head()
    values = np.zeros(len(head.channels), np.float32)
    values[head.order(list(weights))] = list(weights.values())
    return head.pose(values)


def test_normals_are_unit_and_point_out_of_the_face(surface):
    head = load_head()
    normals = surface.normals(head.vertices)
    drawn = np.unique(surface.triangles_by_material["skin"])
    assert np.linalg.norm(normals[drawn], axis=1) == pytest.approx(1.0, abs=1e-5)
    chin, nose = head.landmarks[[8, 30]]
    assert normals[nose, 2] > 0.8
    assert normals[chin, 2] > 0.3
    crown = head.vertices[:, 1].argmax()
    assert normals[crown, 1] > 0.9


def test_every_triangle_has_its_vertices(surface):
    for triangles in surface.triangles_by_material.values():
        assert triangles.min() >= 0 and triangles.max() < len(surface.vertices)
    assert np.isfinite(surface.at(face())).all()


def test_lower_teeth_follow_the_jaw_and_upper_ones_stay(surface):
    head = load_head()
    after = len(head.vertices)
    rest, opened = surface.at(face())[after:].copy(), surface.at(face(jawOpen=0.5))[after:]
    moved = np.linalg.norm(opened[:, POSITION] - rest[:, POSITION], axis=1)
    teeth = np.zeros(len(rest), bool)
    teeth[np.flatnonzero(rest[:, WETNESS] == 1)[: len(head.teeth_vertices)]] = True  # the tongue comes after them
    upper = teeth & (np.arange(len(rest)) < np.flatnonzero(teeth)[teeth.sum() // 2])
    assert moved[upper].max() < 1e-4  # metres
    chin = np.linalg.norm(face(jawOpen=0.5)[head.landmarks[8]] - head.vertices[head.landmarks[8]])
    front = teeth & ~upper & (rest[:, REST][:, 2] > rest[teeth, REST.start + 2].max() - 0.02)
    assert moved[front].mean() == pytest.approx(chin, rel=0.4)


def test_the_mouth_fills_with_light_as_it_opens(surface):
    shut = surface.at(face())[:, OCCLUSION].copy()
    wide = surface.at(face(jawOpen=0.6))[:, OCCLUSION].copy()
    inside = surface.vertices[:, WETNESS] == 1
    assert (wide[inside] > 2 * shut[inside]).all()
    assert shut[inside].min() > 0  # dark, never black
    assert (wide[surface.vertices[:, WETNESS] == 0] >= shut[surface.vertices[:, WETNESS] == 0] - 1e-6).mean() > 0.9


def test_nostrils_are_dark_and_the_skin_around_them_is_not(surface):
    head = load_head()
    depth = nostrils(head, surface.normals(head.vertices))
    left, right = (depth[side].max() for side in (head.vertices[:, 0] > 0, head.vertices[:, 0] < 0))
    assert 0.8 < left <= 1 and 0.8 < right <= 1
    assert (depth > 0.3).sum() < 80
    assert depth[head.landmarks[[30, 33, 51, 48, 54]]].max() < 0.1
    dark, light = (surface.vertices[: len(depth), COLOUR][rows].mean() for rows in (depth > 0.8, depth < 0.01))
    assert dark < 0.4 * light


def test_a_tongue_between_the_lips_is_lit(surface):
    shut = surface.at(face(jawOpen=0.3))[surface.tongue_place, OCCLUSION].copy()
    out = surface.at(face(jawOpen=0.3, tongueOut=1.0))[surface.tongue_place, OCCLUSION].copy()
    assert out.max() > 1.15 * shut.max()
    assert out.min() > 0


def test_eyes_look_where_the_take_says(surface):
    eye = len(load_head().vertices)  # the first vertex of the left eyeball: its axis
    ahead = surface.at(face())[eye, NORMAL].copy()
    assert surface.at(face(eyeLookOutLeft=0.8))[eye, NORMAL.start] > ahead[0] + 0.1
    assert surface.at(face(eyeLookDownLeft=0.8))[eye, NORMAL.start + 1] < ahead[1] - 0.1
