# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips of somebody whose lips do what people's statistics say, as if they had been tracked; lips models that nobody
trained."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from mien.audio.speech import RATE, Speech
from mien.engines.articulation.lips.curve import lip_curve
from mien.engines.articulation.lips.model import FOLDER
from mien.engines.articulation.lips.network import FORMAT, LipNetwork, tensors_of
from mien.files.atomic import write_whole
from mien.files.safetensors import write_tensors
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.training.lips.clips import LipClip
from scipy.io import wavfile
from voices import voice

FPS = 25


@functools.cache
def talking(name: str = "shipped", begin: float = 0.0, seconds: float = 4.0, late: int = 0) -> LipClip:
    """A clip of a voice whose lips are `late` pictures late, with a little of the tracker's noise."""
    samples = voice(name).samples[round(begin * RATE) : round((begin + seconds) * RATE)]
    speech = Speech.from_samples(samples, name)
    curve = lip_curve(recognise_phones(speech), analyse_prosody(speech))
    times = np.arange(round(seconds * FPS)) / FPS
    noise = np.random.default_rng(0).normal(0, 0.2, (3, len(times)))
    curves = np.stack([
        np.interp(times - late / FPS, np.arange(len(curve)) / 100, values)
        for values in (curve.aperture, curve.width, curve.jaw)
    ])  # fmt: skip
    clip_curves = np.array([0.1, 0.8, 1.1])[:, None] + 0.05 * (curves + noise)
    return LipClip(f"{name} {begin:g}", f"{name} {begin:g}", speech, times, clip_curves, np.ones(len(times), bool))


def write_tracks(folder: Path, *clips: LipClip) -> None:
    """A folder of audio and tracks, as `clips_from_tracks` reads it."""
    for part in ("audio", "tracks"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for clip in clips:
        samples = np.clip(np.asarray(clip.speech.samples) * 32767, -32768, 32767).astype(np.int16)
        wavfile.write(folder / "audio" / f"{clip.name}.wav", RATE, samples)
        arrays = dict(zip(("aperture", "width", "jaw"), clip.curves, strict=True))
        np.savez(folder / "tracks" / f"{clip.name}.npz", t=clip.times, valid=clip.valid, **arrays)


def with_sound_of(clip: LipClip, other: LipClip) -> LipClip:
    return replace(clip, name=f"{clip.name} dubbed", speech=other.speech)


def write_lips_model(data_folder: Path, name: str, seed: int = 0, **metadata: str) -> list[LipNetwork]:
    """Two untrained networks whose correction is not nothing."""
    torch.manual_seed(seed)
    networks = [LipNetwork().eval() for _ in range(2)]
    for network in networks:
        torch.nn.init.normal_(network.correct.weight)
    path = data_folder / FOLDER / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, write_tensors(tensors_of(networks), {"format": FORMAT, "format_version": "1"} | metadata))
    return networks
