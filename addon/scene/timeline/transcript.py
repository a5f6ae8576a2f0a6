# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said in a line: its text, or the file that the text names, its subtitles by the clock of the sound that is
sent."""

import numpy as np

from ...formats import subtitles
from .. import retiming, sound


def of_line(line) -> str:
    """The transcript for the backend, '' without one. Raises SoundError where the named file cannot be read."""
    text = line.transcript.strip().strip("\"'")
    if not text.lower().endswith(subtitles.SUFFIXES) or not sound.absolute(text).is_file():
        return line.transcript.strip()
    try:
        content = subtitles.read_text(sound.absolute(text))
    except (OSError, subtitles.SubtitleError) as error:
        raise sound.SoundError(str(error)) from None
    pairs = retiming.from_text(line.retiming)

    def clock(second: float) -> float:
        """Of the sound that is sent, for a second of the file."""
        if pairs:
            second = float(np.interp(second, [place for _, place in pairs], [time for time, _ in pairs]))
        return second + line.sound_offset - line.trim_start

    return subtitles.moved(content, clock).strip()
