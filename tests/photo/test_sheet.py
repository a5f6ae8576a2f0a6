# SPDX-License-Identifier: GPL-3.0-or-later
"""The person around the face: it follows the head near it, stays where it is far, and turns nothing over."""

import numpy as np
from mien.face_tracking.landmark_indices import CHIN
from mien.heads.default import rotation_matrix
from mien.photo.fit import fit_face
from mien.photo.relief import FOREHEAD, LOBES, below_lobes
from mien.photo.sheet import BEYOND, BLEND, HIDDEN, Sheet, crown_of, mirrored, outside_oval
from rendered_faces import face


def test_the_head_moves_the_shoulders_do_not_and_nothing_folds() -> None:
    fitted = fit_face(face())
    sheet = Sheet(fitted, (192, 192), cut=True)
    still = np.zeros((468, 3))
    pivot = fitted.pose.shift
    assert np.allclose(sheet.moved(still, np.eye(3), pivot, np.zeros(3)), sheet.rest)
    turned = sheet.moved(still, rotation_matrix(np.array([0, 0.2, 0])), pivot, np.zeros(3))
    moved = np.linalg.norm((turned - sheet.rest)[:, :2], axis=1)
    forehead = np.linalg.norm(sheet.rest[:, :2] - fitted.points[FOREHEAD, :2], axis=1).argmin()
    assert moved[forehead] > 0.05 * fitted.eye_distance
    away = outside_oval(fitted.points, sheet.rest[:, :2], fitted.eye_distance) > 0.5 * fitted.eye_distance
    assert moved[(sheet.share == 0) & away].max(initial=0) == 0
    assert sheet.share.min() >= 0
    assert sheet.share[forehead] == 1


def test_cells_in_which_nothing_is_seen_are_not_there() -> None:
    fitted = fit_face(face())
    seen = np.zeros((192, 192), bool)
    seen[100:, 40:90] = True
    whole, part = Sheet(fitted, (192, 192), cut=True), Sheet(fitted, (192, 192), cut=True, seen=seen)
    every = whole.rest[whole.triangles][..., :2]
    touching = every[((every.max(1) > [40, 100]) & (every.min(1) < [90, 300])).all(1)]
    kept = {tuple(each) for each in part.rest[part.triangles][..., :2].reshape(-1, 6).tolist()}
    assert {tuple(each) for each in touching.reshape(-1, 6).tolist()} <= kept
    assert kept < {tuple(each) for each in every.reshape(-1, 6).tolist()}
    assert len(part.triangles) < 0.4 * len(whole.triangles)


def test_what_the_face_hides_has_no_cells() -> None:
    fitted = fit_face(face())
    for lower_face in (False, True):
        sheet = Sheet(fitted, (192, 192), cut=True, lower_face=lower_face)
        middles = sheet.rest[sheet.triangles][..., :2].mean(1)
        inside = outside_oval(fitted.points, middles, fitted.eye_distance) / fitted.eye_distance
        neck = below_lobes(fitted, middles) > -0.1
        assert inside[neck == lower_face].min() > -2 * HIDDEN
        assert (inside[~neck] < -BLEND / 2).any()  # under the face's soft edge there are
        assert lower_face or inside[neck].min() < -1.2 * HIDDEN  # the jaw turns away from before the neck


def test_the_distance_from_the_oval_has_a_sign() -> None:
    points = fit_face(face()).points
    inside, outside = outside_oval(points, np.array([points[4, :2], points[10, :2] - (0, 30)]), 60.0)
    assert inside < 0 < outside
    assert abs(outside - 30) < 4


def test_beyond_the_edge_the_picture_is_mirrored_but_for_the_face() -> None:
    oval = np.array([[80.0, 10.0], [120.0, 150.0]])
    beyond = BEYOND * 200
    places = np.array(
        [[100.0, 100.0], [-beyond, 100.0], [200 + beyond, 100.0], [100.0, -beyond], [100.0, 200 + beyond]]
    )
    at = mirrored(places, oval, (200, 200), 4.0)
    assert np.allclose(at, [[100, 100], [beyond, 100], [200 - beyond, 100], [100, 6], [100, 200 - beyond]])


def test_the_neck_follows_the_head_less_and_less() -> None:
    fitted = fit_face(face())
    sheet = Sheet(fitted, (192, 192), cut=True)
    ear, neck = fitted.points[LOBES[0], :2], fitted.points[CHIN, :2]
    nearest = [np.linalg.norm(sheet.rest[:, :2] - place, axis=1).argmin() for place in (ear - (0, 3), neck + (0, 3))]
    assert sheet.share[nearest[0]] > 0.95
    assert sheet.share[nearest[1]] < 0.05
    jaw = Sheet(fitted, (192, 192), cut=True, lower_face=True)
    assert jaw.share[np.linalg.norm(jaw.rest[:, :2] - neck, axis=1).argmin()] == 1
    shift = np.array([3.0, -2.0, 0.0])
    moved = sheet.moved(np.zeros((468, 3)), np.eye(3), fitted.pose.shift, shift)
    assert np.allclose(moved, sheet.rest + shift)


def test_the_neck_stays_where_a_turned_jaw_leaves_it() -> None:
    fitted = fit_face(face())
    sheet = Sheet(fitted, (192, 192), cut=True)
    turned = sheet.moved(np.zeros((468, 3)), rotation_matrix(np.array([0, 0.35, 0])), fitted.pose.shift, np.zeros(3))
    moved = np.linalg.norm((turned - sheet.rest)[:, :2], axis=1) / fitted.eye_distance
    chin = fitted.points[CHIN, :2]
    beside = [chin + np.array([side * 0.35, 0.1]) * fitted.eye_distance for side in (-1, 1)]
    assert all(moved[np.linalg.norm(sheet.rest[:, :2] - place, axis=1).argmin()] < 0.01 for place in beside)


def test_a_crown_that_the_frame_cuts_goes_on_and_shuts() -> None:
    y, x = np.mgrid[:200, :200] + 0.5
    seen = np.hypot(x - 100, y - 60) < 70  # its top is 10 pixels above the picture
    crown = crown_of(seen, np.array([100.0, 50.0]), 60.0)
    assert crown is not None
    heights = np.array([4.0, 8.0])
    ends = 100 + np.sqrt(70**2 - (60 + heights) ** 2)
    at = crown.texture_columns(np.c_[ends, -heights], np.c_[ends, heights])
    assert np.abs(at - (100 + np.sqrt(70**2 - (60 - heights) ** 2))).max() < 6
    gone = crown.texture_columns(np.array([[100.0, -30.0]]), np.array([[100.0, 30.0]]))
    assert not seen[:40, int(gone[0])].any()
    assert crown_of(np.ones((200, 200), bool), np.array([100.0, 50.0]), 60.0) is None
    assert crown_of(np.roll(seen, 12, 0) & (y > 3), np.array([100.0, 60.0]), 60.0) is None
