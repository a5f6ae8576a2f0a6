# SPDX-License-Identifier: GPL-3.0-or-later
"""The body of a half-length photo that moves: base, forearms and hands as layers, by the key points of DiffTED."""
