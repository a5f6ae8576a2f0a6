# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons and panels of films that the backend makes."""
