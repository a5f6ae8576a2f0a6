# SPDX-License-Identifier: GPL-3.0-or-later
import importlib.util
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from checkout import SHARED
from mien.channels import ARKIT
from mien.evaluation import EvaluationError
from mien.evaluation.takes.face_regions import Regions
from mien.evaluation.takes.metrics import (
    BLOCK,
    SAMPLES,
    Faces,
    Measures,
    articulation_agreement,
    mean_distance,
    measure,
    variation,
    worst,
)
from mien.heads.default import HeadError, load_head
from mien.take import Take

GOLDEN = SHARED / "golden" / "probtalk3d" / "metrics"
ORDER = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]
NAMES = ("mve", "lve", "mee", "ce", "fdd", "diversity")


# --- against the published evaluation


@pytest.mark.skipif(not GOLDEN.is_dir(), reason="../shared/golden/probtalk3d, official numbers, is not here")
def test_the_measures_are_those_of_the_published_evaluation() -> None:
    spec = importlib.util.spec_from_file_location("metric_data", GOLDEN / "metric_data.py")
    data = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(data)
    neutral, lips, upper, sequences = data.make()
    regions, total = Regions(neutral, lips, upper), Measures()
    with np.load(GOLDEN / "metrics.npz") as golden:
        for i, (_, truth, samples) in enumerate(sequences):
            checksum = [truth.sum(dtype=float), samples[3].sum(dtype=float)]
            np.testing.assert_allclose(checksum, golden[f"s{i}_checksum"], rtol=1e-9)
            lip_errors = worst(truth[:, lips], samples[0][:, lips])
            np.testing.assert_allclose(lip_errors, golden[f"s{i}_lve_frames_sample0"], rtol=1e-5)
            assert variation(regions, truth) == pytest.approx(float(golden[f"s{i}_std_gt"]), rel=1e-5)
            assert variation(regions, samples[0]) == pytest.approx(float(golden[f"s{i}_std_pred0"]), rel=1e-5)
            total += measure(regions, truth, samples, golden[f"s{i}_perm"])
        assert (total.sequences, total.frames) == (golden["Total_sequence_number"], golden["Total_frame_number"])
        for name, theirs in zip(NAMES, ("MVE", "LVE", "MEE", "CE", "FDD", "Diversity"), strict=True):
            assert getattr(total, name) == pytest.approx(float(golden[theirs]), rel=1e-6), name


# --- known by hand: five vertices at rest in the origin; 0 and 1 are lips, 2 and 3 the upper face


REGIONS = Regions(np.zeros((5, 3), np.float32), np.array([0, 1]), np.array([2, 3]))


def still(frames: int = 2) -> np.ndarray:
    return np.zeros((frames, 5, 3), np.float32)


def moved(vertex: int, *metres: float) -> np.ndarray:
    """A face with one vertex off its place: a distance along y for each frame."""
    face = still(len(metres))
    face[:, vertex, 1] = metres
    return face


def test_mean_vertex_error_is_a_mean_of_distances_over_all_vertices() -> None:
    away = still()
    away[1, 4] = 3, 0, 4  # one vertex of five, in one frame of two: 5 m
    assert measure(REGIONS, still(), [away] + [still()] * 9).mve == pytest.approx(0.5)


def test_lip_error_is_the_worst_vertex_squared() -> None:
    away = moved(0, 0.1, 0.3) + moved(1, 0.2, 0.1) + moved(2, 9, 9)  # the upper face does not count
    assert measure(REGIONS, still(), [away] + [still()] * 9).lve == pytest.approx((0.04 + 0.09) / 2)


def test_mean_estimate_is_of_the_mean_of_the_samples() -> None:
    """Nine samples 1 m above the truth and one 9 m below are right on the mean."""
    found = measure(REGIONS, still(), [moved(0, 1.0, 1.0)] * 9 + [moved(0, -9.0, -4.0)])
    assert found.mee == pytest.approx((0 + 0.5**2) / 2)


def test_coverage_is_of_one_sample_for_the_whole_sequence() -> None:
    """Not of another in each frame; and the best of each sequence."""
    samples = [moved(0, 0.0, 2.0), moved(0, 3.0, 0.0), moved(0, 1.0, 1.0)] + [moved(0, 5.0, 5.0)] * 7
    found = measure(REGIONS, still(), samples)
    assert found.ce == pytest.approx(1.0)
    assert (found + measure(REGIONS, still(), samples[::-1][:9] + [still()])).ce == pytest.approx(0.5)


