# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones and prosody of speech. Commands and docs call the phone recogniser the ear."""
