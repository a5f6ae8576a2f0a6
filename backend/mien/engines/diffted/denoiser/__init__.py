# SPDX-License-Identifier: GPL-3.0-or-later
"""The denoiser that learns gestures from the grammar's performances: diffusion after DiffTED (Hogue et al. 2024) over
where hands are, how they look and how fingers curl, by what a voice does."""
