# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.evaluation import EvaluationError
from mien.evaluation.takes.face_regions import STILL, Regions, regions_of
from mien.heads.default import load_head

HEAD = load_head()
REGIONS = regions_of(HEAD)
NEUTRAL = np.zeros((9, 3), np.float32)


def distance(ids: np.ndarray, *names: str) -> np.ndarray:
    """(n,) metres these vertices are moved at the most by channels whose names begin so."""
    deltas = [delta for name, delta in zip(HEAD.channels, HEAD.deltas, strict=True) if name.startswith(names)]
    return np.linalg.norm(np.stack(deltas)[:, ids], axis=-1).max(0)


def test_as_many_as_it_says() -> None:
    assert (len(REGIONS.lips), len(REGIONS.upper)) == (304, 889)
    assert not np.intersect1d(REGIONS.lips, REGIONS.upper).size


def test_the_landmarks_are_where_they_belong() -> None:
    """iBUG-68: 17..26 brows, 27 the root of the nose, 36..47 lids, 48..67 lips."""
    assert np.isin(HEAD.landmarks[48:68], REGIONS.lips).all()
    assert np.isin(HEAD.landmarks[[*range(17, 28), *range(36, 48)]], REGIONS.upper).all()
    assert not np.isin(HEAD.landmarks[[*range(1, 16), *range(30, 36)]], REGIONS.upper).any()


def test_both_are_the_same_on_either_side() -> None:
    for ids in (REGIONS.lips, REGIONS.upper):
        np.testing.assert_array_equal(np.sort(HEAD.opposite[ids]), ids)


def test_the_upper_face_is_moved_by_brows_and_eyes_and_the_lips_by_speech() -> None:
    assert (distance(REGIONS.upper, "brow", "eye") > np.maximum(distance(REGIONS.upper, "jaw", "mouth"), STILL)).all()
    assert distance(REGIONS.lips, "brow", "eye").max() < 1e-6 < 0.003 < distance(REGIONS.lips, "jaw", "mouth").min()


def test_speech_hardly_moves_the_upper_face() -> None:
    """A wide open jaw moves it a hundredth of what it moves the lips."""
    assert distance(REGIONS.upper, "jawOpen").mean() < 0.01 * distance(REGIONS.lips, "jawOpen").mean()


@pytest.mark.parametrize(
    ("lips", "upper", "words"),
    [
        ([0, 9], [1], "the lips name vertices 0 to 9; the face has 9"),
        ([0], [-1, 3], "the upper face name vertices -1 to 3"),
        ([], [1], "the lips are no list of different vertices"),
        ([0], [1, 1], "the upper face are no list of different vertices"),
    ],
)
def test_what_is_no_part_of_a_face_is_refused(lips: list[int], upper: list[int], words: str) -> None:
    with pytest.raises(EvaluationError, match=words):
        Regions(NEUTRAL, np.array(lips, int), np.array(upper, int))


def test_a_neutral_face_has_places_in_space() -> None:
    with pytest.raises(EvaluationError, match="the neutral face has shape"):
        Regions(NEUTRAL[None], np.array([0]), np.array([1]))
