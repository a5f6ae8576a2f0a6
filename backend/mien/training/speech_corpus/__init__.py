# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech that synthesisers speak, with the time of every phone: what the ear is trained on. Built, never stored."""
