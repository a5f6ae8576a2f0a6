# SPDX-License-Identifier: GPL-3.0-or-later
"""The default body: its skeleton, and how joints move it."""
