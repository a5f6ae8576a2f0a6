# SPDX-License-Identifier: GPL-3.0-or-later
"""The lower face of a photo as a layer before the neck, and what is behind it."""
