# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of takes: `mien evaluate takes`, `emotion`, `steps`, `layouts`, `training`, `real`."""
