# SPDX-License-Identifier: GPL-3.0-or-later
"""DiffTED as published (Hogue et al. 2024, arXiv 2409.07649): the denoiser over key points, and in `tps/` the
Thin-Plate-Spline motion model that draws them. Written from a description and recorded numbers, without their code."""
