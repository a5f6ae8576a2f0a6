# SPDX-License-Identifier: GPL-3.0-or-later
"""The phone recognisers that are compared, by name. Each turns Speech into a PhoneTrack."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pocketsphinx as sphinx

from mien.audio.speech import Speech
from mien.evaluation.phones import pocketsphinx
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.track import INDEX, PHONES, PhoneTrack, segments_of


@dataclass(frozen=True)
class Recogniser:
    """A phone recogniser. `edition` identifies it exactly, so that its results can be cached; "" where that cannot
    be."""

    name: str
    recognise: Callable[[Speech], PhoneTrack]
    edition: str = ""


def find_recognisers(weights: list[Path]) -> dict[str, Recogniser]:
    """Every recogniser of this installation, and one for each file of weights. RecognitionError where a file is
    none."""
    version = importlib.metadata.version("pocketsphinx")
    known = [
        Recogniser("pocketsphinx all-phone", all_phone, f"all-phone 1 {version}"),
        Recogniser("pocketsphinx posteriors", pocketsphinx.recognise, f"posteriors 1 {version}"),
    ]
    if not importlib.util.find_spec("torch"):
        if weights:
            raise RecognitionError("weights need PyTorch, which is not here; pip install torch.")
        return {recogniser.name: recogniser for recogniser in known}
    from mien.speech_analysis.network import inference

    for path in [inference.WEIGHTS, *weights]:
        if path.is_file():
            name = "mien" if path == inference.WEIGHTS else path.stem
            if name in {recogniser.name for recogniser in known}:  # all runs give their weights the same name
                name = f"{path.resolve().parent.name} {path.stem}"
            known.append(network_recogniser(name, path))
        elif path in weights:
            raise RecognitionError(f"there is no file of weights {path}.")
    return {recogniser.name: recogniser for recogniser in known}


def network_recogniser(name: str, weights: Path) -> Recogniser:
    """The recogniser with these weights."""
    from mien.speech_analysis.network import inference

    edition = f"attuned 1 {hashlib.sha256(weights.read_bytes()).hexdigest()}"
    return Recogniser(name, functools.partial(inference.recognise, weights=weights), edition)


def all_phone(speech: Speech) -> PhoneTrack:
    """PocketSphinx's own all-phone decoding: one hard sequence of phones."""
    total = max(1, -(-len(speech.samples) // pocketsphinx.SAMPLES))
    decoder = _decoder()
    decoder.start_utt()
    decoder.process_raw(pocketsphinx._pcm(speech.samples), full_utt=True)
    decoder.end_utt()
    path = np.full(total, INDEX["SIL"])
    for segment in decoder.seg() or ():
        path[segment.start_frame : segment.end_frame + 1] = INDEX.get(segment.word, INDEX["SIL"])
    return PhoneTrack(np.eye(len(PHONES), dtype=np.float32)[path], segments_of(path), "pocketsphinx all-phone")


def _decoder() -> sphinx.Decoder:
    """A new one: a used one keeps the mean of the sound before."""
    return sphinx.Decoder(
        hmm=str(pocketsphinx.ACOUSTIC), allphone=str(pocketsphinx.MODELS / "en-us" / "en-us-phone.lm.bin"), dict=None,
        lw=2.0, pip=0.3, beam=1e-20, pbeam=1e-20, loglevel="FATAL",
    )  # fmt: skip
