# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains KFusion, and the networks that its KAN is compared with."""
