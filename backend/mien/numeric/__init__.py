# SPDX-License-Identifier: GPL-3.0-or-later
"""Small numerical tools without a face in them."""
