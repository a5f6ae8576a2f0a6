# SPDX-License-Identifier: GPL-3.0-or-later
"""flite: four American and Scottish voices with exact phone times, each sentence at a speed and a pitch of its own.

The Debian package `flite` (BSD-like licences). Voice rms has no pitch to change: it takes none of the settings.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

from mien.numeric.random_streams import stream
from mien.training.speech_corpus.synthesisers.arpabet import SILENCE, SOUND_OF
from mien.training.speech_corpus.synthesisers.phone_times import timed_sounds
from mien.training.speech_corpus.utterance import RATE, CorpusError, Utterance, Voice

VOICES = tuple(Voice("flite", name, "en") for name in ("kal16", "awb", "rms", "slt"))
BIAS = 0.001  # s that the times are late: measured as espeak.py has it, 40 sentences, voices from -1 to 4 ms
SPEEDS = (0.8, 1.3)
PITCHES = (0.75, 1.35)
LIMIT_S = 60  # a sentence takes it 0.1 s


def missing() -> str:
    """What has to be installed, in words; empty when nothing."""
    return "" if shutil.which("flite") else "flite is not installed; on Debian: apt-get install flite"


def say(voice: Voice, text: str, seed: int) -> Utterance:
    """Speak a text; `seed` draws speed and pitch. CorpusError when flite cannot."""
    if why := missing():
        raise CorpusError(why)
    if voice not in VOICES:  # flite itself would use its first voice
        raise CorpusError(f"flite is asked for a voice {voice.name!r}; it has {', '.join(v.name for v in VOICES)}.")
    random = stream(seed, f"{voice.name} {text}")
    speed, pitch = (np.exp(random.uniform(*np.log(bounds))) for bounds in (SPEEDS, PITCHES))
    with tempfile.TemporaryDirectory(prefix="mien-") as folder:
        path = Path(folder) / "spoken.wav"
        command = ["flite", "-voice", voice.name, "--setf", f"duration_stretch={1 / speed:.4f}"]
        command += ["--setf", f"f0_shift={pitch:.4f}", "-psdur", "-o", str(path), "-t", text]
        try:
            result = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            raise CorpusError(f"flite took longer than {LIMIT_S} s to say {text!r}.") from None
        if result.returncode != 0 or not path.exists():
            raise CorpusError(
                f"flite could not say {text!r}: {result.stderr.strip() or f'it ended with {result.returncode}'}."
            )
        samples, rate = soundfile.read(path, dtype="float32")
    samples = soxr.resample(samples, rate, RATE) if rate != RATE else samples
    segments, begin = [], 0.0
    for entry in result.stdout.split():
        phone, _, time = entry.partition(":")
        if phone not in SILENCE and phone not in SOUND_OF:
            raise CorpusError(f"flite spoke a phone {phone!r} that is in no table, in {text!r}.")
        segments.append(((SOUND_OF[phone],) if phone in SOUND_OF else (), begin, float(time)))
        begin = float(time)
    phones = timed_sounds(segments, BIAS, len(samples) / RATE)
    if not phones:
        raise CorpusError(f"flite found nothing to say in {text!r}.")
    return Utterance(voice, text, samples, phones)
