# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from default_head import HEAD, part, weights
from mien.heads import teeth

LIPS = np.array([0.0, 0.1, 0.115])


@pytest.mark.parametrize("row", [teeth.upper_row(LIPS), teeth.lower_row(LIPS)])
def test_a_row_is_a_symmetric_arch_behind_the_lips(row):
    crowns = row.vertices[~row.gum]
    assert crowns[:, 0].max() == pytest.approx(-crowns[:, 0].min(), abs=1e-6)
    assert crowns[:, 2].max() < LIPS[2] - 0.004
    assert row.quads.max() < len(row.vertices)
    assert 0.04 < np.ptp(crowns[:, 0]) < 0.07  # metres, as wide as a person's


def test_the_upper_front_teeth_stand_before_the_lower_ones():
    upper, lower = teeth.upper_row(LIPS).vertices, teeth.lower_row(LIPS).vertices
    assert upper[:, 2].max() > lower[:, 2].max() + 0.001


@pytest.mark.parametrize("row", [teeth.upper_row(LIPS), teeth.lower_row(LIPS)])
def test_the_faces_look_outwards(row):
    crown = row.quads[: teeth.AROUND * (teeth.UP - 1)]  # the sides of the first tooth
    a, b, c, d = (row.vertices[crown[:, i]] for i in range(4))
    outward = (a + b + c + d) / 4 - row.vertices[np.unique(crown)].mean(0)
    assert (np.einsum("ij,ij->i", np.cross(c - a, d - b), outward) > 0).mean() > 0.9


