# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones and prosody of speech."""
