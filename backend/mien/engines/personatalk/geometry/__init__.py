# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 1 of PersonaTalk with weights: a network that has learnt many synthetic speakers, its style injected by
cross-attention, with a ridge regression on top for the film's own speaker.

After Zhang et al. (SIGGRAPH Asia 2024, arXiv 2409.05379), section 3; that layer, solved in closed form and trained
through, is after Bertinetto et al., "Meta-learning with differentiable closed-form solvers" (ICLR 2019).
"""
