# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether takes show the emotion that was asked for, as strongly as asked, and how far they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch
from scipy.stats import spearmanr

from mien.channels import ARKIT
from mien.direction import EMOTIONS, Direction, constant
from mien.evaluation import EvaluationError
from mien.evaluation.takes.clips import Stretch
from mien.evaluation.takes.metrics import SAMPLES, mean_distance
from mien.heads.default import load_head
from mien.take import Take
from mien.training.motion_corpus import MotionUnit

STEPS = 11
WINDOW = 50  # frames of 1/25 s that are judged together
PURE = 0.99  # gain of one emotion, and more, is that emotion at its highest level
WINDOWS = 6  # of a performance that a judge learns from
PENALTY = 1e-3  # on the squares of a judge's weights

# of a stretch and directions that differ in nothing but their seed, takes at 25 frames a second
Perform = Callable[[Stretch, list[Direction]], list[Take]]


def energy(take: Take) -> float:
    """Mean over frames of the sum of squared weights of the 52 channels."""
    return float(np.square(take.weights).sum(1).mean())


def intensities(stretches: Sequence[Stretch], perform: Perform) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(11,) intensities and, by emotion, (stretches, 11) energies of takes from the same seed."""
    asked = np.linspace(0, 1, STEPS)
    found = {}
    for emotion in EMOTIONS[1:]:
        found[emotion] = np.array([
            [energy(perform(stretch, [feeling(stretch.direction, emotion, level)])[0]) for level in asked]
            for stretch in stretches
        ])  # fmt: skip
    return asked, found


def rises(asked: np.ndarray, energies: np.ndarray) -> float:
    """Spearman's rank correlation of intensity (P,) and energy (P,)."""
    return float(spearmanr(asked, energies).statistic)


def feeling(direction: Direction, emotion: str, level: float) -> Direction:
    """The direction in one emotion throughout."""
    return replace(direction, emotion={emotion: constant(1.0)}, intensity=constant(level))


def diversity(stretch: Stretch, perform: Perform, temperature: float) -> tuple[float, float]:
    """Metres between the vertices of two of ten takes, and of the lips' alone, mean over five pairs."""
    head = load_head()
    first = replace(stretch.direction, temperature=temperature)
    takes = perform(stretch, [first.with_seed(first.seed + i) for i in range(SAMPLES)])
    faces = [head.faces(take) for take in takes]
    lips = np.flatnonzero(head.lip_mask)
    pairs = list(zip(faces[::2], faces[1::2], strict=True))
    whole = np.mean([mean_distance(a, b) for a, b in pairs])
    return float(whole), float(np.mean([mean_distance(a[:, lips], b[:, lips]) for a, b in pairs]))


class Judge:
    """A linear classifier of emotions: multinomial logistic regression on the mean and spread of the 52 channels over
    two seconds."""

    def __init__(self, known: Iterable[MotionUnit], seed: int = 0) -> None:
        """Learn from performances where they are in one emotion at its highest level. EvaluationError without any."""
        rng = np.random.default_rng(seed)
        seen, names = [], []
        for unit in known:
            for motion, gains in zip(unit.motion, unit.emotion, strict=True):
                for begin in rng.permutation(max(1, len(motion) - WINDOW))[:WINDOWS]:
                    part = slice(begin, begin + WINDOW)
                    emotion = int(gains[part].mean(0).argmax())
                    if gains[part, emotion].min() >= PURE:
                        seen.append(_features(motion[part, : len(ARKIT)]))
                        names.append(emotion)
        if len(set(names)) < len(EMOTIONS):
            raise EvaluationError("the performances do not show every emotion at its highest level; perform more.")
        features = np.array(seen, np.float32)
        self.mean, self.scale = features.mean(0), features.std(0) + 1e-4
        x, y = torch.from_numpy((features - self.mean) / self.scale), torch.tensor(names)
        weights = torch.zeros(x.shape[1] + 1, len(EMOTIONS), requires_grad=True)
        optimiser = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

        def loss() -> torch.Tensor:
            optimiser.zero_grad()
            found = torch.nn.functional.cross_entropy(x @ weights[:-1] + weights[-1], y)
            found = found + PENALTY * weights[:-1].square().sum()
            found.backward()
            return found

        optimiser.step(loss)
        self.weights = weights.detach().numpy()
        self.windows = len(names)

    def name(self, take: Take) -> str:
        """The emotion of a take of two seconds or more: the most probable over all its windows."""
        begins = range(0, max(1, take.frames - WINDOW + 1), WINDOW // 2)
        features = np.array([_features(take.weights[begin : begin + WINDOW]) for begin in begins])
        scores = (features - self.mean) / self.scale @ self.weights[:-1] + self.weights[-1]
        log = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        return EMOTIONS[int(log.sum(0).argmax())]


def named(judge: Judge, stretches: Sequence[Stretch], perform: Perform) -> np.ndarray:
    """(8, 8) counts of takes at full intensity: asked for (rows) and named (columns)."""
    counts = np.zeros((len(EMOTIONS), len(EMOTIONS)), int)
    for stretch in stretches:
        for row, emotion in enumerate(EMOTIONS):
            take = perform(stretch, [feeling(stretch.direction, emotion, 1.0)])[0]
            counts[row, EMOTIONS.index(judge.name(take))] += 1
    return counts


def _features(weights: np.ndarray) -> np.ndarray:
    weights = np.asarray(weights, np.float32)
    return np.concatenate([weights.mean(0), weights.std(0)])
