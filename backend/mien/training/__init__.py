# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes the weights that ship. Nothing at run time imports it."""
