# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains both stages of ProbTalk3D, and the regression that it is compared with."""
