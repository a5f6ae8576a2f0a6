# SPDX-License-Identifier: GPL-3.0-or-later
"""Clean speech made into recordings of all kinds: rooms, microphones, noise, codecs."""
