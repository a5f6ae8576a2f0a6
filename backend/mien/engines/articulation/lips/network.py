# SPDX-License-Identifier: GPL-3.0-or-later
"""A small network for the lips of the people in one's own footage, which `mien train lips` trains.

Features of the sound to lip aperture, mouth width and jaw drop, in standard deviations: a 1x1 convolution and two of 7
taps (dilation 1 and 2), some 17 000 weights, which correct the curve that the statistics give (`curve.py`). With little
footage the correction stays small. Several networks from different seeds are averaged.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mien.audio.speech import Speech
from mien.engines.articulation.lips.curve import POWER, LipCurve, lip_curve
from mien.engines.base import EngineError
from mien.errors import FILE
from mien.files.safetensors import TensorFileError, read_tensors
from mien.speech_analysis.network.breath import BANDS, bands_of
from mien.speech_analysis.network.features import log_mel, padded
from mien.speech_analysis.prosody import Prosody, against_running
from mien.speech_analysis.track import INDEX, PHONES, PhoneTrack

FORMAT, VERSION = "mien.lips", "1"
QUIETEST = -0.6  # of a band, below its mean while speaking: what is quieter is the room's noise
MEMORY = 8.0  # s over which loud and high are relative
PROSODY = 5
CURVES = 3  # aperture, width, jaw
SIZE = len(PHONES) + BANDS + PROSODY
WIDTH = 32
SHARE = 0.8  # of the statistics' curve before training


class LipsModelError(EngineError):
    """The file of a lips model is damaged or none."""

    exit_status = FILE


class LipNetwork(nn.Module):
    """(B, SIZE + CURVES, T) features and the statistics' curves to (B, CURVES, T), at 100 Hz."""

    def __init__(self, dropout: float = 0.3, feature_dropout: float = 0.2) -> None:
        super().__init__()
        self.project = nn.Conv1d(SIZE, WIDTH, 1)
        self.near = nn.Conv1d(WIDTH, WIDTH, 7, padding=3)
        self.far = nn.Conv1d(WIDTH, WIDTH, 7, padding=6, dilation=2)
        self.correct = nn.Conv1d(WIDTH, CURVES, 1)
        self.share = nn.Parameter(torch.full((CURVES, 1), SHARE))
        self.drop, self.drop_features = nn.Dropout(dropout), nn.Dropout(feature_dropout)
        nn.init.zeros_(self.correct.weight)
        if self.correct.bias is not None:
            nn.init.zeros_(self.correct.bias)

    def forward(self, features: Tensor) -> Tensor:
        hidden = self.drop(torch.relu(self.project(self.drop_features(features[:, :SIZE]))))
        hidden = hidden + self.drop(torch.relu(self.near(hidden)))
        hidden = hidden + self.drop(torch.relu(self.far(hidden)))
        return self.correct(hidden) + self.share * features[:, SIZE:]


def lip_features(speech: Speech, track: PhoneTrack, prosody: Prosody) -> np.ndarray:
    """(T, SIZE + CURVES) float32 at 100 Hz: phone posteriors^0.5, log-mel bands about their mean while somebody speaks,
    prosody, and the curves of the statistics."""
    speaking, voiced = 1 - track.posteriors[:, INDEX["SIL"]], prosody.voiced
    bands = track.bands
    if bands is None:  # of a track that is no recogniser's
        samples = torch.from_numpy(np.array(speech.samples, np.float32)[None])
        bands = bands_of(log_mel(padded(samples))[0].numpy()[: len(track)])
    level = (bands * speaking[:, None]).sum(0) / max(float(speaking.sum()), 1e-6)
    melody = [
        np.clip((prosody.level + 57) / 35, -0.5, 1.5),
        np.clip(against_running(prosody.vowel_level, speaking, MEMORY, least_sd=3.0), -3, 3) * speaking,
        np.clip(against_running(prosody.pitch, speaking * voiced, MEMORY, least_sd=2.0), -3, 3) * prosody.voiced,
        voiced,
        np.clip(against_running(prosody.hiss_level, speaking, MEMORY, least_sd=3.0), -3, 3) * speaking,
    ]
    curve = lip_curve(track, prosody)
    columns = [track.posteriors**POWER, np.maximum(bands - level, QUIETEST), *melody]
    return np.column_stack([*columns, curve.aperture, curve.width, curve.jaw]).astype(np.float32)


def predict(networks: Iterable[LipNetwork], features: np.ndarray) -> LipCurve:
    """The mean of the networks' curves for features (T, SIZE + CURVES)."""
    with torch.no_grad():
        batch = torch.from_numpy(features.T[None].copy())
        curves = np.mean([network(batch)[0].numpy() for network in networks], axis=0).astype(float)
    return LipCurve(*curves)


def tensors_of(networks: Iterable[LipNetwork]) -> dict[str, np.ndarray]:
    """The weights of all networks, by names that `load_lips` reads."""
    return {
        f"{i}.{name}": value.detach().numpy().astype(np.float32)
        for i, network in enumerate(networks)
        for name, value in network.state_dict().items()
    }


def load_lips(path: Path) -> tuple[LipNetwork, ...]:
    """The networks of a lips model, ready to predict. EngineError, in words, for a file that is none."""
    stat = path.stat()
    return _load(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=4)
def _load(path: Path, changed: int, size: int) -> tuple[LipNetwork, ...]:
    """Read again when the file's time or size changed."""
    try:
        tensors, metadata = read_tensors(path, dtypes=("F32",))
    except TensorFileError as error:
        raise LipsModelError(f"the lips model {path} cannot be read: {error}") from error
    if metadata.get("format") != FORMAT or metadata.get("format_version") != VERSION:
        raise LipsModelError(f"{path} holds no lips model in format {VERSION}; train it again: mien train lips.")
    count = len({name.partition(".")[0] for name in tensors})
    networks = []
    try:
        for i in range(count):
            state = {name: tensors[f"{i}.{name}"] for name in LipNetwork().state_dict()}
            network = LipNetwork()
            network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in state.items()})
            networks.append(network.eval())
    except (KeyError, RuntimeError) as error:
        raise LipsModelError(
            f"{path} does not fit the network of a lips model; train it again: mien train lips."
        ) from error
    if not networks:
        raise LipsModelError(f"the lips model {path} is empty; train it again: mien train lips.")
    return tuple(networks)
