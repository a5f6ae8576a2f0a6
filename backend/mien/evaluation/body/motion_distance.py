# SPDX-License-Identifier: GPL-3.0-or-later
"""The Fréchet gesture distance (FGD; Yoon et al. 2020): between latents that an auto-encoder gives to short motion.

The auto-encoder is trained here, on the motion that others are compared with; its layers are those of DiffTED's
evaluation (Hogue et al. 2024) with fewer channels, as there is less motion. Distances of two trainings cannot be
compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from mien.body.kinematics import forward
from mien.body.skeleton import REST, SHOULDER_WIDTH, SIDES

FRAMES, STRIDE = 34, 10  # of a window, at 25 frames a second: DiffTED's
LATENT = 12
STEPS, BATCH, RATE = 600, 64, 2e-3
PAIRS = 250  # that diversity is the mean of, as in DiffTED's evaluation
SHOWN = ("lower_arm", "hand", "middle_proximal")


def shown_places(joints: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """(F, 18): where elbows, wrists and palms are from the neck's rest, in shoulder widths."""
    places, _ = forward(np.asarray(joints, float), names)
    chosen = [places[f"{side}_{part}"] - REST["neck"] for side in SIDES for part in SHOWN]
    return np.concatenate(chosen, 1) / SHOULDER_WIDTH


def windows(motion: np.ndarray) -> np.ndarray:
    """(N, FRAMES, D) of motion (F, D), STRIDE apart; none of a shorter one."""
    starts = range(0, len(motion) - FRAMES + 1, STRIDE)
    return np.stack([motion[i : i + FRAMES] for i in starts]) if starts else np.zeros((0, FRAMES, motion.shape[1]))


def interpolated(clips: np.ndarray) -> np.ndarray:
    """Windows (N, FRAMES, D) that go straight from their first frame to their last."""
    share = np.linspace(0, 1, clips.shape[1])[None, :, None]
    return clips[:, :1] + share * (clips[:, -1:] - clips[:, :1])


def shuffled_frames(clips: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Windows of the same shape whose frames are drawn at random from all: every pose is right, no motion is."""
    poses = clips.reshape(-1, clips.shape[2])
    return poses[rng.integers(0, len(poses), clips.shape[:2])]


class MotionEncoder:
    """Windows (N, FRAMES, D) to latents (N, LATENT) of an auto-encoder that is trained on `training`."""

    def __init__(self, training: np.ndarray, seed: int = 0, steps: int = STEPS):
        self.mean = training.mean((0, 1))
        self.spread = np.maximum(training.std((0, 1)), 1e-3)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = _AutoEncoder(training.shape[2])
            self.loss = self._train(self._scaled(training), steps)

    def __call__(self, clips: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return self.network.encoder(self._scaled(clips)).numpy().astype(float)

    def _scaled(self, clips: np.ndarray) -> torch.Tensor:
        return torch.as_tensor((clips - self.mean) / self.spread, dtype=torch.float32).transpose(1, 2)

    def _train(self, motion: torch.Tensor, steps: int) -> float:
        optimizer = torch.optim.Adam(self.network.parameters(), RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(steps, 1))
        last = float("nan")
        for _ in range(steps):
            batch = motion[torch.randint(len(motion), (min(BATCH, len(motion)),))]
            made = self.network(batch)
            loss = (made - batch).square().mean() + (made.diff(dim=2) - batch.diff(dim=2)).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            last = float(loss.detach())
        self.network.eval()
        return last


class _AutoEncoder(nn.Module):
    def __init__(self, size: int):
        super().__init__()
        half = FRAMES // 2
        self.encoder = nn.Sequential(
            nn.Conv1d(size, 32, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv1d(32, 32, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2), nn.Conv1d(32, 16, 3, padding=1), nn.LeakyReLU(0.2), nn.Flatten(),
            nn.Linear(16 * half, 64), nn.LeakyReLU(0.2), nn.Linear(64, LATENT),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Linear(LATENT, 64), nn.LeakyReLU(0.2), nn.Linear(64, 16 * half), nn.LeakyReLU(0.2),
            nn.Unflatten(1, (16, half)), nn.ConvTranspose1d(16, 32, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
            nn.Conv1d(32, size, 3, padding=1),
        )  # fmt: skip

    def forward(self, motion: torch.Tensor) -> torch.Tensor:
        return self.decoder(self.encoder(motion))


def frechet_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Between the normal distributions of two sets of latents (N, D) and (M, D) (Dowson and Landau 1982)."""
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    root = _root(first)
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    apart = ((one.mean(0) - other.mean(0)) ** 2).sum()
    return float(max(apart + np.trace(first) + np.trace(second) - 2 * cross, 0.0))


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


@dataclass(frozen=True)
class MotionDistances:
    """FGD from the motion trained on of: the held-out motion, what was made for the same moments, the held-out windows
    as straight lines, their frames shuffled; and diversity: the mean L1 distance of latents of one moment by two seeds
    of what was made (seeds), of any two windows (training)."""

    windows: int
    held_out: float
    made: float
    interpolated: float
    shuffled: float
    seeds: float
    training: float


def motion_distances(
    training: np.ndarray, held_out: np.ndarray, made: np.ndarray, other_seed: np.ndarray, seed: int, steps: int = STEPS
) -> MotionDistances:
    """training (N, FRAMES, D); held_out, made and other_seed (M, FRAMES, D): the same moments of voices that are not in
    the training, the last two by two seeds."""
    rng = np.random.default_rng(seed)
    encode = MotionEncoder(training, seed, steps)
    known, new = encode(training), encode(made)
    pairs = rng.integers(0, len(known), (2, PAIRS))
    return MotionDistances(
        windows=len(training),
        held_out=frechet_distance(known, encode(held_out)),
        made=frechet_distance(known, new),
        interpolated=frechet_distance(known, encode(interpolated(held_out))),
        shuffled=frechet_distance(known, encode(shuffled_frames(held_out, rng))),
        seeds=float(np.abs(new - encode(other_seed)).sum(1).mean()),
        training=float(np.abs(known[pairs[0]] - known[pairs[1]]).sum(1).mean()),
    )
