# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors whose message may be sent to a client: sentences, without the paths of files."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from pathlib import Path

import mien
from mien.audio.speech import SpeechError
from mien.direction import DirectionError
from mien.engines.base import EngineError
from mien.heads.default import HeadError
from mien.performance import PerformanceError
from mien.take import TakeError

SENTENCES = (DirectionError, EngineError, HeadError, PerformanceError, SpeechError, TakeError)


def sentence_of(error: Exception, data_folder: Path) -> str:
    """The message of one of SENTENCES, with the names of Mien's and the user's files in place of their paths."""
    text = str(error)
    for folder in (data_folder, Path(mien.__file__).parent):
        text = re.sub(re.escape(f"{folder}{os.sep}") + r"(?:[^\s'\"]*[/\\])?", "", text)
        text = text.replace(str(folder), "its folder")
    return text


def disk_full(error: Exception) -> bool:
    """Whether the system or SQLite raised the error because there is no room on the disk."""
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return getattr(error, "errno", None) in full or getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
