# SPDX-License-Identifier: GPL-3.0-or-later
"""Where somebody is heard to breathe: a small network over what the phone recogniser heard.

A breath is noise of a vocal tract that says nothing: the recogniser rightly calls it silence. What tells it from room
noise, from the tail of a phrase in a reverberant room, from clicks and from fricatives is its spectrum and its course,
so the network sees both: log-mel bands relative to the speech and to the quietest around, and which kind of phone is
likely, 0.6 s before and after a frame.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from torch import nn

from mien.files.weights_file import WeightsFormat
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.network import features
from mien.speech_analysis.track import INDEX, PHONES, RATE

WEIGHTS = Path(__file__).with_name("breath.safetensors")
FORMAT = WeightsFormat("mien.breath", "breaths", RecognitionError, source="install Mien again")
BANDS = 20  # of log-mel, each the mean of neighbouring ones
LOWEST, HIGHEST = -3.0, 1.5  # of a band relative to the speech, in the units of `features.log_mel`
FLOOR_BANDS, FLOOR_S, FLOOR_MEAN_S = 10, 4.0, 0.09  # the quietest of so many seconds, of the mean over so many
WIDTH, KERNEL, DILATIONS = 24, 5, (1, 2, 4, 8, 16)
VOWELS = "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW"
KINDS = ("SIL", "HH", "S Z SH ZH CH JH", "F V TH DH", VOWELS)  # phones whose probabilities are added up
INPUTS = BANDS + FLOOR_BANDS + len(KINDS) + 1


class BreathNetwork(nn.Module):
    """forward: features (B, INPUTS, T) -> logits (B, T) that a breath is heard."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(INPUTS, WIDTH, 1)
        self.layers = nn.ModuleList(
            nn.Conv1d(WIDTH, WIDTH, KERNEL, dilation=dilation, padding=dilation * (KERNEL // 2))
            for dilation in DILATIONS
        )
        self.drop = nn.Dropout(0.1)
        self.last = nn.Conv1d(WIDTH, 1, 1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        hidden = torch.relu(self.first(inputs))
        for layer in self.layers:
            hidden = hidden + self.drop(torch.relu(layer(hidden)))
        return self.last(hidden)[:, 0]


def bands_of(mel: np.ndarray) -> np.ndarray:
    """(T, BANDS) float32: means of neighbouring bands of a log-mel spectrum (T, 80)."""
    return mel.reshape(len(mel), BANDS, features.BANDS // BANDS).mean(2, dtype=np.float32)


def breath_features(bands: np.ndarray, posteriors: np.ndarray, voice: np.ndarray) -> np.ndarray:
    """(T, INPUTS) float32 of log-mel bands (T, BANDS), phone posteriors (T, 40) and the probability of speech (T,)."""
    speaking = 1 - posteriors[:, INDEX["SIL"]]
    level = (bands * speaking[:, None]).sum(0) / max(float(speaking.sum()), 1e-6)
    relative = np.clip(bands - level, LOWEST, HIGHEST)
    pairs = bands.reshape(len(bands), FLOOR_BANDS, -1).mean(2)
    slow = uniform_filter1d(pairs, round(FLOOR_MEAN_S * RATE), axis=0, mode="nearest")
    floor = minimum_filter1d(slow, round(FLOOR_S * RATE), axis=0, mode="nearest")
    above = np.clip(pairs - floor, 0, HIGHEST)
    kinds = [posteriors[:, [INDEX[phone] for phone in kind.split()]].sum(1) for kind in KINDS]
    return np.column_stack([relative, above, *kinds, voice]).astype(np.float32)


def breath_probability(inputs: np.ndarray, network: BreathNetwork) -> np.ndarray:
    """(T,) float32 that a breath is heard, for features (T, INPUTS)."""
    with torch.inference_mode():
        return torch.sigmoid(network(torch.from_numpy(inputs.T[None].copy()))[0]).numpy()


def save(network: BreathNetwork, path: Path, note: dict[str, str]) -> None:
    """Write the weights in half precision; `note` is text for people, kept in the metadata."""
    FORMAT.write(network, path, {"phones": json.dumps(PHONES), **note})


@functools.lru_cache(maxsize=2)
def breath_network(path: Path = WEIGHTS) -> BreathNetwork:
    """The network, loaded once, in evaluation mode. RecognitionError, in words, for any other file."""
    return FORMAT.load(path, lambda metadata: BreathNetwork())
