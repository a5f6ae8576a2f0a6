# SPDX-License-Identifier: GPL-3.0-or-later
"""A film around the dubbed mouth: its shots, its time, what is written."""
