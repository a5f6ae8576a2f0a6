# SPDX-License-Identifier: GPL-3.0-or-later
"""A small network that turns the warped and composited face of a photo towards a drawn one (docs/refinement.md)."""
