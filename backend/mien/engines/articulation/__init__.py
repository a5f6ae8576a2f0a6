# SPDX-License-Identifier: GPL-3.0-or-later
"""The `articulation` engine: rules of phonetics and of the face, no learning.

Phones move jaw and lips by dominance functions, the voice's loudness and pitch set how far, emotions mix in, and
what a mouth must do is enforced last. Blinks, brows, gaze and head are drawn from the seed; the articulation is
not, so another seed is another performance with the same lips. Every number has its source beside it.
"""
