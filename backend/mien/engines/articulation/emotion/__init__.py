# SPDX-License-Identifier: GPL-3.0-or-later
"""Emotions on the face: what each looks like, how it comes, swells and goes, and what speech leaves of it."""
