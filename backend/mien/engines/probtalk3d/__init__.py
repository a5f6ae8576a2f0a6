# SPDX-License-Identifier: GPL-3.0-or-later
"""ProbTalk3D (Wu et al. 2024, arXiv 2409.07966): takes that differ, drawn as codes of a book of motion.

Two stages of Mien's own: `codec.py` and `code_predictor.py`. `probtalk3d_published/` has the network as published.
"""
