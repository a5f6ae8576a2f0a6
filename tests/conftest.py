# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension is not installed as a package: its checkout is put on the path as the plain package `addon`."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

# Sense and Sensibility, LibriVox, public domain: in Debian's pocketsphinx-testdata
PLACES = (Path(__file__).parent / "samples", Path("/usr/share/pocketsphinx/test/data/librivox"))
RECORDING = "sense_and_sensibility_01_austen_64kb-0870.wav"
TRANSCRIPT = (
    "And Mister John Dashwood had then leisure to consider how much there might be prudently in his power to do "
    "for them."
)


@pytest.fixture(scope="session")
def recording():
    """7.1 s of a woman reading TRANSCRIPT."""
    from mien.speech import read_speech

    found = [place / RECORDING for place in PLACES if (place / RECORDING).is_file()]
    if not found:
        pytest.skip(f"{RECORDING} is not here; Debian has it in pocketsphinx-testdata")
    return read_speech(found[0])


@pytest.fixture(scope="session")
def transcript() -> str:
    return TRANSCRIPT


@pytest.fixture(scope="session")
def hum():
    """1.2 s: silence, a buzz at 130 Hz with a gap of 60 ms in it, a hiss, silence."""
    from mien.speech import Speech

    times = np.arange(19200) / 16000
    buzz = 0.2 * (2 * ((130 * times) % 1) - 1) * (((times > 0.2) & (times < 0.5)) | ((times > 0.56) & (times < 0.8)))
    hiss = 0.1 * np.random.default_rng(1).standard_normal(19200) * ((times > 0.8) & (times < 1.0))
    return Speech.from_samples(buzz + hiss, "hum.wav")
