# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether takes show the emotion of their direction, as strongly as its intensity, and how far takes differ."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.stats import spearmanr

from mien.channels import ARKIT
from mien.direction import EMOTIONS, Direction, constant
from mien.evaluation import EvaluationError
from mien.evaluation.takes.clips import Clip
from mien.evaluation.takes.metrics import SAMPLES, mean_distance
from mien.heads.default import load_head
from mien.take import Take
from mien.training.motion_corpus import MotionUnit

STEPS = 11
WINDOW = 50  # frames of 1/25 s that are classified together
PURE = 0.99  # least gain of an emotion at its highest level
WINDOWS = 6  # of a performance that the classifier is trained on
PENALTY = 1e-3  # on the squares of the classifier's weights

Perform = Callable[[Clip, list[Direction]], list[Take]]
"""Takes at 25 frames a second of a clip, for directions that differ only in their seed."""


@dataclass(frozen=True, eq=False)
class Rise:
    """How a face rises with the intensity (11,) of one emotion, on some clips: energies (clips, 11), `energy` of the
    takes; displacements (clips, 11), mm from the take of intensity 0 and the same seed (`displacement`)."""

    intensity: np.ndarray
    energies: np.ndarray
    displacements: np.ndarray

    @property
    def bend(self) -> float:
        """Greatest second difference of the mean displacement, as a share of the whole rise: 0 for a straight line, 1
        for a jump; `direction.strength`, which every engine follows, has 0.04 of its own."""
        return bend(self.displacements.mean(0))


def energy(take: Take) -> float:
    """Mean over frames of the sum of squared weights of the 52 channels."""
    assert take.weights is not None
    return float(np.square(take.weights).sum(1).mean())


def displacement(take: Take, other: Take) -> float:
    """mm between two takes of the 52 channels of as many frames, the head being still: the root of the mean square
    over the vertices of the default head, mean over frames."""
    assert take.weights is not None and other.weights is not None
    apart = (take.weights - other.weights).astype(float)
    squares = ((apart @ _vertex_products()) * apart).sum(1)
    return 1000 * float(np.sqrt(np.maximum(squares, 0)).mean())


@functools.cache
def _vertex_products() -> np.ndarray:
    """(52, 52) mean over the vertices of the product of what two channels move them by, m squared."""
    head = load_head()
    deltas = head.deltas[head.order(ARKIT)].reshape(len(ARKIT), -1).astype(float)
    return deltas @ deltas.T / len(head.vertices)


def intensities(clips: Sequence[Clip], perform: Perform) -> dict[str, Rise]:
    """By emotion, from takes of the same seed."""
    levels = np.linspace(0, 1, STEPS)
    risen = {}
    for emotion in EMOTIONS[1:]:
        takes = [[perform(clip, [feeling(clip.direction, emotion, level)])[0] for level in levels] for clip in clips]
        risen[emotion] = Rise(
            levels,
            np.array([[energy(take) for take in row] for row in takes]),
            np.array([[displacement(take, row[0]) for take in row] for row in takes]),
        )
    return risen


def rises(levels: np.ndarray, energies: np.ndarray) -> float:
    """Spearman's rank correlation of intensity (P,) and energy or displacement (P,)."""
    return float(np.asarray(spearmanr(levels, energies))[0])


def bend(values: np.ndarray) -> float:
    """Greatest second difference of values (P,) over equally spaced intensities, as a share of the whole rise: 0.02
    for a square over 11 steps; 1 for a jump."""
    return float(np.abs(np.diff(values, 2)).max() / abs(values[-1] - values[0]))


def feeling(direction: Direction, emotion: str, level: float) -> Direction:
    """The direction in one emotion throughout."""
    return replace(direction, emotion={emotion: constant(1.0)}, intensity=constant(level))


def diversity(clip: Clip, perform: Perform, temperature: float) -> tuple[float, float]:
    """Metres between the vertices of two of ten takes, and of the lips' alone, mean over five pairs."""
    head = load_head()
    first = replace(clip.direction, temperature=temperature)
    takes = perform(clip, [first.with_seed(first.seed + i) for i in range(SAMPLES)])
    faces = [head.faces(take) for take in takes]
    lips = np.flatnonzero(head.lip_mask)
    pairs = list(zip(faces[::2], faces[1::2], strict=True))
    whole = np.mean([mean_distance(a, b) for a, b in pairs])
    return float(whole), float(np.mean([mean_distance(a[:, lips], b[:, lips]) for a, b in pairs]))


class EmotionClassifier:
    """A linear classifier of emotions: multinomial logistic regression on the mean and spread of the 52 channels over
    two seconds."""

    def __init__(self, known: Iterable[MotionUnit], seed: int = 0) -> None:
        """Train on the parts of performances that are in one emotion at its highest level. EvaluationError where an
        emotion has none."""
        rng = np.random.default_rng(seed)
        examples, names = [], []
        for unit in known:
            for motion, gains in zip(unit.motion, unit.emotion, strict=True):
                for begin in rng.permutation(max(1, len(motion) - WINDOW))[:WINDOWS]:
                    part = slice(begin, begin + WINDOW)
                    emotion = int(gains[part].mean(0).argmax())
                    if gains[part, emotion].min() >= PURE:
                        examples.append(_features(motion[part, : len(ARKIT)]))
                        names.append(emotion)
        if len(set(names)) < len(EMOTIONS):
            raise EvaluationError("the performances do not show every emotion at its highest level; perform more.")
        features = np.array(examples, np.float32)
        self.mean, self.scale = features.mean(0), features.std(0) + 1e-4
        x, y = torch.from_numpy((features - self.mean) / self.scale), torch.tensor(names)
        weights = torch.zeros(x.shape[1] + 1, len(EMOTIONS), requires_grad=True)
        optimiser = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

        def loss() -> torch.Tensor:
            optimiser.zero_grad()
            entropy = torch.nn.functional.cross_entropy(x @ weights[:-1] + weights[-1], y)
            total = entropy + PENALTY * weights[:-1].square().sum()
            total.backward()
            return total

        optimiser.step(loss)
        self.weights = weights.detach().numpy()
        self.windows = len(names)

    def name(self, take: Take) -> str:
        """The emotion of a take of two seconds or more: the most probable over all its windows."""
        assert take.weights is not None
        begins = range(0, max(1, take.frames - WINDOW + 1), WINDOW // 2)
        features = np.array([_features(take.weights[begin : begin + WINDOW]) for begin in begins])
        scores = (features - self.mean) / self.scale @ self.weights[:-1] + self.weights[-1]
        log = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        return EMOTIONS[int(log.sum(0).argmax())]


def named(classifier: EmotionClassifier, clips: Sequence[Clip], perform: Perform) -> np.ndarray:
    """(8, 8) counts of takes at full intensity: emotion of the direction (rows) and of the classifier (columns)."""
    counts = np.zeros((len(EMOTIONS), len(EMOTIONS)), int)
    for clip in clips:
        for row, emotion in enumerate(EMOTIONS):
            take = perform(clip, [feeling(clip.direction, emotion, 1.0)])[0]
            counts[row, EMOTIONS.index(classifier.name(take))] += 1
    return counts


def _features(weights: np.ndarray) -> np.ndarray:
    weights = np.asarray(weights, np.float32)
    return np.concatenate([weights.mean(0), weights.std(0)])
