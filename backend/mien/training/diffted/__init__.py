# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the denoiser of gestures on performances of the grammar."""
