# SPDX-License-Identifier: GPL-3.0-or-later
"""What the trained engines share at inference: the motion space, the features that condition the networks, windows for
long sounds, held keys, and the rules that turn sampled motion into a take."""
