# SPDX-License-Identifier: GPL-3.0-or-later
"""DiffTED: gestures of a talk, as key points of a picture and as joints of a body (Hogue et al. 2024)."""
