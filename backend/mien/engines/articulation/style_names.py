# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the speaker styles, in the order of `styles.STYLES`."""

PLAIN = ("default", "mumbled", "clear", "exaggerated", "whispered", "shouted")
SPEAKERS = tuple(f"speaker-{i:02d}" for i in range(1, 33))
KNOWN = (*PLAIN, *SPEAKERS)  # what networks learn from, and offer
HELD_OUT = tuple(f"speaker-{i:02d}" for i in range(33, 37))  # nothing is trained on these