def test_dynamics_are_signed_and_of_the_squared_distance_from_rest() -> None:
    lively, calm = moved(2, 0.0, 2.0), moved(3, 1.0, 1.0)  # squares 0 4 vary by 2; 1 1 do not
    assert measure(REGIONS, lively, [calm] * 10).fdd == pytest.approx(2 / 2)  # mean of two vertices
    assert measure(REGIONS, calm, [lively] * 10).fdd == pytest.approx(-2 / 2)
    raised = replace(REGIONS, neutral=np.tile(np.float32([0, 1, 0]), (5, 1)))
    assert measure(raised, lively, [calm] * 10).fdd == pytest.approx(0)  # 1 and 1 away from there


def test_diversity_pairs_the_first_five_of_the_shuffle_with_the_last() -> None:
    samples = [moved(4, float(2**i)) for i in range(10)]
    apart = [abs(2 ** ORDER[i] - 2 ** ORDER[i + 5]) for i in range(5)]
    assert measure(REGIONS, still(1), samples, ORDER).diversity == pytest.approx(np.mean(apart) / 5)


def test_a_seed_is_one_shuffle() -> None:
    samples = [moved(4, float(2**i)) for i in range(10)]
    found = {seed: {measure(REGIONS, still(1), samples, seed=seed).diversity for _ in range(2)} for seed in range(4)}
    assert all(len(each) == 1 for each in found.values()) and len(set.union(*found.values())) > 1


# --- adding up, and agreement with plain loops


def random_sequences() -> list[tuple[np.ndarray, list[np.ndarray]]]:
    rng = np.random.default_rng(5)
    made = []
    for frames in (3, BLOCK + 2):
        truth = rng.normal(0, 0.01, (frames, 5, 3)).astype(np.float32)
        noise = rng.normal(0, 0.005, (SAMPLES, *truth.shape))
        made.append((truth, [(truth + each).astype(np.float32) for each in noise]))
    return made


