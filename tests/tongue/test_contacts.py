# SPDX-License-Identifier: GPL-3.0-or-later
"""The tongue at its contacts: it arrives, keeps its volume, and passes through no tooth and no lip, on every face."""

from __future__ import annotations

import numpy as np
import pytest
from mien.heads import identity
from mien.heads.default import Head, load_head
from mien.preview.tongue import Tongue
from mien.tongue.contacts import BACK_UP, NAMES, TIP_FORWARD, TIP_UP, Contacts
from scipy.spatial import cKDTree

HEAD = load_head()
JAWS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.35)
CONTACTS = {"tip": (1, 0, 0), "back": (0, 1, 0), "forward": (0, 0, 1), "tip and back": (1, 1, 0)}
CROSSING = 0.0004  # m: a tooth's own rings are coarser than this
OTHER_FACE = 0.0005  # m on other faces, whose tongue and teeth are those of the default head, scaled by up to 1.2


def posed(head: Head, jaw: float, contact: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(the drawn tongue's points (N, 3), the head's vertices (V, 3), teeth (M, 3)) at a contact."""
    weights = np.zeros((1, len(HEAD.channels)), np.float32)
    weights[0, HEAD.channels.index("jawOpen")] = jaw
    tongue = Contacts(HEAD).weights(HEAD.channels, weights, *np.array(contact, float)[:, None])
    vertices = head.pose(weights)[0] + np.tensordot(tongue[0], head.tongue_deltas, 1)
    teeth = head.teeth_vertices + jaw * head.teeth_deltas[head.teeth_channels.index("jawOpen")]
    return Tongue(head).place(vertices), vertices, teeth


def triangles(quads: np.ndarray) -> np.ndarray:
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def volume(points: np.ndarray) -> float:
    a, b, c = (points[triangles(Tongue(HEAD).quads)[:, i]] for i in range(3))
    return abs(float((a * np.cross(b, c)).sum() / 6))


def inside(points: np.ndarray, surface: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """(N,) whether each point is within the surface: its winding number (Van Oosterom and Strackee 1983)."""
    corners = surface[triangles(quads)][None] - points[:, None, None]
    a, b, c = (corners[:, :, i] for i in range(3))
    x, y, z = (np.linalg.norm(each, axis=-1) for each in (a, b, c))
    under = x * y * z + (a * b).sum(-1) * z + (b * c).sum(-1) * x + (c * a).sum(-1) * y
    angle = 2 * np.arctan2((a * np.cross(b, c)).sum(-1), under)
    return np.abs(angle.sum(1)) > 2 * np.pi


def depth_in_teeth(head: Head, jaw: float, contact: tuple[float, float, float]) -> float:
    """Metres: how deep a point of the front of the tongue, where it is seen, is in a tooth or its gum at most."""
    points, _, teeth = posed(head, jaw, contact)
    points = points[points[:, 2] > points[:, 2].max() - 0.018]
    tree = cKDTree(teeth)
    near = points[tree.query(points)[0] < 0.004]
    crossing = near[inside(near, teeth, head.teeth_quads)] if len(near) else near
    return float(tree.query(crossing)[0].max()) if len(crossing) else 0.0


@pytest.mark.parametrize("jaw", JAWS)
@pytest.mark.parametrize("contact", CONTACTS.values(), ids=CONTACTS)
def test_no_tooth_is_crossed(contact, jaw: float) -> None:
    assert depth_in_teeth(HEAD, jaw, contact) <= CROSSING


@pytest.mark.parametrize("name", identity.names())
def test_no_tooth_is_crossed_on_other_faces(name: str) -> None:
    head = identity.load_identity(name).head
    for contact in CONTACTS.values():
        at_rest = depth_in_teeth(head, 0.15, (0, 0, 0))
        assert depth_in_teeth(head, 0.15, contact) <= max(OTHER_FACE, at_rest), contact


@pytest.mark.parametrize("jaw", JAWS)
@pytest.mark.parametrize("contact", CONTACTS.values(), ids=CONTACTS)
def test_the_tongue_keeps_its_volume(contact, jaw: float) -> None:
    own = volume(posed(HEAD, jaw, contact)[0]) / volume(posed(HEAD, jaw, (0, 0, 0))[0])
    assert 0.94 < own < 1.05


@pytest.mark.parametrize("jaw", JAWS)
def test_the_tip_meets_the_ridge_and_the_back_rises_to_the_palate(jaw: float) -> None:
    upper = ~HEAD.teeth_lower.astype(bool)
    gums = HEAD.teeth_vertices[HEAD.teeth_gum.astype(bool) & upper]
    tip, _, _ = posed(HEAD, jaw, (1, 0, 0))
    front = tip[tip[:, 2] > tip[:, 2].max() - 0.006]
    assert 0.0002 < cKDTree(gums).query(front)[0].min() < 0.003
    back, still = (posed(HEAD, jaw, contact)[0] for contact in ((0, 1, 0), (0, 0, 0)))
    inside = gums[(np.abs(gums[:, 0]) < 0.005) & (gums[:, 2] < gums[:, 2].max() - 0.006)]
    assert back[:, 1].max() > inside[:, 1].min() + 0.002
    assert back[:, 1].max() > still[:, 1].max() + 0.006


def test_the_tip_goes_between_teeth_that_are_apart_alone() -> None:
    edge = HEAD.teeth_vertices[np.abs(HEAD.teeth_vertices[:, 0]) < 0.005, 2].max()
    for jaw, passes in ((0.0, False), (0.05, False), (0.15, True), (0.25, True)):
        tip = posed(HEAD, jaw, (0, 0, 1))[0][:, 2].max()
        assert (tip > edge - 0.001) == passes, jaw
        assert tip < edge + 0.0025


@pytest.mark.parametrize("jaw", (0.1, 0.15, 0.25))
def test_no_lip_is_pierced(jaw: float) -> None:
    points, vertices, _ = posed(HEAD, jaw, (0, 0, 1))
    lips = vertices[np.unique(HEAD.inner_lips)]
    foremost = points[points[:, 2] > points[:, 2].max() - 0.002]
    assert cKDTree(lips).query(foremost)[0].min() > 0.001
    assert foremost[:, 2].max() < vertices[HEAD.inner_lips[list(HEAD.inner_lips_middle)]][..., 2].max()


def test_the_weights_are_of_this_frame_and_follow_the_share() -> None:
    weights = np.zeros((3, len(HEAD.channels)), np.float32)
    weights[:, HEAD.channels.index("jawOpen")] = (0.0, 0.1, 0.3)
    contacts, none, full = Contacts(HEAD), np.zeros(3), np.ones(3)
    tip = contacts.weights(HEAD.channels, weights, full, none, none)
    assert (np.diff(tip[:, NAMES.index(TIP_UP)]) > 0.05).all()
    assert not tip[:, [NAMES.index(BACK_UP), NAMES.index(TIP_FORWARD)]].any()
    half = contacts.weights(HEAD.channels, weights, full / 2, none, none)
    np.testing.assert_allclose(half[:, 0], tip[:, 0] / 2, rtol=1e-4)
    assert not contacts.weights(HEAD.channels, weights, none, none, none).any()


def test_incisors_part_with_the_jaw() -> None:
    weights = np.array([[0.0], [0.2]], np.float32)
    shut, apart = Contacts(HEAD).incisor_gap(("jawOpen",), weights)
    assert -0.001 < shut < 0.001 and apart > 0.004
