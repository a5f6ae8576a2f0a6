# SPDX-License-Identifier: GPL-3.0-or-later
"""What a voice says and how: phones and prosody ("the ear" of docs and commands)."""
