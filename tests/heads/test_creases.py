# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.heads.creases import CREASES, DEPTH, GAIN, depth_map, folded, regions, strengths, table
from mien.heads.default import load_head

ROWS = [(crease.name, side) for crease in CREASES for side in ("Right", "Left")]


def _strengths(**channels: float) -> dict[tuple[str, str], float]:
    head = load_head()
    weights = np.zeros(len(head.channels), np.float32)
    for name, value in channels.items():
        weights[head.channels.index(name)] = value
    return dict(zip(ROWS, strengths(weights, head.channels).tolist(), strict=True))


def test_a_crease_is_the_strongest_of_its_sources():
    both = _strengths(mouthSmileLeft=1.0, noseSneerLeft=1.0)
    assert both["nasolabial fold", "Left"] == pytest.approx(0.9 * GAIN)
    assert both["bridge", "Left"] == pytest.approx(0.9 * GAIN)
    assert _strengths(noseSneerLeft=1.0)["nasolabial fold", "Left"] == pytest.approx(0.8 * GAIN)


def test_one_side_creases_alone_and_a_resting_face_not_at_all():
    one = _strengths(mouthSmileLeft=1.0)
    assert {side for (_, side), value in one.items() if value > 0} == {"Left"}
    assert not any(_strengths().values())


def test_crows_feet_want_cheeks_and_smile_together():
    assert _strengths(mouthSmileLeft=1.0)["crow's feet", "Left"] == 0
    assert _strengths(mouthSmileLeft=1.0, cheekSquintLeft=0.5)["crow's feet", "Left"] == pytest.approx(0.5 * GAIN)


def test_every_channel_of_the_table_is_one_of_the_head():
    channels = load_head().channels
    for crease in CREASES:
        for _, names in crease.sources:
            assert all(name.replace("*", side) in channels for name in names for side in ("Left", "Right"))


def test_weights_beyond_one_crease_no_deeper():
    assert _strengths(browDownLeft=3.0) == _strengths(browDownLeft=1.0)


def test_regions_lie_on_their_side_and_creases_within_them():
    head = load_head()
    shares = regions(head)
    assert shares.shape == (2 * len(CREASES), len(head.vertices))
    assert (shares.max(1) > 0.9).all()
    for share, (_, side) in zip(shares, ROWS, strict=True):
        assert np.sign(head.vertices[share > 0.9, 0].mean()) == (1 if side == "Left" else -1)


def test_the_depth_lies_in_the_cheek_and_not_on_the_lips():
    head = load_head()
    low, high = head.vertices[:, :2].min(0), head.vertices[:, :2].max(0)
    side = float((high - low).max())
    x0, y0 = (low + high) / 2 - side / 2
    depths = depth_map(head, (float(x0), float(y0), side, side), 256)
    corner, upper = head.vertices[head.landmarks[[54, 51]], :2]

    def most(place: np.ndarray) -> int:
        x, y = ((place - (x0, y0)) / side * 256).astype(int)
        return int(depths[y - 3 : y + 4, x - 3 : x + 4].max())

    assert most(corner + (0.010, 0.005)) > 120
    assert most(upper) < 30


def test_the_table_of_the_head_file_is_that_of_the_left_side():
    head = load_head()
    stored = table(head)
    assert [row["name"] for row in stored] == [crease.name for crease in CREASES]
    assert stored[0]["sources"][0] == [pytest.approx(0.9 * GAIN), ["mouthSmile*"]]
    points = np.concatenate([line for row in stored for line in row["lines"]])
    assert points[:, 0].min() > -0.001 and (points[:, 0] > 0.002).mean() > 0.9
    corner = head.vertices[head.landmarks[54], :2]
    assert np.linalg.norm(np.array(stored[0]["lines"][0][-1]) - corner) < 0.015


def test_folds_of_shapes_lie_on_their_side_and_are_as_deep_as_their_gain():
    head = load_head()
    folds = folded(head, ["mouthSmileLeft", "noseSneerLeft", "browInnerUp", "jawOpen", "cheekSquintRight"])
    smile, sneer, brow, jaw, cheek = folds
    assert 0.5 * DEPTH < smile.max() < 0.9 * GAIN * DEPTH + 1e-9
    assert head.vertices[smile > 0.2 * DEPTH, 0].min() > 0
    assert head.vertices[cheek > 0.2 * DEPTH, 0].max() < 0  # with the smile in the table, and its first channel
    assert not jaw.any() and sneer.any()
    assert {-1.0, 1.0} <= set(np.sign(head.vertices[brow > 0.1 * DEPTH, 0]))
