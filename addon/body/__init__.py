# SPDX-License-Identifier: GPL-3.0-or-later
"""A body: Mien's own, and gestures of takes on it and on other rigs."""
