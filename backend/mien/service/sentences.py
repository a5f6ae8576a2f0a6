# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences: errors whose message is for whoever asked, as it may leave the machine: without where files lie."""

from __future__ import annotations

import os
import re
from pathlib import Path

import mien
from mien.direction import DirectionError
from mien.engines.base import EngineError
from mien.heads.mien import HeadError
from mien.speech import SpeechError
from mien.take import TakeError

SENTENCES = (DirectionError, EngineError, HeadError, SpeechError, TakeError)


def sentence_of(error: Exception, data_folder: Path) -> str:
    """The message of one of SENTENCES, with the names of Mien's and the user's files instead of their paths."""
    said = str(error)
    for folder in (data_folder, Path(mien.__file__).parent):
        said = re.sub(re.escape(f"{folder}{os.sep}") + r"(?:[^\s'\"]*[/\\])?", "", said)
        said = said.replace(str(folder), "its folder")
    return said
