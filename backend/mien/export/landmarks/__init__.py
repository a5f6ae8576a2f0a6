# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmark tracks for other programs: tables, drawings, a film of the moving points."""
