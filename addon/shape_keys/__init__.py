# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and values of shape keys and bones."""
