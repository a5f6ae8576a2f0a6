# SPDX-License-Identifier: GPL-3.0-or-later
"""Lips models of the user's own, by name: `lips/NAME.safetensors` in the data folder, with a card.

`mien train lips` writes them; a direction's `lips_model` chooses one. PyTorch is imported when one is used.
"""

from __future__ import annotations

from pathlib import Path

from mien.audio.speech import Speech
from mien.engines.articulation.lips.curve import LipCurve, lip_curve
from mien.engines.base import EngineMissing
from mien.errors import did_you_mean
from mien.files.digest import remembered_sha256
from mien.settings import Settings
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack

FOLDER = Path("lips")


def curve_of(speech: Speech, track: PhoneTrack, prosody: Prosody, name: str) -> LipCurve:
    """The lip curve of a voice by the lips model of that name, or by people's statistics for no name. EngineMissing
    where there is no such model, EngineError where it is damaged."""
    if not name:
        return lip_curve(track, prosody)
    path = model_path(name, Settings.read().data_folder)
    from mien.engines.articulation.lips.network import lip_features, load_lips, predict

    return predict(load_lips(path), lip_features(speech, track, prosody))


def model_path(name: str, data_folder: Path) -> Path:
    """Of the lips model of that name. EngineMissing, saying which there are and what to do, where it is not here."""
    path = data_folder / FOLDER / f"{name}.safetensors"
    if path.is_dir():
        raise EngineMissing(f"{path} is a folder, where the file of the lips model {name!r} should be; remove it.")
    if not path.is_file():
        known = [path.stem for path in model_paths(data_folder)]
        names = ", ".join(known) or "none"
        raise EngineMissing(
            f"There is no lips model {name!r}; there are: {names}{did_you_mean(name, known)}. Train one on your own "
            f"footage: mien train lips FOLDER -o {name}"
        )
    return path


def model_paths(data_folder: Path) -> list[Path]:
    """Of every lips model that is here."""
    return sorted(path for path in (data_folder / FOLDER).glob("*.safetensors") if path.is_file())


def model_digest(name: str, data_folder: Path) -> str:
    """sha256 of the lips model of that name; empty where it is not here: a take says what to do then."""
    path = data_folder / FOLDER / f"{name}.safetensors"
    if not path.is_file():
        return ""
    return remembered_sha256(path)
