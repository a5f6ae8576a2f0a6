# SPDX-License-Identifier: GPL-3.0-or-later
"""Lips like people's: measured statistics, the curve they give for a voice, and the mouth that follows it."""
