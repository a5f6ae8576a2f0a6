# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of the phone recogniser: `mien evaluate phones`, `phone-ablations`."""
