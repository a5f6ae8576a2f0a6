# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of films and of what is read from them."""
