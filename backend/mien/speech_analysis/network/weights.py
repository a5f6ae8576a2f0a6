# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of the phone recogniser, with its sounds and flags."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from mien.files.weights_file import FileNames, WeightsFormat
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.inventory import SOUNDS
from mien.speech_analysis.network.model import FILE_NAMES, FLAGS, AcousticModel, RecogniserConfig

FORMAT = WeightsFormat(
    "mien.ear", "a phone recogniser", RecognitionError, FileNames(FILE_NAMES),
    "name a file that `mien train phones` wrote",
)  # fmt: skip


def save(network: AcousticModel, path: Path, note: dict[str, str]) -> None:
    """Write the weights; `note` is text for people, kept in the metadata."""
    FORMAT.write(network, path, {"shape": json.dumps(network.config.as_dict()), **_sounds_and_flags(), **note})


def load(path: Path) -> AcousticModel:
    """The network in evaluation mode. RecognitionError, in words, for any other file and for other sounds."""

    def new_network(metadata: Mapping[str, str]) -> AcousticModel:
        if any(metadata.get(name) != text for name, text in _sounds_and_flags().items()):
            raise RecognitionError(f"the phone recogniser in {path} knows other sounds than this Mien; train it again.")
        return AcousticModel(RecogniserConfig(**json.loads(metadata["shape"])))

    return FORMAT.load(path, new_network)


def _sounds_and_flags() -> dict[str, str]:
    return {"sounds": json.dumps(SOUNDS, ensure_ascii=False), "flags": json.dumps(FLAGS)}
