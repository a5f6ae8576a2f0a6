# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of stage 1 adapted to the speaker of one film: tokens of their style, and a ridge regression on top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mien.engines.personatalk.geometry.network import PAIR, GeometryNetwork, at_times
from mien.engines.personatalk.mouth_space import MouthSpace
from mien.engines.personatalk.voice_motion import VoiceMotion

LEAST = 1e-6


def audio_of(voice: VoiceMotion) -> np.ndarray:
    """(T, SIZE) float32 at 100 Hz of a voice that was listened to."""
    assert voice.phonetic is not None
    return np.concatenate([voice.phonetic, voice.plain, voice.channels], 1).astype(np.float32)


def batch_of(voice: VoiceMotion) -> Tensor:
    """(1, T, SIZE) of a voice, T a multiple of PAIR."""
    audio = audio_of(voice)
    return torch.from_numpy(np.pad(audio, ((0, -len(audio) % PAIR), (0, 0)), mode="edge"))[None]


@dataclass(frozen=True, eq=False)
class StyledVoice:
    """A network that speaks as one speaker does. tokens of their style; middle (features,) their mean in the film;
    weights (features, 12) to the speaker's mouth coefficients about mean (12,)."""

    network: GeometryNetwork
    tokens: Tensor
    middle: np.ndarray
    weights: np.ndarray
    mean: np.ndarray

    def mouth(self, voice: VoiceMotion, times: np.ndarray) -> np.ndarray:
        """(n, 12) coefficients at times (n,) seconds of the voice."""
        with torch.inference_mode():
            features = self.network.spoken(batch_of(voice), _seconds(times), self.tokens)[0].numpy()
        return self.mean + (features - self.middle) @ self.weights


def fit_styled_voice(
    network: GeometryNetwork, space: MouthSpace, voice: VoiceMotion, times: np.ndarray, mouth: np.ndarray
) -> StyledVoice:
    """From mouth coefficients (n, 12) at times (n,) seconds of the voice."""
    return fit_styled_voices(network, space, voice, times, mouth, [np.ones(len(times), bool)])[0]


def fit_styled_voices(
    network: GeometryNetwork, space: MouthSpace, voice: VoiceMotion, times: np.ndarray, mouth: np.ndarray,
    known: Sequence[np.ndarray],
) -> list[StyledVoice]:  # fmt: skip
    """The same of several parts of the frames, (n,) bool each."""
    turned = space.basis @ network.basis.numpy().T
    audio, at = batch_of(voice), _seconds(times)
    found = []
    with torch.inference_mode():
        encoded = network.encode(audio)
        there = at_times(encoded, at)
        for part in known:
            mean = mouth[part].mean(0)
            general = (mouth - mean) @ turned
            scale = max(float(np.sqrt((general[part] ** 2).sum(1).mean())), LEAST)
            where = torch.from_numpy(part)[None]
            tokens = network.style(there, torch.from_numpy((general / scale).astype(np.float32))[None], where)
            features = network.spoken(audio, at, tokens)
            middle = features[0, where[0]].mean(0)
            centred = features - middle
            plain = network.general.weight.numpy().T @ turned.T
            left = (mouth - mean) / scale - centred[0].numpy() @ plain
            more = network.adapted(centred, torch.from_numpy(left.astype(np.float32))[None], where)[0].numpy()
            found.append(StyledVoice(network, tokens, middle.numpy(), scale * (plain + more), mean))
    return found


def _seconds(times: np.ndarray) -> Tensor:
    return torch.from_numpy(np.asarray(times, np.float32))[None]
