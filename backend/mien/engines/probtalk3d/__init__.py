# SPDX-License-Identifier: GPL-3.0-or-later
"""ProbTalk3D (Wu et al. 2024, arXiv 2409.07966): takes that differ, drawn as codes of a book of motion.

official.py is the network as published, with what it is built of in blocks.py, quantiser.py, prior.py, predictor.py and
hubert.py: written from a description of its numbers and none of its code. Its weights are the user's own and
non-commercial; it moves FLAME (motion.py).
"""
