# SPDX-License-Identifier: GPL-3.0-or-later
"""Binding a user's mesh to the 52 channels."""