@pytest.mark.parametrize(("row", "up"), [(teeth.upper_row(LIPS), 1.0), (teeth.lower_row(LIPS), -1.0)])
def test_the_gum_covers_the_necks_and_comes_down_between_the_teeth(row, up):
    count = teeth.UP * teeth.AROUND + 1
    gum = row.vertices[row.gum]
    crowns = row.vertices[~row.gum].reshape(-1, count, 3)
    for crown in crowns:
        ends = crown[-1 - teeth.AROUND : -1]
        outward = ends[teeth.AROUND // 4] - ends.mean(0)  # of the front; the gum has a column there
        height = (gum - ends[teeth.AROUND // 4]) @ (outward * (1, 0, 1)) / np.linalg.norm(outward * (1, 0, 1))
        near = np.linalg.norm(gum - ends[teeth.AROUND // 4], axis=1) < 0.0025
        assert 0.0001 < height[near].max() < 0.0015  # metres before the neck: a margin, and no swelling
    middle = np.abs(gum[:, 0]) < 0.0002
    papilla, edge = (up * gum[middle, 1]).min(), (up * crowns[:2, :, 1]).min()
    assert 0.5 < (papilla - edge) / (teeth.UPPER_HEIGHTS if up > 0 else teeth.LOWER_HEIGHTS)[0] < 0.7


def test_the_teeth_are_two_rows_behind_the_lips_and_the_jaw_takes_the_lower():
    below, lips = HEAD.teeth_lower == 1, HEAD.vertices[HEAD.inner_lips[list(HEAD.inner_lips_middle)]].mean((0, 1))
    assert HEAD.teeth_channels == tuple(name for name in HEAD.channels if name.startswith("jaw"))
    assert HEAD.teeth_vertices[:, 2].max() < lips[2] - 0.004
    assert HEAD.teeth_vertices[~below, 1].min() < lips[1] < HEAD.teeth_vertices[~below, 1].max()
    assert (below[HEAD.teeth_quads] == below[HEAD.teeth_quads[:, :1]]).all()
    assert np.abs(HEAD.teeth_deltas[:, ~below]).max() == 0.0
    opened = HEAD.teeth_deltas[HEAD.teeth_channels.index("jawOpen"), below]
    front = HEAD.teeth_vertices[below, 2] > HEAD.teeth_vertices[below, 2].max() - 0.005
    assert -0.04 < opened[front, 1].mean() < -0.02  # metres at weight 1, as the lower lip


@pytest.mark.parametrize("channel", HEAD.teeth_channels)
def test_the_lower_teeth_are_rigid_in_a_jaw_at_weight_1(channel):
    """Between, a straight line shortens them: by 2 % at jawOpen 0.35."""
    row = HEAD.teeth_vertices[HEAD.teeth_lower == 1].astype(float)
    delta = HEAD.teeth_deltas[HEAD.teeth_channels.index(channel), HEAD.teeth_lower == 1]

    def sizes(weight: float) -> np.ndarray:
        moved = row + weight * delta
        return np.linalg.norm(moved - moved.mean(0), axis=1)

    assert np.abs(sizes(1.0) - sizes(0.0)).max() < 1e-6
    assert (np.abs(sizes(0.35) / sizes(0.0) - 1) < 0.03).all()


@pytest.mark.parametrize("jaw", [0.0, 0.35, 0.6, 1.0])
def test_the_lower_teeth_stay_behind_the_chin(jaw):
    """Measured: 3.5 mm of lip and chin before the foremost of them at the least, with the jaw wide open."""
    face = HEAD.pose(weights(jawOpen=jaw))
    row = HEAD.teeth_lower == 1
    points = HEAD.teeth_vertices[row] + jaw * HEAD.teeth_deltas[HEAD.teeth_channels.index("jawOpen"), row]
    points = points[np.abs(points[:, 0]) < 0.012]
    skin = part("skin")
    chin = face[skin[(np.abs(face[skin, 0]) < 0.015) & (face[skin, 2] > points[:, 2].min())]]
    before = [chin[np.linalg.norm(chin[:, :2] - point[:2], axis=1) < 0.006][:, 2].max() - point[2] for point in points]
    assert min(before) > 0.002


def test_the_weights_of_the_jaw_are_found_in_a_face_without_channels():
    """Within half a millimetre of teeth for what else moves the edge of the jaw; exact for the jaw alone."""
    find = teeth.JawWeights(HEAD)
    alone = dict.fromkeys(HEAD.teeth_channels, 0.3)
    assert find(HEAD.pose(weights(**alone))) == pytest.approx([0.3] * len(alone), abs=1e-4)
    talking = weights(jawOpen=0.4, mouthFunnel=0.4, mouthRollLower=0.2, mouthSmile=0.5)
    assert find(HEAD.pose(talking))[HEAD.teeth_channels.index("jawOpen")] == pytest.approx(0.4, abs=0.02)


SKIN = np.isin(HEAD.quad_material, [[m["name"] for m in HEAD.materials].index(name) for name in ("skin", "lips")])
POSES = {
    **{name: {name: 1.0} for name in HEAD.channels if name.startswith(("mouth", "jaw", "cheek", "nose"))},
    "shut": {"jawOpen": 1.0, "mouthClose": 1.0},
    "rolled in": {"mouthRollUpper": 1.0, "mouthRollLower": 1.0},
    "pressed": {"mouthPressLeft": 1.0, "mouthPressRight": 1.0},
    "snarl": {"mouthUpperUpLeft": 1.0, "mouthUpperUpRight": 1.0, "noseSneerLeft": 1.0, "noseSneerRight": 1.0},
}


@pytest.mark.parametrize("pose", POSES.values(), ids=POSES)
def test_no_tooth_and_no_gum_comes_through_lips_or_skin(pose):
    face = HEAD.pose(weights(**pose)).astype(float)
    jaw = [pose.get(name, 0.0) for name in HEAD.teeth_channels]
    points = HEAD.teeth_vertices + np.tensordot(jaw, HEAD.teeth_deltas, 1)
    points = points[HEAD.teeth_vertices[:, 2] > HEAD.teeth_vertices[:, 2].max() - 0.02]  # behind them are cheeks
    quads = HEAD.quads[SKIN]
    around = np.array([0.006, 0.006, 0.03])
    low, high = points.min(0) - around, points.max(0) + around
    quads = quads[((face[quads] > low) & (face[quads] < high)).all((1, 2))]
    corners = face[np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])]
    a, b, c = corners.transpose(1, 0, 2)
    area = np.cross((b - a)[:, :2], (c - a)[:, :2])
    a, b, c, area = (each[area > 1e-9] for each in (a, b, c, area))  # those that look to the front
    to = points[:, None, :2]
    u, v = np.cross(to - a[:, :2], (c - a)[:, :2]) / area, np.cross((b - a)[:, :2], to - a[:, :2]) / area
    height = np.where((u >= 0) & (v >= 0) & (u + v <= 1), a[:, 2] + u * (b - a)[:, 2] + v * (c - a)[:, 2], -np.inf)
    foremost = height.max(1)
    assert (np.isneginf(foremost) | (foremost > points[:, 2])).all()
