# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech synthesisers that give exact phone times, one module each."""