def test_the_measures_are_those_of_plain_loops() -> None:
    neutral = np.random.default_rng(6).normal(0, 0.01, (5, 3)).astype(np.float32)
    regions, sequences = replace(REGIONS, neutral=neutral), random_sequences()
    total = sum((measure(regions, truth, samples, ORDER) for truth, samples in sequences), Measures())

    def distance(a, b) -> float:
        return sum((float(x) - float(y)) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5

    def lip_error(truth, face) -> list[float]:
        return [max(distance(a[v], b[v]) ** 2 for v in (0, 1)) for a, b in zip(truth, face, strict=True)]

    def lively(face) -> float:
        tracks = [[distance(frame[v], neutral[v]) ** 2 for frame in face] for v in (2, 3)]
        means = [sum(track) / len(track) for track in tracks]
        spreads = [sum((x - m) ** 2 for x in t) / len(t) for t, m in zip(tracks, means, strict=True)]
        return sum(s**0.5 for s in spreads) / 2

    def apart(a, b) -> list[float]:
        return [distance(x[v], y[v]) for x, y in zip(a, b, strict=True) for v in range(5)]

    mve, lve, mee, ce, fdd, diversity = [], [], [], [], [], []
    for truth, samples in sequences:
        mve += apart(truth, samples[0])
        lve += lip_error(truth, samples[0])
        mee += lip_error(truth, sum(each.astype(float) for each in samples) / 10)
        ce += min((lip_error(truth, each) for each in samples), key=sum)
        fdd.append(lively(truth) - lively(samples[0]))
        pairs = [apart(samples[ORDER[i]], samples[ORDER[i + 5]]) for i in range(5)]
        diversity.append(sum(sum(pair) / len(pair) for pair in pairs) / 5)
    for name, values in zip(NAMES, (mve, lve, mee, ce, fdd, diversity), strict=True):
        assert getattr(total, name) == pytest.approx(sum(values) / len(values), rel=1e-9), name
    assert (total.sequences, total.frames) == (2, BLOCK + 5)


def numbers(measures: Measures) -> dict[str, float]:
    return {name: getattr(measures, name) for name in NAMES}


def test_measures_of_nothing_are_no_numbers() -> None:
    assert all(np.isnan(getattr(Measures(), name)) for name in NAMES)


def test_a_longer_truth_is_cut_to_the_samples() -> None:
    truth, samples = random_sequences()[0]
    longer = np.concatenate([truth, truth + 1])
    assert numbers(measure(REGIONS, longer, samples, ORDER)) == pytest.approx(
        numbers(measure(REGIONS, truth, samples, ORDER)), rel=1e-12
    )


def test_two_samples_at_a_time_are_posed() -> None:
    truth, samples = random_sequences()[0]
    posed: list[int] = []

    class Posing(list):
        def __getitem__(self, i: int) -> np.ndarray:
            posed.append(i)
            return super().__getitem__(i)

    assert numbers(measure(REGIONS, truth, Posing(samples), ORDER)) == pytest.approx(
        numbers(measure(REGIONS, truth, samples, ORDER)), rel=1e-12
    )
    assert posed == [0, 3, 9, 1, 2, 4, 6, 0, 8, 5, 7]


# --- what does not fit together


def test_what_does_not_fit_together_is_refused_in_words() -> None:
    truth, samples = random_sequences()[0]
    broken = samples[4].copy()
    broken[1, 2, 0] = np.nan
    for given, order, words in (
        (samples[:9], ORDER, "9 samples of a sound were given; the measures are of 10"),
        (samples, [0] * 10, "is no shuffle of the samples 0 to 9"),
        ([each[:0] for each in samples], ORDER, "a sample has 0 frames and the truth 3"),
        ([np.tile(each, (2, 1, 1)) for each in samples], ORDER, "a sample has 6 frames and the truth 3"),
        ([*samples[:7], samples[7][:2], *samples[8:]], ORDER, r"sample 7 has shape \(2, 5, 3\); expected \(3, 5, 3\)"),
        ([*samples[:4], broken, *samples[5:]], ORDER, "sample 4 has vertices that are no numbers"),
    ):
        with pytest.raises(EvaluationError, match=words):
            measure(REGIONS, truth, given, order)
    with pytest.raises(EvaluationError, match="the truth has shape"):
        measure(REGIONS, truth[:, :4], samples, ORDER)


# --- agreement of articulation


def test_agreement_is_the_correlation_with_the_mean() -> None:
    rng = np.random.default_rng(1)
    curves = (rng.normal(size=(4, 50)) + 2 * np.sin(np.arange(50) / 3)).astype(np.float32)
    expected = [np.corrcoef(curve, curves.mean(0))[0, 1] for curve in curves]
    np.testing.assert_allclose(articulation_agreement(curves), expected, rtol=1e-6)
    np.testing.assert_allclose(articulation_agreement(1 + 3 * np.tile(curves[0], (3, 1))), 1, rtol=1e-9)


def test_unrelated_takes_agree_by_one_over_the_root_of_their_number() -> None:
    beside_each_other = np.stack([np.sin(2 * np.pi * n * np.arange(40) / 40) for n in range(1, 10)])  # orthogonal
    np.testing.assert_allclose(articulation_agreement(beside_each_other), 1 / 3, rtol=1e-9)


def test_a_mouth_that_never_moves_agrees_with_nobody() -> None:
    found = articulation_agreement(np.float32([[0.1] * 7, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]]))
    assert np.isnan(found[0]) and found[1] == pytest.approx(1)
    assert np.isnan(articulation_agreement(np.full((2, 7), 0.1, np.float32))).all()
    with pytest.raises(EvaluationError, match="two takes or more"):
        articulation_agreement(np.zeros((1, 7)))


# --- takes on Mien's head


def face(**weights: float) -> Take:
    values = np.zeros((2, len(ARKIT)), np.float32)
    for name, value in weights.items():
        values[1, ARKIT.index(name)] = value
    turned = np.float32([[0, 0, 0], [0.2, 0.3, 0.1]])
    return Take(fps=Fraction(25), duration=Fraction(2, 25), channels=ARKIT, weights=values, head_rotation=turned)


def test_faces_are_posed_on_a_head_that_is_held_still() -> None:
    head = load_head()
    faces = Faces([face(), face(jawOpen=0.5)], head)
    assert len(faces) == 2 and faces[0].shape == (2, len(head.vertices), 3) and faces[0].dtype == np.float32
    np.testing.assert_allclose(faces[0], np.stack([head.vertices] * 2), atol=1e-7)
    jaw = 0.5 * head.deltas[head.channels.index("jawOpen")]
    np.testing.assert_allclose(faces[1][1] - head.vertices, jaw, atol=1e-6)
    assert mean_distance(faces[0], faces[1]) == pytest.approx(np.linalg.norm(jaw, axis=1).mean() / 2, rel=1e-4)


def test_a_take_of_another_head_is_refused() -> None:
    other = Take(
        fps=Fraction(25), duration=Fraction(1, 25), offsets=np.zeros((1, 8, 3), np.float32),
        head_rotation=np.zeros((1, 3), np.float32),
    )  # fmt: skip
    with pytest.raises(HeadError, match="moves 8 vertices"):
        Faces([other], load_head())[0]
