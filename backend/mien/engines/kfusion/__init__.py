# SPDX-License-Identifier: GPL-3.0-or-later
"""KFusion: facial landmarks from two domains of the sound, fused by a KAN (Vo-Thanh, Nguyen and Kim 2024)."""
