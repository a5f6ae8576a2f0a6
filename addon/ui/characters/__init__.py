# SPDX-License-Identifier: GPL-3.0-or-later
"""Panel and operators of characters: set up, checked."""
