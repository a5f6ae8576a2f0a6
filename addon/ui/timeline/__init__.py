# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels and operators of what lies on the timeline beside takes."""
